import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DanqingError } from '@danqing/engine/errors';

/** How a child process ended. */
export interface Ending {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether `kill` or `close` was called before. */
  readonly asked: boolean;
  /** The system ran out of memory and ended it; known on Linux only. */
  readonly outOfMemory: boolean;
  /** The last of what it wrote to its standard outputs. */
  readonly lastWords: string;
}

/** A running child that speaks typed messages; made by `startChild`. */
export interface Child<Request, Event> {
  readonly pid: number;
  /** Settles when the process is gone; never rejects. */
  readonly ended: Promise<Ending>;
  /** Hands a message over; resolves when it is on its way. @throws crashed when the child is gone. */
  send(request: Request): Promise<void>;
  /** Calls back for every message from now on, in order. */
  onMessage(listener: (event: Event) => void): void;
  /** Closes the channel, upon which the child leaves when it next looks; kills it after `graceMs`. */
  close(graceMs: number): Promise<Ending>;
  /** Ends the process at once, also in the middle of native code, and waits until it is gone. */
  kill(): Promise<Ending>;
}

/**
 * glibc keeps gigabytes of freed tensors otherwise: each large block becomes a mapping of its own that goes back to
 * the system when freed. It must stand in the environment before the process starts; other systems ignore it.
 */
const GIVE_MEMORY_BACK = { MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '65536' };

const LAST_WORDS_LENGTH = 4096;

export interface ChildOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts a module of ours in a process of its own, the way this one runs: from TypeScript source, or bundled to
 * JavaScript. Messages are structured clones, so typed arrays cross as they are. The module calls `linkToParent`.
 * @param entry the module's `.ts` file; in a bundled program the `.js` file of the same name.
 */
export function startChild<Request, Event>(entry: URL, options: ChildOptions = {}): Child<Request, Event> {
  const oomKillsBefore = countOomKills();
  const child = spawn(process.execPath, [...commandOf(entry), ...(options.args ?? [])], {
    // stdin is the lifeline that the child's orphan guard watches; nothing is written to it.
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
    env: { ...process.env, ...GIVE_MEMORY_BACK, ...options.env },
  });
  let asked = false;
  const lastWords = keepLastWords(child);
  const ended = new Promise<Ending>((resolve) => {
    // Not `close`, which Node leaves out after `disconnect`.
    child.once('exit', (code, signal) => {
      const outOfMemory = signal === 'SIGKILL' && !asked && countOomKills() > oomKillsBefore;
      void lastWords.then((words) => resolve({ code, signal, asked, outOfMemory, lastWords: words }));
    });
    child.once('error', (error) => {
      // It could not be started at all; other errors are told by `send`.
      if (child.pid !== undefined) return;
      resolve({ code: null, signal: null, asked, outOfMemory: false, lastWords: error.message });
    });
  });
  child.stdin?.on('error', () => undefined);
  return {
    pid: child.pid ?? -1,
    ended,
    async send(request) {
      const error = await new Promise<Error | null>((resolve) => {
        if (!child.connected) resolve(new Error('the channel is closed'));
        else child.send(request as object, resolve);
      });
      if (error !== null) throw endingError(await ended);
    },
    onMessage(listener) {
      child.on('message', (message) => listener(message as Event));
    },
    close(graceMs) {
      asked = true;
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      return ended.finally(() => clearTimeout(timer));
    },
    kill() {
      asked = true;
      child.kill('SIGKILL');
      return ended;
    },
  };
}

/** What to tell people about a child that ended without being asked to. */
export function endingError({ code, signal, outOfMemory, lastWords }: Ending): DanqingError {
  const where = 'drawing process';
  const expected = 'it to run until it is told to stop';
  if (outOfMemory) {
    const found = 'that the system ended it because memory ran out';
    return new DanqingError('no-memory', { where, expected, found, advice: 'Close other programs or ask for less.' });
  }
  const how =
    signal === 'SIGKILL'
      ? 'that something outside ended it (SIGKILL), as a system does that runs out of memory'
      : signal !== null
        ? `that it broke down in native code (${signal})`
        : code !== null
          ? `that it left with code ${code}`
          : 'that it did not start';
  const found = lastWords === '' ? how : `${how}; its last words: ${tellingLine(lastWords)}`;
  return new DanqingError('crashed', { where, expected, found });
}

/** Of many last words the line that names the error; where there is none, the last. */
function tellingLine(lastWords: string): string {
  const lines = lastWords.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => /^\S*Error\b/.test(line)) ?? lines.at(-1)!).trim();
}

/** Node's arguments that run a module: TypeScript needs the loader that this source tree is run with. */
function commandOf(entry: URL): string[] {
  if (import.meta.url.endsWith('.ts')) return ['--import', import.meta.resolve('tsx'), fileURLToPath(entry)];
  return [fileURLToPath(entry).replace(/\.ts$/, '.js')];
}

/** The end of what a process writes, once it has closed its outputs. */
async function keepLastWords({ stdout, stderr }: ChildProcess): Promise<string> {
  let text = '';
  const outputs = [stdout, stderr].filter((stream) => stream !== null);
  for (const stream of outputs) {
    stream.setEncoding('utf8');
    stream.on('data', (more: string) => {
      text = (text + more).slice(-LAST_WORDS_LENGTH);
    });
  }
  await Promise.all(outputs.map(async (stream) => once(stream, 'close')));
  return text.trim();
}

/** How many processes Linux has ended for want of memory since it started; 0 on other systems. */
function countOomKills(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
