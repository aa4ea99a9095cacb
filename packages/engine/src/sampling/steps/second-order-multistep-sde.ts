import { combine, type Values } from '../arithmetic.ts';
import type { SamplerSteps, SigmaRun } from '../sampler.ts';

/** DPM-Solver++(2M) SDE with either of its correction rules: Lu et al. 2022, "DPM-Solver++", and k-diffusion. */
export async function* secondOrderMultistepSde<V extends Values>(
  run: SigmaRun<V>,
  solver: 'midpoint' | 'heun',
): SamplerSteps<V> {
  const { sigmas, denoise, brownian, options } = run;
  const eta = options.etaAncestral;
  const steps = sigmas.length - 1;
  let x = run.x;
  let before: { readonly denoised: V; readonly width: number } | undefined;
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i]!, sigmas[i + 1]!];
    const denoised = await denoise(x, sigma);
    if (next === 0) {
      x = denoised;
    } else {
      const width = Math.log(sigma / next);
      const decay = width * (1 + eta);
      const gain = -Math.expm1(-decay);
      x = combine([(next / sigma) * Math.exp(-eta * width), x], [gain, denoised]);
      if (before !== undefined) {
        const weight = solver === 'heun' ? 1 - gain / decay : 0.5 * gain;
        x = combine([1, x], [(weight * width) / before.width, combine([1, denoised], [-1, before.denoised])]);
      }
      if (eta !== 0) {
        const level = next * Math.sqrt(-Math.expm1(-2 * eta * width)) * options.sNoise;
        x = combine([1, x], [level, brownian(sigma, next)]);
      }
      before = { denoised, width };
    }
    yield { step: i + 1, steps, sigma, x, denoised };
  }
  return x;
}
