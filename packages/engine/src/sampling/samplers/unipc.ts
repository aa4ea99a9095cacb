import { DanqingError } from '../../errors.ts';
import { combine, type Values } from '../arithmetic.ts';
import type { SamplingOptions } from '../options.ts';
import type { SamplerSteps, TimestepRun, TimestepSampler } from '../sampler.ts';
import { solveLinear } from '../solve-linear.ts';
import { createVpTime, type VpLevel } from '../steps/vp-time.ts';

/** A call of the model: where, and the picture seen there. */
interface Seen<V extends Values> {
  readonly at: VpLevel;
  readonly denoised: V;
}

/** A unified predictor and corrector: Zhao et al. 2023, "UniPC", on denoised latents, several steps back. */
export const unipc: TimestepSampler = {
  kind: 'timestep',
  name: 'UniPC',
  aliases: ['unipc'],
  async *sample<V extends Values>(run: TimestepRun<V>): SamplerSteps<V> {
    const steps = run.timesteps.length;
    const { uniPcOrder, uniPcLowerOrderFinal } = run.options;
    if (steps < uniPcOrder) throw tooFewSteps(steps, uniPcOrder);
    const levels = levelsOf(run);
    const see = async (x: V, at: VpLevel): Promise<Seen<V>> => {
      const { eps } = await run.predict(x, (at.time - 1 / TRAINED) * TRAINED);
      return { at, denoised: combine([1 / at.alpha, x], [-at.sigma / at.alpha, eps]) };
    };

    let { x } = run;
    /** Newest first. */
    let history = [await see(x, levels[0]!)];
    for (let k = 1; k <= steps; k++) {
      const to = levels[k]!;
      const order = Math.min(k, uniPcOrder, uniPcLowerOrderFinal && k >= uniPcOrder ? steps + 1 - k : Infinity);
      const update = createUpdate(x, history, to, order, run.options.uniPcVariant);
      const predicted = update();
      const from = history[0]!;
      if (k < steps) {
        const seen = await see(predicted, to);
        x = update(seen.denoised);
        history = [seen, ...history].slice(0, uniPcOrder);
      } else {
        x = predicted;
      }
      yield { step: k, steps, sigma: from.at.sigma / from.at.alpha, x, denoised: from.denoised };
    }
    return x;
  },
};

const TRAINED = 1000;

/** The noise levels that it stops at: from pure noise, or from where img2img begins, down to the first trained step. */
function levelsOf(run: TimestepRun<Values>): VpLevel[] {
  const { level, timeOfLambda } = createVpTime(run.alphasCumprod);
  const count = run.timesteps.length;
  const first = run.isImg2img ? (run.timesteps.at(-1)! + 1) / TRAINED : 1;
  const last = 1 / TRAINED;
  const between = (from: number, to: number): number[] =>
    Array.from({ length: count + 1 }, (_, i) => from + ((to - from) * i) / count);
  switch (run.options.uniPcSkipType) {
    case 'time_uniform':
      return between(first, last).map(level);
    case 'time_quadratic':
      return between(Math.sqrt(first), Math.sqrt(last)).map((root) => level(root ** 2));
    case 'logSNR':
      return between(level(first).lambda, level(last).lambda).map((lambda) => level(timeOfLambda(lambda)));
  }
}

/**
 * One step, first without and then with the model's answer at its end. Earlier calls lie at `places`, in units of the
 * step, and their differences to the newest call are divided by these.
 */
function createUpdate<V extends Values>(
  x: V,
  history: readonly Seen<V>[],
  to: VpLevel,
  order: number,
  variant: SamplingOptions['uniPcVariant'],
): (answer?: V) => V {
  const [newest, ...older] = history as [Seen<V>, ...Seen<V>[]];
  const width = to.lambda - newest.at.lambda;
  const used = older.slice(0, order - 1);
  const places = [...used.map(({ at }) => (at.lambda - newest.at.lambda) / width), 1];
  const base = combine([to.sigma / newest.at.sigma, x], [-to.alpha * Math.expm1(-width), newest.denoised]);
  return (answer) => {
    const weights =
      answer === undefined ? predictorWeights(width, places, variant) : correctorWeights(width, places, variant);
    const ends = [...used.map(({ denoised }) => denoised), ...(answer === undefined ? [] : [answer])];
    return ends.reduce((sum, end, j) => {
      const difference = combine([1, end], [-1, newest.denoised]);
      return combine([1, sum], [(-to.alpha * weights[j]!) / places[j]!, difference]);
    }, base);
  };
}

/** Weights of the earlier calls' differences. */
function predictorWeights(
  width: number,
  places: readonly number[],
  variant: SamplingOptions['uniPcVariant'],
): number[] {
  const order = places.length;
  if (order === 2 && variant !== 'vary_coeff') return [scaleOf(width, variant) / 2];
  return solveLinear(
    systemOf(places)
      .map((row) => row.slice(0, -1))
      .slice(0, -1),
    momentsOf(width, order - 1),
  );
}

/** Weights of the earlier calls' differences, and of that of the answer at the end. */
function correctorWeights(
  width: number,
  places: readonly number[],
  variant: SamplingOptions['uniPcVariant'],
): number[] {
  const order = places.length;
  const moments = momentsOf(width, order);
  const system = systemOf(places);
  if (variant !== 'vary_coeff') return order === 1 ? [scaleOf(width, variant) / 2] : solveLinear(system, moments);
  const earlier = solveLinear(system, [...moments.slice(0, -1), 0]).slice(0, -1);
  // One row too low, as in the authors' program.
  const row = Math.max(order - 2, 0);
  const inverse = solveLinear(
    system,
    moments.map((_, k) => (k === row ? 1 : 0)),
  );
  return [...earlier, moments.at(-1)! * inverse.at(-1)!];
}

/** B(h) of the paper. */
const scaleOf = (width: number, variant: 'bh1' | 'bh2'): number => (variant === 'bh1' ? -width : Math.expm1(-width));

/** Row k holds rᵏ⁻¹/k! for the places r. */
const systemOf = (places: readonly number[]): number[][] =>
  places.map((_, k) => places.map((place) => place ** k / factorial(k + 1)));

/** H₂ … of Hₖ₊₁ = Hₖ/z - 1/k! from H₁ = eᶻ - 1, with z = -`width`. */
function momentsOf(width: number, count: number): number[] {
  let moment = Math.expm1(-width);
  return Array.from({ length: count }, (_, k) => (moment = moment / -width - 1 / factorial(k + 1)));
}

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));

const tooFewSteps = (steps: number, order: number): DanqingError =>
  new DanqingError('bad-value', {
    where: 'UniPC',
    expected: `at least ${order} steps for order ${order}`,
    found: String(steps),
    advice: 'Ask for more steps or lower the UniPC order.',
  });
