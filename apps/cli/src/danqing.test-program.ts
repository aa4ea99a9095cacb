import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a run of the program left. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Working folder; pictures without a place go below it. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Given on the standard input. */
  readonly input?: string;
  /** Sent once when the standard error holds this text. */
  readonly interruptAt?: string;
  /** Largest file that the program may write, in blocks of 512 bytes: stands for a full disk. */
  readonly fileBlocks?: number;
}

const program = fileURLToPath(new URL('../bin/danqing.js', import.meta.url));

/** Runs `danqing` as a person would, in a process of its own. */
export async function danqing(words: readonly string[], options: RunOptions): Promise<Ran> {
  const { cwd, env = {}, input, interruptAt, fileBlocks } = options;
  const command = [process.execPath, program, ...words];
  const limited = ['sh', '-c', `ulimit -f ${fileBlocks}; exec "$@"`, 'sh', ...command];
  const [file, ...args] = fileBlocks === undefined ? command : limited;
  const child = spawn(file!, args, {
    cwd,
    env: { ...process.env, LC_ALL: 'C', ...env },
  });
  child.stdin.end(input ?? '');
  let [stdout, stderr] = ['', ''];
  let isInterrupted = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (interruptAt === undefined || isInterrupted || !stderr.includes(interruptAt)) return;
    isInterrupted = true;
    child.kill('SIGINT');
  });
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
