import { setTimeout as sleep } from 'node:timers/promises';
import { recipe, type Recipe } from '@danqing/contract/recipe';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Drawing, type JobEvent, WorkerClient } from './worker-client.ts';

let client: WorkerClient;

beforeEach(() => {
  client = new WorkerClient(new URL('./worker-client.test-child.ts', import.meta.url));
});

afterEach(async () => client.stop());

const asked = (prompt: string, steps = 3): Recipe => recipe.parse({ prompt, steps });

async function readAll(drawing: Drawing): Promise<JobEvent[]> {
  const events: JobEvent[] = [];
  for await (const event of drawing) events.push(event);
  return events;
}

const stepsOf = (events: readonly JobEvent[]): number[] =>
  events.flatMap((event) => (event.type === 'step' ? [event.step] : []));

/** Waits for the first step and returns a reader of the rest. */
async function untilFirstStep(drawing: Drawing): Promise<AsyncIterator<JobEvent>> {
  const reader = drawing[Symbol.asyncIterator]();
  for (;;) {
    const { value, done } = await reader.next();
    if (done === true) throw new Error('no step came');
    if (value.type === 'step') return reader;
  }
}

describe('WorkerClient', () => {
  it('runs jobs one after another in one process and tells each its own events', async () => {
    const first = client.draw(asked('a'));
    const { pid } = client;
    const second = client.draw(asked('b', 2));
    const [a, b] = await Promise.all([readAll(first), readAll(second)]);
    expect(a.map(({ job }) => job)).toEqual(a.map(() => first.job));
    expect(stepsOf(a).at(-1)).toBe(3);
    expect(stepsOf(b).at(-1)).toBe(2);
    expect(b[0]).toEqual({ type: 'phase', job: second.job, phase: 'sample' });
    expect(client.pid).toBe(pid);
  });

  it('tells the process once what comes next, while it draws', async () => {
    const jobs = ['a', 'b', 'what comes next?', 'd'].map((prompt) => client.draw(asked(prompt)));
    const [, , third] = await Promise.all(jobs.map(readAll));
    expect(third).toContainEqual({ type: 'note', job: jobs[2]!.job, text: 'b,what comes next?,d' });
  });

  it('throws what the process reports, with its code and parts', async () => {
    await expect(readAll(client.draw(asked('NaN')))).rejects.toMatchObject({
      name: 'DanqingError',
      code: 'not-a-number',
      trouble: { where: 'step 2' },
    });
    await expect(readAll(client.draw(asked('bug')))).rejects.toMatchObject({
      code: 'crashed',
      message: expect.stringContaining('undefined is not a function'),
    });
  });

  it('loses only the running job when the process breaks down, and starts another', async () => {
    const broken = client.draw(asked('crash'));
    const { pid } = client;
    const next = client.draw(asked('after'));
    await expect(readAll(broken)).rejects.toMatchObject({
      code: 'crashed',
      message: expect.stringContaining('SIGKILL'),
    });
    expect(stepsOf(await readAll(next)).at(-1)).toBe(3);
    expect(client.pid).not.toBe(pid);
    await expect(readAll(client.draw(asked('leave')))).rejects.toMatchObject({
      message: expect.stringContaining('code 9'),
    });
  });

  it('cancels the running job within a step, and a waiting one at once', async () => {
    const running = client.draw(asked('long', 1000));
    const waiting = client.draw(asked('never'));
    const reader = await untilFirstStep(running);
    waiting.cancel();
    await expect(readAll(waiting)).rejects.toMatchObject({ code: 'cancelled' });
    running.cancel();
    await expect(
      (async () => {
        while ((await reader.next()).done !== true);
      })(),
    ).rejects.toMatchObject({ code: 'cancelled' });
    expect(stepsOf(await readAll(client.draw(asked('after')))).at(-1)).toBe(3);
  });

  it('cancels through a signal, before and during the job', async () => {
    await expect(readAll(client.draw(asked('x'), { signal: AbortSignal.abort() }))).rejects.toMatchObject({
      code: 'cancelled',
    });
    const abort = new AbortController();
    const drawing = client.draw(asked('long', 1000), { signal: abort.signal });
    await untilFirstStep(drawing);
    abort.abort();
    await expect(readAll(drawing)).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('cancels a job whose reader leaves the loop', async () => {
    for await (const event of client.draw(asked('long', 1000))) if (event.type === 'step') break;
    expect(stepsOf(await readAll(client.draw(asked('after')))).at(-1)).toBe(3);
  });

  it('pauses and resumes, also a job that is still waiting', async () => {
    const running = client.draw(asked('running', 1000));
    const waiting = client.draw(asked('waiting'));
    waiting.pause();
    const reader = await untilFirstStep(running);
    running.pause();
    // What was on its way arrives, however late; then silence.
    let next = reader.next();
    while ((await Promise.race([next, sleep(300).then(() => 'silence')])) !== 'silence') next = reader.next();
    expect((await Promise.race([next, sleep(300, 'silence')])) as unknown).toBe('silence');
    running.resume();
    expect((await next).value).toMatchObject({ type: 'step' });
    running.cancel();
    await expect(reader.next()).rejects.toMatchObject({ code: 'cancelled' });
    const waitingSteps = readAll(waiting).then(stepsOf);
    expect(await Promise.race([waitingSteps.then(() => 'done'), sleep(300).then(() => 'silence')])).toBe('silence');
    waiting.resume();
    expect((await waitingSteps).at(-1)).toBe(3);
  });

  it('unloads and tells what is left', async () => {
    expect(await client.unload()).toBe(0);
    await readAll(client.draw(asked('a')));
    expect(await client.unload()).toBe(12_345);
  });

  it('stops with nothing left and can go on afterwards', async () => {
    const running = client.draw(asked('long', 1000));
    const waiting = client.draw(asked('never'));
    await untilFirstStep(running);
    const pid = client.pid!;
    await client.stop();
    await expect(readAll(waiting)).rejects.toMatchObject({ code: 'cancelled' });
    await expect(readAll(running)).rejects.toMatchObject({ code: 'cancelled' });
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(stepsOf(await readAll(client.draw(asked('after')))).at(-1)).toBe(3);
  });
});
