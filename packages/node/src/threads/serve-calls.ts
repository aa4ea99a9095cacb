import { parentPort } from 'node:worker_threads';
import { DanqingError, type ErrorCode, type Trouble } from '@danqing/engine/errors';

/** What a `CallThread` says to its thread. */
export type Call<Request> =
  | { readonly type: 'call'; readonly id: number; readonly request: Request }
  | { readonly type: 'cancel'; readonly id: number };

/** What the thread says. */
export type Answer<Result, Progress> =
  | { readonly type: 'progress'; readonly id: number; readonly progress: Progress }
  | { readonly type: 'result'; readonly id: number; readonly result: Result }
  | { readonly type: 'failed'; readonly id: number; readonly code: ErrorCode; readonly trouble: Trouble };

/** What work gets beside its request. */
export interface CallPlace<Progress> {
  readonly signal: AbortSignal;
  tell(progress: Progress): void;
}

/** Does the work of a `CallThread`: one call at a time, in order. Called once by the thread's module. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- says what the thread is for
export function serveCalls<Request, Result, Progress = never>(
  work: (request: Request, place: CallPlace<Progress>) => Result | Promise<Result>,
): void {
  const port = parentPort!;
  const send = (answer: Answer<Result, Progress>): void => port.postMessage(answer);
  const stops = new Map<number, AbortController>();
  let last: Promise<void> = Promise.resolve();

  const answer = async (id: number, request: Request): Promise<void> => {
    const { signal } = stops.get(id)!;
    try {
      signal.throwIfAborted();
      const result = await work(request, { signal, tell: (progress) => send({ type: 'progress', id, progress }) });
      send({ type: 'result', id, result });
    } catch (error) {
      send({ type: 'failed', id, ...describe(error, signal) });
    } finally {
      stops.delete(id);
    }
  };
  port.on('message', (call: Call<Request>) => {
    if (call.type === 'cancel') {
      stops.get(call.id)?.abort();
      return;
    }
    stops.set(call.id, new AbortController());
    last = last.then(async () => answer(call.id, call.request));
  });
}

function describe(error: unknown, signal: AbortSignal): { readonly code: ErrorCode; readonly trouble: Trouble } {
  if (error instanceof DanqingError) return error;
  const found = error instanceof Error ? error.message : String(error);
  return {
    code: signal.aborted ? 'cancelled' : 'crashed',
    trouble: { where: 'work in the background', expected: 'that it comes to its end', found },
  };
}
