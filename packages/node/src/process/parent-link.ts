import { guardAgainstOrphanhood } from './orphan-guard.ts';

/** The child's end of the channel to the process that started it with `startChild`. */
export interface ParentLink<Request, Event> {
  /** Calls back for every request, between two runs of native code; set it before the first wait. */
  onRequest(listener: (request: Request) => void): void;
  /** Sends one event; resolves when it is written, so that a flood of previews is held back. */
  send(event: Event): Promise<void>;
}

/**
 * Connects this process with its parent and makes sure that it never outlives it: it leaves when the channel closes,
 * and dies within moments of the parent's death even while native code holds the thread.
 */
export function linkToParent<Request, Event>(): ParentLink<Request, Event> {
  const send = process.send?.bind(process);
  if (send === undefined) throw new Error('this module is started by startChild only');
  guardAgainstOrphanhood();
  process.on('disconnect', () => process.exit(0));
  return {
    onRequest(listener) {
      process.on('message', (message) => listener(message as Request));
    },
    async send(event) {
      await new Promise<void>((resolve) => {
        // A failed write means that the parent is gone; the guard ends this process.
        send(event, undefined, undefined, () => resolve());
      });
    },
  };
}
