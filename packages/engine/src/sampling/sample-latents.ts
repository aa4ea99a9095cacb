import { DanqingError } from '../errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { combine } from './arithmetic.ts';
import { buildSigmas, buildTimesteps } from './build-sigmas.ts';
import { type CallCount, GuidedModel } from './guidance/guided-model.ts';
import { img2imgSteps } from './img2img-steps.ts';
import { keepOriginal } from './latent-mask.ts';
import type { LatentRequest, LatentStep, Refiner, SampledModel, StartPicture } from './latent-request.ts';
import { createBrownianNoise, type BrownianNoise } from './noise/brownian-noise.ts';
import { ImageNoise } from './noise/image-noise.ts';
import type { SamplingOptions } from './options.ts';
import type { Sampler, SamplerSteps, SigmaSampler, TimestepSampler } from './sampler.ts';
import { createSigmaTable, type SigmaTable } from './sigma-table.ts';
import { shareAtSigma, shareAtTime, Stages } from './stages.ts';

/** Model calls that a prompt's schedule reckons with: the steps asked for, twice as many for two calls a step. */
export const scheduledCalls = (sampler: Sampler, steps: number): number =>
  sampler.isSecondOrder === true ? 2 * steps : steps;

/**
 * Samples a batch of latents: step by step, and at the end the finished ones [n, c, h, w], scaled as the model knows them.
 * @throws bad-value, not-a-number (with the step) or cancelled.
 */
export async function* sampleLatents(request: LatentRequest): AsyncGenerator<LatentStep, Tensor, void> {
  checkRequest(request);
  const { shape, seeds, signal, start } = request;
  const wrap = (data: Float32Array): Tensor => ({ shape: [seeds.length, ...shape], data });
  const stages = createStages(request);
  const steps =
    request.sampler.kind === 'sigma'
      ? walkSigmas(request, request.sampler, stages)
      : walkTimesteps(request, request.sampler, stages);
  let done = 0;
  for (;;) {
    throwIfCancelled(signal);
    const next = await steps.next().catch((error: unknown) => {
      throw atStep(error, done + 1);
    });
    if (next.done === true) {
      return wrap(start?.mask === undefined ? next.value : keepOriginal(next.value, start.mask));
    }
    const { x, denoised, ...progress } = next.value;
    done = progress.step;
    yield { ...progress, x: wrap(x), denoised: wrap(denoised), isRefined: stages.hasSwitched };
  }
}

function walkSigmas(request: LatentRequest, sampler: SigmaSampler, stages: Stages): SamplerSteps<Float32Array> {
  const { options, seeds, shape, start, steps } = request;
  const table = tableOf(request.model, request);
  const plan = planOf(request);
  const full = buildSigmas(sampler, request.schedule, plan?.scheduleSteps ?? steps, table, options);
  const sigmas = plan ? full.subarray(Math.max(plan.scheduleSteps - plan.encodeSteps - 1, 0)) : full;

  const noise = imageNoise(request);
  const first = firstNoise(noise, start, options);
  const sigma = sigmas[0]!;
  let brownian: BrownianNoise | undefined;
  const startBrownian = (): BrownianNoise =>
    createBrownianNoise({
      seeds: seeds.map(({ seed }) => seed),
      source: options.randnSource,
      count: shape[0] * shape[1] * shape[2],
      sigmas: options.noDpmppSdeBatchDeterminism ? sigmas : full,
      shared: options.noDpmppSdeBatchDeterminism,
    });

  return sampler.sample({
    x: start
      ? combine([1, start.latent], [sigma, first], [options.img2imgExtraNoise, first])
      : combine([options.sgmNoiseMultiplier ? Math.sqrt(1 + sigma ** 2) : sigma, first]),
    sigmas,
    span: plan
      ? { sigmaMin: sigmas.at(-2)!, sigmaMax: sigma, steps: sigmas.length - 1 }
      : { sigmaMin: table.sigmas[0]!, sigmaMax: table.sigmas.at(-1)!, steps },
    async denoise(x, exactSigma) {
      const level = Math.fround(exactSigma);
      const { model, table: known, guided } = stages.at(shareAtSigma(level));
      const time = known.timeOf(level);
      const boundary = known.boundary?.(time);
      const result = await guided.look({
        x,
        input: combine([1 / Math.sqrt(level ** 2 + 1), x]),
        time,
        level,
        read: (own, output) => {
          const denoised = model.prediction.denoised(own, output, level);
          return boundary === undefined ? denoised : combine([boundary.result, denoised], [boundary.input, own]);
        },
      });
      return start?.mask === undefined ? result.guided : keepOriginal(result.guided, start.mask);
    },
    noise: () => noise.next(),
    brownian: (from, to) => (brownian ??= startBrownian())(from, to),
    options,
  });
}

function walkTimesteps(request: LatentRequest, sampler: TimestepSampler, stages: Stages): SamplerSteps<Float32Array> {
  const { options, start, steps } = request;
  const { alphasCumprod } = tableOf(request.model, request);
  const plan = planOf(request);
  const times = buildTimesteps(plan?.scheduleSteps ?? steps, options);
  const noise = imageNoise(request);
  const first = firstNoise(noise, start, options);
  return sampler.sample({
    x: plan && start ? noisyStart(start, first, alphasCumprod[times[plan.encodeSteps]!]!, options) : first,
    // One time lower than the latent was brought to, as in A1111.
    timesteps: plan ? times.slice(0, plan.encodeSteps) : times,
    alphasCumprod,
    isImg2img: plan !== undefined,
    async predict(x, time) {
      const { model, table, guided } = stages.at(shareAtTime(time));
      const alpha = table.alphasCumprod[Math.trunc(time)]!;
      const seen = start?.mask === undefined ? x : keepOriginal(x, start.mask);
      const result = await guided.look({
        x: seen,
        input: seen,
        time,
        level: time,
        read: (own, output) => model.prediction.eps(own, output, alpha),
      });
      return { eps: result.guided, uncondEps: result.uncond };
    },
    noise: () => noise.next(),
    options,
  });
}

/** A picture with noise up to ᾱ = `alpha`. */
function noisyStart(start: StartPicture, noise: Float32Array, alpha: number, options: SamplingOptions): Float32Array {
  const root = Math.sqrt(alpha);
  return combine([root, start.latent], [Math.sqrt(1 - alpha), noise], [options.img2imgExtraNoise * root, noise]);
}

/** The noise levels of a model as the sampler of the run sees them. */
function tableOf(model: SampledModel, { sampler, options }: LatentRequest): SigmaTable {
  const trained = createSigmaTable({
    ...(model.alphasCumprod && { alphasCumprod: model.alphasCumprod }),
    ...(model.alignedFor && { alignedFor: model.alignedFor }),
    zeroTerminalSnr: model.zeroTerminalSnr === true || options.sdNoiseSchedule === 'Zero Terminal SNR',
    downcast: options.useDowncastedAlphaBar,
    quantize: options.enableQuantization,
  });
  return (sampler.kind === 'sigma' ? sampler.adaptTable?.(trained) : undefined) ?? trained;
}

const planOf = ({ steps, start, options }: LatentRequest) =>
  start && img2imgSteps(steps, start.strength, options.img2imgFixSteps || start.isHires === true);

const imageNoise = ({ seeds, options, shape, subseedStrength, resizedFrom }: LatentRequest): ImageNoise =>
  new ImageNoise({
    seeds,
    source: options.randnSource,
    shape,
    subseedStrength: subseedStrength ?? 0,
    ...(resizedFrom && { resizedFrom }),
    seedDelta: options.etaNoiseSeedDelta,
  });

function firstNoise(noise: ImageNoise, start: StartPicture | undefined, options: SamplingOptions): Float32Array {
  const first = noise.first();
  return start && start.isHires !== true ? combine([options.initialNoiseMultiplier, first]) : first;
}

/** The models of a run, in the order in which they work on it. */
function createStages(request: LatentRequest): Stages {
  const { sampler, steps, refiner, options, imageCfgScale } = request;
  const plan = planOf(request);
  const totalSteps = scheduledCalls(sampler, plan ? plan.encodeSteps + 1 : steps);
  const count: CallCount = { calls: 0 };
  const timestep = sampler.kind === 'timestep' ? sampler : undefined;
  const createStage = ({
    model,
    conditioning,
    emptyContext,
  }: Pick<Refiner, 'model' | 'conditioning' | 'emptyContext'>) => ({
    model,
    table: tableOf(model, request),
    guided: new GuidedModel({
      predict: (...feeds) => {
        throwIfCancelled(request.signal);
        return model.predict(...feeds);
      },
      conditioning,
      scale: request.cfgScale * (timestep?.guidanceFactor ?? 1),
      imageScale: imageCfgScale,
      shape: request.shape,
      totalSteps,
      needsUncond: timestep?.needsUncond === true,
      options,
      ...(emptyContext && { emptyContext }),
      count,
    }),
  });
  const next = refiner && {
    stage: createStage(refiner),
    switchAt: refiner.switchAt,
    bySteps: options.refinerSwitchBySampleSteps,
    totalSteps,
  };
  return new Stages(createStage(request), count, next);
}

function checkRequest({ seeds, conditioning, start, shape }: LatentRequest): void {
  const trouble = (where: string, expected: string, found: string): DanqingError =>
    new DanqingError('bad-value', { where, expected, found });
  if (conditioning.length !== seeds.length) {
    throw trouble('prompts of a batch', `one for each of the ${seeds.length} seeds`, String(conditioning.length));
  }
  if (start === undefined) return;
  if (!(start.strength >= 0 && start.strength <= 1)) {
    throw trouble('denoising strength', 'a number from 0 to 1', String(start.strength));
  }
  const count = seeds.length * shape.reduce((product, size) => product * size, 1);
  if (start.latent.length !== count) {
    throw trouble('latent to start from', `${count} numbers`, String(start.latent.length));
  }
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new DanqingError('cancelled', { where: 'sampling', expected: 'a run to its end', found: 'a request to stop' });
}

/** Names the step in an error about numbers, which alone does not know it. */
function atStep(error: unknown, step: number): unknown {
  if (!(error instanceof DanqingError) || error.code !== 'not-a-number') return error;
  return new DanqingError(error.code, { ...error.trouble, where: `step ${step}, ${error.trouble.where}` });
}
