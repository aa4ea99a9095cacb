import { Worker } from 'node:worker_threads';

/**
 * Watches the lifeline (stdin, whose other end only the parent holds) from a thread of its own: the main thread
 * may be deep inside native code for minutes. Plain JavaScript in a string, so that it starts without a loader and
 * survives bundling.
 */
const WATCH_LIFELINE = `
  const { Socket } = require('node:net');
  const die = () => process.kill(process.pid, 'SIGKILL');
  const lifeline = new Socket({ fd: 0, readable: true, writable: false });
  lifeline.on('end', die).on('close', die).on('error', die).resume();
`;

/** Ends this process as soon as the parent's end of its stdin is closed, whatever the main thread is doing. */
export function guardAgainstOrphanhood(): void {
  new Worker(WATCH_LIFELINE, { eval: true, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 16 } }).unref();
}
