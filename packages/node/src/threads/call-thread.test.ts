import { expect, it } from 'vitest';
import type { TestRequest } from './call-thread.test-work.ts';
import { CallThread } from './call-thread.ts';

const start = (options = {}) =>
  new CallThread<TestRequest, string, string>(new URL('./call-thread.test-work.ts', import.meta.url), options);

it('answers calls in order, with progress on the way, and tells errors as they are', async () => {
  const thread = start();
  const told: string[] = [];
  const calls = [
    thread.call({ do: 'say', text: 'one' }, { onProgress: (text) => told.push(text) }),
    thread.call({ do: 'say', text: 'two' }, { onProgress: (text) => told.push(text) }),
    thread.call({ do: 'throw' }).catch((error: unknown) => error),
    thread.call({ do: 'fail' }).catch((error: unknown) => error),
  ];
  const [one, two, ours, foreign] = await Promise.all(calls);
  expect([one, two, told]).toEqual(['one', 'two', ['begun one', 'begun two']]);
  expect(ours).toMatchObject({ name: 'DanqingError', code: 'bad-value', trouble: { where: 'here' } });
  expect(foreign).toMatchObject({ code: 'crashed', trouble: { found: 'no such luck' } });
  await thread.close();
});

it('starts anew after the thread broke down, fell silent or used too much memory', async () => {
  const thread = start({ resourceLimits: { maxOldGenerationSizeMb: 64 } });
  await expect(thread.call({ do: 'leave' })).rejects.toMatchObject({ code: 'crashed' });
  await expect(thread.call({ do: 'hang' }, { silenceMs: 3000 })).rejects.toThrow('no sign of life for 3 seconds');
  await expect(thread.call({ do: 'hoard' })).rejects.toMatchObject({ code: 'no-memory' });
  expect(await thread.call({ do: 'say', text: 'still here' })).toBe('still here');
  await thread.close();
});
