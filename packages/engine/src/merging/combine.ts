import type { FloatDType } from '../tensor/encode.ts';
import type { Expression } from '../tensor/expression.ts';
import type { TensorEntry } from '../weights/tensor-index.ts';
import { multiplierOf } from './block-weights.ts';
import type { Interpolation } from './merge-choices.ts';

/** What is computed for a name, and from which tensors; A's comes first. */
export interface Combination {
  readonly expression: Expression;
  readonly operands: readonly TensorEntry[];
}

/**
 * The combination of the tensors of one name, in the order of operations of A1111's merger.
 * @param others of B, C …; undefined where a model has none.
 * @returns undefined where A's stays as it is.
 */
export function combine(
  interpolation: Interpolation,
  name: string,
  a: TensorEntry,
  others: readonly (TensorEntry | undefined)[],
): Combination | undefined {
  switch (interpolation.mode) {
    case 'none':
      return undefined;
    case 'weighted-sum': {
      const [b] = others;
      const m = multiplierOf(name, interpolation.multiplier, interpolation.blocks);
      return b && weighted([a, b], [1 - m, m]);
    }
    case 'add-difference': {
      const [b, c] = others;
      const m = multiplierOf(name, interpolation.multiplier, interpolation.blocks);
      return b && added(a, b, c, m);
    }
    case 'sum': {
      const present = others.filter((entry) => entry !== undefined);
      return present.length < others.length ? undefined : weighted([a, ...present], interpolation.weights);
    }
  }
}

function weighted(operands: readonly TensorEntry[], weights: readonly number[]): Combination {
  const terms = operands.map((entry, i): Expression => ({ op: 'scale', factor: weights[i]!, of: tensor(entry, i) }));
  return { operands, expression: terms.reduce((left, right) => ({ op: 'add', left, right })) };
}

/** A + M·(B − C); what C lacks counts as equal to B's. */
function added(a: TensorEntry, b: TensorEntry, c: TensorEntry | undefined, m: number): Combination {
  const difference: Expression =
    c === undefined
      ? { op: 'zeros', dtype: b.dtype as FloatDType }
      : { op: 'subtract', left: tensor(b, 1), right: tensor(c, 2) };
  return {
    operands: c === undefined ? [a] : [a, b, c],
    expression: { op: 'add', left: tensor(a, 0), right: { op: 'scale', factor: m, of: difference } },
  };
}

/** Its element type is one with arithmetic: whole numbers are not combined. */
const tensor = ({ dtype }: TensorEntry, operand: number): Expression => ({
  op: 'tensor',
  operand,
  dtype: dtype as FloatDType,
});
