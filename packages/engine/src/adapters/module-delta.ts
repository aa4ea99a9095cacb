import { DanqingError } from '../errors.ts';
import { showShape } from '../graph/dim.ts';
import { add } from '../graph/ops/add.ts';
import { divide } from '../graph/ops/divide.ts';
import { multiply } from '../graph/ops/multiply.ts';
import { reshape } from '../graph/ops/reshape.ts';
import { pad } from '../graph/ops/slice-pad.ts';
import { sqrt } from '../graph/ops/sqrt.ts';
import { square } from '../graph/ops/square.ts';
import { subtract } from '../graph/ops/subtract.ts';
import { sum } from '../graph/ops/sum.ts';
import { scalar, type Value } from '../graph/value.ts';
import type { AdapterKind, AdapterModule, ReadingOptions } from './adapter-kind.ts';
import { product, shapeOf } from './matrices.ts';
import { scaleValue } from './scale-value.ts';

/** What W' = magnitude · (W + ΔW) / ‖W + ΔW‖ takes the norm over: the weights of one output (a row), or of one input (a column). */
export type NormAxis = 'rows' | 'columns';

export interface DeltaOptions extends ReadingOptions {
  /** Whose reading of `dora_scale` [out, 1]: A1111 takes the norm of columns whatever the shape, LyCORIS that of rows. */
  readonly magnitudes?: 'a1111' | 'lycoris';
}

/** Input channels of an inpainting model, of which the first 4 are those of the plain one. */
const INPAINTING_CHANNELS = 9;

/** What LyCORIS adds to norms of rows: float32's epsilon. */
const NORM_EPSILON = 2 ** -23;

/**
 * What a module adds to its base weight at strength 1, in the base's shape: the kind's ΔW times the scale, then, where the module
 * has magnitudes (DoRA, arXiv:2402.09353), the difference to the weight that has them. Undefined where it changes only its bias.
 * @throws bad-shape when the module does not fit the base.
 */
export function moduleDelta(
  kind: AdapterKind,
  base: Value,
  module: AdapterModule,
  options: DeltaOptions = {},
): Value | undefined {
  const plain = fitted(kind, base, module, options);
  if (plain === undefined) return undefined;
  const scale = scaleOf(kind, module);
  const delta = scale === 1 ? plain : scaleValue(plain, scalar(scale));
  const axis = normAxisOf(module, options);
  return axis === undefined ? delta : subtract(withMagnitude(add(base, delta), module, axis), base);
}

/** What a module's ΔW is multiplied with: `scale`, else alpha / rank, else 1. */
export function scaleOf(kind: AdapterKind, module: AdapterModule): number {
  const [scale, alpha, rank] = [module.numbers.get('scale'), module.numbers.get('alpha'), kind.rank?.(module)];
  if (scale !== undefined) return scale;
  return alpha === undefined || rank === undefined ? 1 : alpha / rank;
}

/** Along what the norms of a module with magnitudes are taken; undefined where it has none. */
export function normAxisOf({ tensors }: AdapterModule, { magnitudes = 'a1111' }: DeltaOptions): NormAxis | undefined {
  // PEFT's own tensor has one number per output and one meaning.
  if (tensors.has('magnitude')) return 'rows';
  const scales = tensors.get('dora_scale');
  if (scales === undefined) return undefined;
  return magnitudes === 'lycoris' && shapeOf(scales)[0] !== 1 ? 'rows' : 'columns';
}

function withMagnitude(weight: Value, { tensors }: AdapterModule, axis: NormAxis): Value {
  const shape = shapeOf(weight);
  const kept = axis === 'rows' ? 0 : 1;
  const others = [...shape.keys()].filter((i) => i !== kept);
  const lengths = reshape(
    sqrt(sum(square(weight), others)),
    shape.map((size, i) => (i === kept ? size : 1)),
  );
  const norms = axis === 'rows' ? add(lengths, scalar(NORM_EPSILON)) : lengths;
  const stored = (tensors.get('magnitude') ?? tensors.get('dora_scale'))!;
  const size = product(shapeOf(stored));
  // A1111 divides whatever shape the magnitudes have by the norms of the columns.
  const along = size === shape[kept] && (axis === 'rows' || shapeOf(stored)[0] === 1) ? kept : 0;
  const magnitude = reshape(
    stored,
    shape.map((_, i) => (i === along ? size : 1)),
  );
  return multiply(weight, divide(magnitude, norms));
}

function fitted(kind: AdapterKind, base: Value, module: AdapterModule, options: ReadingOptions): Value | undefined {
  const refuse = (found: string): DanqingError =>
    new DanqingError('bad-shape', {
      where: `${module.name} (${kind.id})`,
      expected: `a difference for a weight ${showShape(base.shape)}`,
      found,
      advice: 'This add-on was made for another model.',
    });
  let delta: Value | undefined;
  try {
    delta = kind.delta(base, module, options);
  } catch (error) {
    throw refuse((error as Error).message);
  }
  if (delta === undefined) return undefined;
  const [wanted, found] = [shapeOf(base), shapeOf(delta)];
  if (product(wanted) === product(found) && wanted[0] === found[0]) return reshape(delta, wanted);
  const plainChannels = found[1];
  const isForPlain = wanted.length === 4 && wanted[1] === INPAINTING_CHANNELS && plainChannels === 4;
  if (isForPlain && product(found) / 4 === product(wanted) / INPAINTING_CHANNELS) {
    return pad(delta, [0, 0, 0, 0], [0, INPAINTING_CHANNELS - 4, 0, 0]);
  }
  throw refuse(`one of shape ${showShape(found)}`);
}
