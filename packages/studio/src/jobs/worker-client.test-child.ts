// A drawing process without a model, for worker-client.test.ts: the prompt says what happens to the job.
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerEvent, WorkerRequest } from '@danqing/contract/worker-messages';
import { DanqingError } from '@danqing/engine/errors';
import { linkToParent } from '@danqing/node/process/parent-link';
import { cancellation, describeFailure } from './failure.ts';

const parent = linkToParent<WorkerRequest, WorkerEvent>();
const paused = new Set<number>();
const cancelled = new Set<number>();
const prepared: string[] = [];

parent.onRequest((request) => {
  switch (request.type) {
    case 'draw':
      void draw(request).catch(async (error: unknown) => parent.send(describeFailure(request.job, error)));
      return;
    case 'decode':
      return;
    case 'prepare':
      prepared.push(request.recipe.prompt);
      return;
    case 'pause':
      paused.add(request.job);
      return;
    case 'resume':
      paused.delete(request.job);
      return;
    case 'cancel':
      cancelled.add(request.job);
      return;
    case 'unload':
      void parent.send({ type: 'unloaded', residentBytes: 12_345 });
  }
});
await parent.send({ type: 'ready' });

async function draw({ job, recipe }: Extract<WorkerRequest, { type: 'draw' }>): Promise<void> {
  const steps = recipe.steps ?? 3;
  await parent.send({ type: 'phase', job, phase: 'sample' });
  for (let step = 1; step <= steps; step++) {
    await sleep(5);
    while (paused.has(job) && !cancelled.has(job)) await sleep(1);
    if (cancelled.has(job)) throw cancellation();
    if (recipe.prompt === 'crash' && step === 2) process.kill(process.pid, 'SIGKILL');
    if (recipe.prompt === 'leave' && step === 2) process.exit(9);
    if (recipe.prompt === 'NaN' && step === 2) {
      throw new DanqingError('not-a-number', { where: 'step 2', expected: 'finite numbers', found: 'NaN' });
    }
    if (recipe.prompt === 'bug' && step === 2) throw new TypeError('undefined is not a function');
    await parent.send({ type: 'step', job, batch: 0, step, steps });
  }
  if (recipe.prompt === 'what comes next?') await parent.send({ type: 'note', job, text: prepared.join() });
  await parent.send({ type: 'done', job });
}
