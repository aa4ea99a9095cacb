import { combine, derivative, type Values } from '../arithmetic.ts';
import type { SigmaRun } from '../sampler.ts';

/** One step from noise level `from` to `to` with the mean of the slopes at both ends; at 0, where there is none, Euler's. */
export async function heunStep<V extends Values>(
  run: Pick<SigmaRun<V>, 'denoise'>,
  start: V,
  from: number,
  to: number,
): Promise<{ readonly x: V; readonly denoised: V }> {
  const denoised = await run.denoise(start, from);
  const slope = derivative(start, from, denoised);
  const ahead = combine([1, start], [to - from, slope]);
  if (to === 0) return { x: ahead, denoised };
  const slopeAhead = derivative(ahead, to, await run.denoise(ahead, to));
  return { x: combine([1, start], [to - from, combine([0.5, slope], [0.5, slopeAhead])]), denoised };
}
