// The drawing process: draws one job at a time and keeps what it has opened for the next one.
import { join } from 'node:path';
import type { Recipe } from '@danqing/contract/recipe';
import type { WorkerEvent, WorkerRequest } from '@danqing/contract/worker-messages';
import { DanqingError } from '@danqing/engine/errors';
import type { Runtime } from '@danqing/engine/runtime';
import { linkToParent } from '@danqing/node/process/parent-link';
import { onnxRuntimeVersion } from '@danqing/node/runtime/onnx-model';
import { PreparedModels } from '@danqing/node/runtime/prepared-models';
import { runtimes } from '@danqing/node/runtime/runtimes/index';
import { readMemoryState } from '@danqing/node/system/memory-state';
import { OpenAdapters } from '../adapters/open-adapters.ts';
import { OpenEmbeddings } from '../embeddings/open-embeddings.ts';
import { cacheFolder } from '../folders.ts';
import { KeptLatents } from '../gallery/kept-latents.ts';
import { OpenHypernetworks } from '../hypernetworks/open-hypernetworks.ts';
import { FileHashes } from '../library/file-hashes.ts';
import { decodeJob, type DecodingPlace } from './decode-job.ts';
import { type DrawingPlace, drawJob } from './draw-job.ts';
import { describeFailure } from './failure.ts';
import { JobControl } from './job-control.ts';
import { identifyFile, OpenModels } from './open-models.ts';
import { planDecoding, planJob, type PreparedFolder } from './plan-job.ts';
import { prepareJob, type PreparingPlace } from './prepare-job.ts';
import { SessionCache } from './session-cache.ts';

/** How sessions are kept on a device whose memory is not known: as many as one job needs. */
const UNPLANNED = { mode: 'quick', budgetBytes: 4, sizeOf: () => 1, notes: [] } as const;

const parent = linkToParent<WorkerRequest, WorkerEvent>();
const controls = new Map<number, JobControl>();

/** What is open on one runtime. */
class OpenOn {
  readonly sessions: SessionCache;
  readonly models: OpenModels;

  constructor(runtime: Runtime) {
    this.sessions = new SessionCache(
      {
        open: async (graph, { mode, preparedFolder }) =>
          runtime.open(graph, { mode, ...(preparedFolder !== undefined && { preparedFolder }) }),
        identify: identifyFile,
      },
      UNPLANNED,
    );
    this.models = new OpenModels(this.sessions);
  }
}

const preparedPath = join(cacheFolder(), 'prepared');
const prepared: PreparedFolder = {
  path: preparedPath,
  preparationOf: (graph) => runtimes.cpu.preparationOf(graph, preparedPath),
};

void new PreparedModels(preparedPath).sweep();

const open = new Map<Runtime, OpenOn>();

async function openOn(runtime: Runtime): Promise<OpenOn> {
  let found = open.get(runtime);
  if (found !== undefined) return found;
  const obstacle = runtime === runtimes.cpu ? undefined : await runtime.findObstacle();
  if (obstacle !== undefined) {
    throw new DanqingError('unsupported', {
      where: runtime.title,
      expected: 'it to work on this machine',
      ...obstacle,
    });
  }
  open.set(runtime, (found = new OpenOn(runtime)));
  return found;
}

const hashes = new FileHashes(cacheFolder());

const place: DrawingPlace & DecodingPlace & PreparingPlace = {
  adapters: new OpenAdapters(),
  hypernetworks: new OpenHypernetworks(hashes),
  embeddings: new OpenEmbeddings(hashes),
  async adapted(files, recipe, adapt) {
    const { models } = await openOn(runtimes[recipe.runtime]);
    return models.adapted(files, adapt);
  },
  async decoderOf(part, cells, mode) {
    const { sessions } = await openOn(runtimes.cpu);
    const graph = part.decoder();
    await sessions.configure(planDecoding(graph, cells, readMemoryState(), mode));
    return async (latent) =>
      sessions.use(graph, async (session) => {
        const { image } = await session.run({ latent });
        return image!;
      });
  },
  async modelAhead(files, recipe, { adapt, bytes }) {
    const { sessions, models } = await openOn(runtimes[recipe.runtime]);
    if (recipe.runtime !== 'cpu') return undefined;
    const { mode, peakBytes } = planJob(files, recipe, readMemoryState(), prepared, bytes);
    // Nothing is closed for what only comes next.
    if (peakBytes > sessions.roomBytes) return undefined;
    return adapt === undefined ? models.modelOf(files, mode) : models.adapted(files, adapt, mode);
  },
  hashes,
  latents: new KeptLatents(),
  now: () => performance.now(),
  random: Math.random,
  async modelOf(files, recipe, besideBytes) {
    const runtime: Runtime = runtimes[recipe.runtime];
    const { sessions, models } = await openOn(runtime);
    const asked = recipe.mode === 'auto' ? UNPLANNED.mode : recipe.mode;
    const plan =
      runtime === runtimes.cpu
        ? planJob(files, recipe, readMemoryState(), prepared, besideBytes)
        : { ...UNPLANNED, mode: asked };
    const { mode } = plan;
    await sessions.configure(plan);
    return {
      model: models.modelOf(files, mode),
      runtime: { name: `onnxruntime-node ${onnxRuntimeVersion()}`, provider: runtime.id, mode },
      notes: [...plan.notes, ...(runtime.untested === undefined ? [] : [runtime.untested])],
    };
  },
};

const controlOf = (job: number): JobControl => {
  let control = controls.get(job);
  if (control === undefined) controls.set(job, (control = new JobControl()));
  return control;
};

parent.onRequest((request) => {
  switch (request.type) {
    case 'draw':
      void carryOut(request, drawJob);
      return;
    case 'decode':
      void carryOut(request, decodeJob);
      return;
    case 'prepare':
      prepare(request.recipe);
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

async function carryOut<R extends { readonly job: number }>(
  request: R,
  work: (
    request: R,
    at: typeof place,
    control: JobControl,
    tell: (event: WorkerEvent) => Promise<void>,
  ) => Promise<void>,
): Promise<void> {
  const control = controlOf(request.job);
  try {
    await work(request, place, control, async (event) => parent.send(event));
  } catch (error) {
    await parent.send(describeFailure(request.job, error));
  } finally {
    controls.delete(request.job);
  }
}

/** Gets ready for what comes next, between two steps of what runs now. */
function prepare(recipe: Recipe): void {
  const work = prepareJob(recipe, place);
  for (const control of controls.values()) control.letPass(work);
}

async function unload(): Promise<void> {
  for (const { sessions, models } of open.values()) {
    models.clear();
    await sessions.clear();
  }
  await place.adapters.clear();
  await parent.send({ type: 'unloaded', residentBytes: process.memoryUsage.rss() });
}
