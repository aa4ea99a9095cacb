import { DanqingError } from '../errors.ts';
import { decodeToFloat32 } from '../tensor/dtype.ts';
import { encodeFloat32 } from '../tensor/encode.ts';

const { fround } = Math;

/** Training steps of Stable Diffusion. */
export const TRAINING_STEPS = 1000;
// A zero signal would make the noise level infinite; A1111 puts this in its place.
const LEAST_ALPHA = 4.8973451890853435e-8;

/** The noise levels that a model was trained on, and the time at which it knows each. */
export interface SigmaTable {
  /** ᾱ of the training steps, falling: the share of the picture in the squared signal. */
  readonly alphasCumprod: Float32Array;
  /** Noise levels σ = √((1-ᾱ)/ᾱ), rising. */
  readonly sigmas: Float32Array;
  /** Times of the lowest and the highest noise level. */
  readonly timeRange: readonly [lowest: number, highest: number];
  /** Which of the published lists of "Align Your Steps" fits the model. */
  readonly alignedFor: 'sd' | 'sdxl';
  /** The time that the model is told for a noise level; between the trained steps a fraction. */
  timeOf(sigma: number): number;
  /** The noise level at a time. */
  sigmaOf(time: number): number;
  /** Shares of the model's result and of its input in the denoised latent, for a model that was distilled that way. */
  boundary?(time: number): { readonly result: number; readonly input: number };
}

/** How a table is made. */
export interface SigmaTableRequest {
  /** The checkpoint's own ᾱ [1000]; without it that of Stable Diffusion. */
  readonly alphasCumprod?: Float32Array;
  readonly alignedFor?: SigmaTable['alignedFor'];
  readonly zeroTerminalSnr?: boolean;
  /** Half precision for ᾱ and each step of the arithmetic of σ. */
  readonly downcast?: boolean;
  /** Times rounded to the trained steps. */
  readonly quantize?: boolean;
}

/**
 * The table of a Stable Diffusion model.
 * @throws bad-shape for an `alphasCumprod` that is not [1000]; bad-value where half precision makes a level infinite.
 */
export function createSigmaTable(request: SigmaTableRequest = {}): SigmaTable {
  const round = request.downcast === true ? roundToHalf : fround;
  let alphas: Float32Array = trainedAlphas(request.alphasCumprod).map(round);
  if (request.zeroTerminalSnr === true) alphas = toZeroTerminalSnr(alphas, round);
  const sigmas = alphas.map((alpha) => round(Math.sqrt(round(round(1 - alpha) / alpha))));
  if (!sigmas.every(Number.isFinite)) {
    throw new DanqingError('bad-value', {
      where: 'noise levels',
      expected: 'finite numbers',
      found: 'one beyond half precision',
      advice: 'Turn off either "Downcast alphas_cumprod" or "Zero Terminal SNR".',
    });
  }
  const logs = sigmas.map((sigma) => round(Math.log(sigma)));
  return {
    alphasCumprod: alphas,
    sigmas,
    timeRange: [0, sigmas.length - 1],
    alignedFor: request.alignedFor ?? 'sd',
    timeOf:
      request.quantize === true ? (sigma) => nearest(logs, sigma) : (sigma) => interpolateTime(logs, sigma, round),
    sigmaOf: (time) => interpolateSigma(logs, time),
  };
}

/** Index of the level whose logarithm is nearest to that of `sigma`; the lower of two. */
export function nearest(logs: Float32Array, sigma: number): number {
  const log = fround(Math.log(sigma));
  let best = 0;
  for (let i = 1; i < logs.length; i++) {
    if (Math.abs(log - logs[i]!) < Math.abs(log - logs[best]!)) best = i;
  }
  return best;
}

/** The level at a fractional index, straight between the logarithms of its neighbours. */
export function interpolateSigma(logs: Float32Array, index: number): number {
  const [lower, upper] = [Math.floor(index), Math.ceil(index)];
  const share = fround(index - lower);
  return fround(Math.exp(fround(fround(fround(1 - share) * logs[lower]!) + fround(share * logs[upper]!))));
}

function interpolateTime(logs: Float32Array, sigma: number, round: (x: number) => number): number {
  const log = fround(Math.log(sigma));
  let lower = logs.length - 2;
  while (lower > 0 && logs[lower]! > log) lower--;
  const [from, to] = [logs[lower]!, logs[lower + 1]!];
  const share = Math.min(Math.max(fround(fround(from - log) / round(from - to)), 0), 1);
  return fround(fround(fround(1 - share) * lower) + fround(share * (lower + 1)));
}

function trainedAlphas(own: Float32Array | undefined): Float32Array {
  if (own !== undefined) {
    if (own.length === TRAINING_STEPS) return own;
    throw new DanqingError('bad-shape', {
      where: 'alphas_cumprod of the checkpoint',
      expected: `[${TRAINING_STEPS}]`,
      found: `[${own.length}]`,
    });
  }
  const [first, last] = [Math.sqrt(0.00085), Math.sqrt(0.012)];
  let product = 1;
  return Float32Array.from({ length: TRAINING_STEPS }, (_, i) => {
    const beta = (first + ((last - first) * i) / (TRAINING_STEPS - 1)) ** 2;
    product *= 1 - beta;
    return product;
  });
}

/** Lin et al. 2023, "Common diffusion noise schedules and sample steps are flawed": shifts and scales √ᾱ to end at 0. */
function toZeroTerminalSnr(alphas: Float32Array, round: (x: number) => number): Float32Array {
  const roots = alphas.map((alpha) => round(Math.sqrt(alpha)));
  const [first, last] = [roots[0]!, roots.at(-1)!];
  const scale = round(first / round(first - last));
  const result = roots.map((root) => round(round(round(root - last) * scale) ** 2));
  result[result.length - 1] = round(LEAST_ALPHA);
  return result;
}

function roundToHalf(x: number): number {
  const { bytes, saturated } = encodeFloat32(Float32Array.of(x), 'F16');
  return saturated > 0 ? Infinity : decodeToFloat32(bytes, 'F16')[0]!;
}
