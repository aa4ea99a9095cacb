import { interpolateSigma, nearest, TRAINING_STEPS, type SigmaTable } from './sigma-table.ts';

const STUDENT_STEPS = 50;
const STRIDE = TRAINING_STEPS / STUDENT_STEPS;

/**
 * The table of a latent consistency model: it was distilled at every 20th step only (19, 39, … 999), and its result is
 * mixed with its input so that at time 0 it is the input (Luo et al. 2023, "Latent consistency models").
 */
export function createLcmTable(table: SigmaTable): SigmaTable {
  const steps = Array.from({ length: STUDENT_STEPS }, (_, i) => (i + 1) * STRIDE - 1);
  const sigmas = Float32Array.from(steps, (step) => table.sigmas[step]!);
  const logs = sigmas.map(Math.log);
  return {
    alphasCumprod: table.alphasCumprod,
    sigmas,
    timeRange: [steps[0]!, steps.at(-1)!],
    alignedFor: table.alignedFor,
    timeOf: (sigma) => steps[nearest(logs, sigma)]!,
    sigmaOf: (time) => {
      const index = Math.fround((time - (STRIDE - 1)) / STRIDE);
      return interpolateSigma(logs, Math.min(Math.max(index, 0), STUDENT_STEPS - 1));
    },
    boundary: (time) => {
      const scaled = 10 * time;
      return { result: scaled / Math.sqrt(scaled ** 2 + 0.25), input: 0.25 / (scaled ** 2 + 0.25) };
    },
  };
}
