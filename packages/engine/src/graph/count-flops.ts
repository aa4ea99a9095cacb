import { type Bindings, evaluateShape } from './dim.ts';
import { type Graph, type ResultValue, topological } from './value.ts';

/** What a result is made of, with its sizes in one run. */
interface Sized {
  readonly inputs: readonly (readonly number[])[];
  readonly shape: readonly number[];
  readonly attributes: ResultValue['attributes'];
}

/** Multiplications and additions of one result, by op; those of all other ops are next to nothing beside these. */
const FLOPS: Readonly<Record<string, (sized: Sized) => number>> = {
  // Each element is a sum of products over the dimension in between.
  matmul: ({ inputs: [a], shape, attributes }) => 2 * count(shape) * a!.at(attributes['transA'] === true ? -2 : -1)!,
  addProduct: ({ inputs: [, a], shape }) => 2 * count(shape) * a![1]!,
  linear: ({ inputs: [, weight], shape }) => 2 * count(shape) * weight![1]!,
  conv2d: ({ inputs: [, weight], shape }) => 2 * count(shape) * count(weight!.slice(1)),
  conv2dInputGradient: ({ inputs: [grad, weight] }) => 2 * count(grad!) * count(weight!.slice(1)),
  conv2dWeightGradient: ({ inputs: [, grad], shape }) => 2 * count(grad!) * count(shape.slice(1)),
  // Scores of every query with every key, and their product with the values.
  attention: ({ inputs: [query, key] }) => 4 * count(query!) * key![1]!,
};

/** Floating-point operations of one run of a graph at the given sizes: its convolutions, matrix products and attention. */
export function countFlops(graph: Graph, sizes: Bindings): number {
  let total = 0;
  for (const value of topological(Object.values(graph.outputs))) {
    const flops = value.kind === 'result' ? FLOPS[value.op.name] : undefined;
    if (value.kind !== 'result' || flops === undefined) continue;
    total += flops({
      inputs: value.inputs.map((input) => evaluateShape(input.shape, sizes)),
      shape: evaluateShape(value.shape, sizes),
      attributes: value.attributes,
    });
  }
  return total;
}

const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
