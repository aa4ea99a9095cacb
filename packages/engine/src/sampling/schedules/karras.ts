import { linspace } from '../linspace.ts';
import type { Schedule } from '../schedule.ts';

const { fround } = Math;

/** Even steps of σ^(1/ρ): Karras et al. 2022, "Elucidating the design space of diffusion-based generative models", (5). */
export const karras: Schedule = {
  name: 'karras',
  label: 'Karras',
  rho: 7,
  sigmas: ({ steps, sigmaMin, sigmaMax, rho }) => [...karrasLevels(steps, sigmaMin, sigmaMax, rho), 0],
};

/** `count` noise levels of this kind, without a final 0. */
export function karrasLevels(count: number, sigmaMin: number, sigmaMax: number, rho = 7): number[] {
  const [low, high] = [sigmaMin ** (1 / rho), sigmaMax ** (1 / rho)];
  return linspace(0, 1, count).map((share) => fround(fround(fround(high) + fround(share * fround(low - high))) ** rho));
}
