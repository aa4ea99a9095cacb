import { concat } from '../graph/ops/concat.ts';
import { multiply } from '../graph/ops/multiply.ts';
import { reshape } from '../graph/ops/reshape.ts';
import { cos, sin } from '../graph/ops/trigonometry.ts';
import { constant, type Value } from '../graph/value.ts';

/** Longest period of the embedding, in timesteps. */
const PERIOD = 10_000;

/** f_k = exp(−ln(10000)·k / (width/2)), k from 0: the frequencies of an embedding of so many numbers. */
export function embeddingFrequencies(width: number): number[] {
  const half = width / 2;
  // Rounded to float32 where PyTorch rounds: at t = 999 the last bit of a frequency is 6e-5 of an angle.
  const f = Math.fround;
  return Array.from({ length: half }, (_, k) => f(Math.exp(f(f(f(-Math.log(PERIOD)) * k) / half))));
}

/** Timesteps [n], which may be fractional, as [cos(t·f) ‖ sin(t·f)] [n, width]. */
export function timestepEmbedding(timestep: Value, width: number): Value {
  const frequencies = constant([1, width / 2], embeddingFrequencies(width));
  const angles = multiply(reshape(timestep, [timestep.shape[0]!, 1]), frequencies);
  return concat([cos(angles), sin(angles)], 1);
}

/** Numbers, each as `width` numbers like a timestep, one after another: how SDXL is told sizes. */
export function embedNumbers(numbers: readonly number[], width: number): Float32Array {
  const frequencies = embeddingFrequencies(width);
  const half = width / 2;
  const result = new Float32Array(numbers.length * width);
  numbers.forEach((number, i) =>
    frequencies.forEach((frequency, k) => {
      const angle = Math.fround(Math.fround(number) * frequency);
      result[i * width + k] = Math.cos(angle);
      result[i * width + half + k] = Math.sin(angle);
    }),
  );
  return result;
}
