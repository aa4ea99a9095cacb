import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { TestEvent, TestRequest } from './child-process.test-child.ts';
import { type Child, endingError, startChild } from './child-process.ts';

type TestChild = Child<TestRequest, TestEvent>;

const started: TestChild[] = [];

function start(): TestChild {
  const child = startChild<TestRequest, TestEvent>(new URL('./child-process.test-child.ts', import.meta.url));
  started.push(child);
  return child;
}

const next = (child: TestChild): Promise<TestEvent> => new Promise((resolve) => child.onMessage(resolve));

/** Whether a process runs; one that has died and that nobody has asked about yet (a zombie) does not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync(`/proc/${pid}/stat`) || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function isGoneWithin(pid: number, limitMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += 20) {
    if (!isAlive(pid)) return true;
    await sleep(20);
  }
  return !isAlive(pid);
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((child) => child.kill()));
});

describe('startChild', () => {
  it('carries typed arrays and text both ways and sets the allocator up', async () => {
    const child = start();
    const answer = next(child);
    await child.send({ do: 'echo', data: Float32Array.of(1, Number.NaN, -0), text: '丹青 🎨' });
    expect(await answer).toEqual({
      type: 'echo',
      data: Float32Array.of(1, Number.NaN, -0),
      text: '丹青 🎨',
      mallocThreshold: '65536',
    });
  });

  it('leaves when the channel is closed', async () => {
    const child = start();
    await child.send({ do: 'echo', data: new Float32Array(1), text: '' });
    const ending = await child.close(20_000);
    expect(ending).toMatchObject({ code: 0, signal: null, asked: true });
    expect(isAlive(child.pid)).toBe(false);
  });

  it('is killed in the middle of a run', async () => {
    const child = start();
    const running = next(child);
    await child.send({ do: 'run', elements: 50_000_000 });
    expect(await running).toEqual({ type: 'running' });
    const ending = await child.kill();
    expect(ending).toMatchObject({ signal: 'SIGKILL', asked: true, outOfMemory: false });
    expect(isAlive(child.pid)).toBe(false);
  });

  it('is killed by `close` when it does not leave in time', async () => {
    const child = start();
    const running = next(child);
    await child.send({ do: 'run', elements: 50_000_000 });
    await running;
    expect(await child.close(100)).toMatchObject({ signal: 'SIGKILL', asked: true });
  });

  it('dies with its parent, even inside a run', async () => {
    const parent = spawn(
      process.execPath,
      [
        '--import',
        import.meta.resolve('tsx'),
        fileURLToPath(new URL('./child-process.test-parent.ts', import.meta.url)),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    // Time to be inside the native run for sure.
    await sleep(500);
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    expect(await isGoneWithin(pid, 20_000)).toBe(true);
  });
});

describe('endingError', () => {
  it('tells an exit by its code and last words', async () => {
    const child = start();
    await child.send({ do: 'exit', code: 7 });
    const ending = await child.ended;
    expect(ending).toMatchObject({ code: 7, asked: false });
    expect(endingError(ending)).toMatchObject({ code: 'crashed', message: expect.stringContaining('code 7') });
  });

  it('tells an uncaught error in the child', async () => {
    const child = start();
    await child.send({ do: 'throw' });
    expect(endingError(await child.ended).message).toContain('the child is unhappy');
  });

  it('tells a break-down in native code by its signal', async () => {
    const child = start();
    await child.send({ do: 'abort' });
    expect(endingError(await child.ended)).toMatchObject({
      code: 'crashed',
      message: expect.stringContaining('SIGABRT'),
    });
  });

  it('tells a kill from outside', async () => {
    const child = start();
    await child.send({ do: 'echo', data: new Float32Array(1), text: '' });
    process.kill(child.pid, 'SIGKILL');
    const error = endingError(await child.ended);
    expect(error).toMatchObject({ code: 'crashed', message: expect.stringContaining('SIGKILL') });
  });

  it('tells that memory ran out when the system says so', () => {
    const ending = { code: null, signal: 'SIGKILL', asked: false, outOfMemory: true, lastWords: '' } as const;
    expect(endingError(ending)).toMatchObject({
      code: 'no-memory',
      message: expect.stringContaining('memory ran out'),
    });
  });

  it('is what sending to a dead child throws', async () => {
    const child = start();
    await child.send({ do: 'exit', code: 3 });
    await child.ended;
    await expect(child.send({ do: 'exit', code: 3 })).rejects.toMatchObject({ code: 'crashed' });
  });
});
