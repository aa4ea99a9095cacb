import { expect, it } from 'vitest';
import { JobControl } from './job-control.ts';

it('lets work that comes in between go before the next step, and is cancelled after it', async () => {
  const control = new JobControl();
  const done: string[] = [];
  const work = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    done.push('work');
  };
  control.letPass(work());
  await control.pass(() => 0);
  done.push('step');
  expect(done).toEqual(['work', 'step']);
  control.letPass(work());
  control.cancel();
  await expect(control.pass(() => 0)).rejects.toThrow('cancelled');
});
