// The drawing process: draws one job at a time and keeps what it has opened for the next one.
import type { WorkerEvent, WorkerRequest } from '@danqing/contract/worker-messages';
import type { Session } from '@danqing/engine/runtime';
import { linkToParent } from '@danqing/node/process/parent-link';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { cacheFolder } from '../folders.ts';
import { FileHashes } from '../library/file-hashes.ts';
import { type DrawingPlace, drawJob, readTensorBytes } from './draw-job.ts';
import { describeFailure } from './failure.ts';
import { JobControl } from './job-control.ts';

const parent = linkToParent<WorkerRequest, WorkerEvent>();
const controls = new Map<number, JobControl>();
const sessions = new Map<string, Promise<Session>>();

const place: DrawingPlace = {
  hashes: new FileHashes(cacheFolder()),
  now: () => performance.now(),
  random: Math.random,
  handsFor: (files) => ({
    runtime: { name: 'onnxruntime-node 1.30.0', provider: 'cpu', mode: 'quick' },
    readTensor: readTensorBytes,
    async withSession({ name, variant, graph }, work) {
      const key = `${files.checkpoint} ${files.vae.file} ${name} ${variant}`;
      let session = sessions.get(key);
      if (session === undefined) sessions.set(key, (session = openOnCpu(graph(), 'quick')));
      return work(await session);
    },
  }),
};

const controlOf = (job: number): JobControl => {
  let control = controls.get(job);
  if (control === undefined) controls.set(job, (control = new JobControl()));
  return control;
};

parent.onRequest((request) => {
  switch (request.type) {
    case 'draw':
      void draw(request);
      return;
    case 'pause':
      controlOf(request.job).pause();
      return;
    case 'resume':
      controlOf(request.job).resume();
      return;
    case 'cancel':
      controlOf(request.job).cancel();
      return;
    case 'unload':
      void unload();
  }
});
await parent.send({ type: 'ready' });

async function draw(request: Extract<WorkerRequest, { type: 'draw' }>): Promise<void> {
  const control = controlOf(request.job);
  try {
    await drawJob(request, place, control, async (event) => parent.send(event));
  } catch (error) {
    await parent.send(describeFailure(request.job, error));
  } finally {
    controls.delete(request.job);
  }
}

async function unload(): Promise<void> {
  for (const session of sessions.values()) await (await session).release();
  sessions.clear();
  await parent.send({ type: 'unloaded', residentBytes: process.memoryUsage.rss() });
}
