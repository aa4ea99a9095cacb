import { combine, derivative, roundingOf, type Values } from '../arithmetic.ts';
import type { SigmaRun } from '../sampler.ts';
import { ancestralStep } from './ancestral-step.ts';

// DPM-Solver (Lu et al. 2022) in the time t = -ln σ, in which the noise eps = (x - denoised)/σ is integrated.

/** The model's noise at some point of a step; several orders share what was computed at the first point. */
export interface SolverPoint<V extends Values> {
  readonly x: V;
  readonly time: number;
  readonly denoised: V;
  readonly eps: V;
}

/** Noise level at a time. */
export const sigmaAt = (time: number): number => Math.exp(-time);

/** Calls the model at a point. */
export async function evaluate<V extends Values>(run: SigmaRun<V>, x: V, time: number): Promise<SolverPoint<V>> {
  const denoised = await run.denoise(x, sigmaAt(time));
  return { x, time, denoised, eps: derivative(x, sigmaAt(time), denoised) };
}

/** First order: one call. */
export function firstOrderStep<V extends Values>({ x, time, eps }: SolverPoint<V>, end: number): V {
  return combine([1, x], [-sigmaAt(end) * Math.expm1(end - time), eps]);
}

/** Second order through a point at the share `ratio` of the step; answers that point too. */
export async function secondOrderStep<V extends Values>(
  run: SigmaRun<V>,
  start: SolverPoint<V>,
  end: number,
  ratio: number,
): Promise<{ readonly x: V; readonly middle: SolverPoint<V> }> {
  const { x, time, eps } = start;
  const width = end - time;
  const middleTime = time + ratio * width;
  const middleX = combine([1, x], [-sigmaAt(middleTime) * Math.expm1(ratio * width), eps]);
  const middle = await evaluate(run, middleX, middleTime);
  const gain = sigmaAt(end) * Math.expm1(width);
  const change = combine([1, middle.eps], [-1, eps]);
  return { x: combine([1, x], [-gain, eps], [-gain / (2 * ratio), change]), middle };
}

/** Third order through a third (given) and two thirds of the step. */
export async function thirdOrderStep<V extends Values>(
  run: SigmaRun<V>,
  start: SolverPoint<V>,
  end: number,
  atThird: SolverPoint<V>,
): Promise<V> {
  const { x, time, eps } = start;
  const width = end - time;
  const late = (2 / 3) * width;
  const sigmaLate = sigmaAt(time + late);
  const lateX = combine(
    [1, x],
    [-sigmaLate * Math.expm1(late), eps],
    [-2 * sigmaLate * (Math.expm1(late) / late - 1), combine([1, atThird.eps], [-1, eps])],
  );
  const atTwoThirds = await evaluate(run, lateX, time + late);
  return combine(
    [1, x],
    [-sigmaAt(end) * Math.expm1(width), eps],
    [-1.5 * sigmaAt(end) * (Math.expm1(width) / width - 1), combine([1, atTwoThirds.eps], [-1, eps])],
  );
}

/** Where a step to `end` really goes, and the level of the noise that brings it back up to `end`. */
export function noisyEnd(
  run: SigmaRun<Values>,
  time: number,
  end: number,
  lastTime: number,
): { readonly down: number; readonly up: number } {
  const { etaAncestral } = run.options;
  if (etaAncestral === 0) return { down: end, up: 0 };
  const { down } = ancestralStep(sigmaAt(time), sigmaAt(end), etaAncestral, (x) => x);
  const downTime = Math.min(lastTime, -Math.log(down));
  return { down: downTime, up: Math.sqrt(Math.max(sigmaAt(end) ** 2 - sigmaAt(downTime) ** 2, 0)) };
}

/** The times between which the samplers that choose their own noise levels go. */
export function timeSpan(run: SigmaRun<Values>): { readonly first: number; readonly last: number } {
  const round = roundingOf(run.x);
  return { first: round(-Math.log(run.span.sigmaMax)), last: round(-Math.log(run.span.sigmaMin)) };
}
