import { concat } from '../graph/ops/concat.ts';
import { multiply } from '../graph/ops/multiply.ts';
import { reshape } from '../graph/ops/reshape.ts';
import { cos, sin } from '../graph/ops/trigonometry.ts';
import { constant, type Value } from '../graph/value.ts';

/** Longest period of the embedding, in timesteps. */
const PERIOD = 10_000;

/** Timesteps [n], which may be fractional, as [cos(t·f) ‖ sin(t·f)] [n, width], f_k = exp(−ln(10000)·k / (width/2)). */
export function timestepEmbedding(timestep: Value, width: number): Value {
  const half = width / 2;
  // Rounded to float32 where PyTorch rounds: at t = 999 the last bit of a frequency is 6e-5 of an angle.
  const f = Math.fround;
  const frequencies = Array.from({ length: half }, (_, k) => f(Math.exp(f(f(f(-Math.log(PERIOD)) * k) / half))));
  const angles = multiply(reshape(timestep, [timestep.shape[0]!, 1]), constant([1, half], frequencies));
  return concat([cos(angles), sin(angles)], 1);
}
