import { productOf, shapeOf } from '../adapters/matrices.ts';
import type { Float64Tensor } from '../graph/evaluate.ts';
import { matmul } from '../graph/ops/matmul.ts';
import { type Graph, input, topological, type Value } from '../graph/value.ts';
import type { Directions, DirectionsAsk } from './directions.ts';
import type { RankRule } from './rank-rule.ts';

/** What the work on matrices is done with. */
export interface MatrixHands {
  /** Runs a graph in float64. */
  run(graph: Graph, feeds: Readonly<Record<string, Float64Tensor>>): Promise<Record<string, Float64Tensor>>;
  findDirections(ask: DirectionsAsk): Promise<Directions>;
}

/** The best approximation of a matrix by a product of low rank. */
export interface LowRank {
  readonly rank: number;
  /** [out, rank] and [rank, within], both of a size: each with the roots of the singular values. */
  readonly up: Float64Array;
  readonly down: Float64Array;
  /** Of the whole matrix, falling. */
  readonly sigmas: Float64Array;
}

/**
 * Approximates a matrix [out, within] of known sizes. A value that is a product of low rank is never put together.
 * Undefined for a matrix of zeros.
 */
export async function approximate(matrix: Value, rule: RankRule, hands: MatrixHands): Promise<LowRank | undefined> {
  const factors = productOf(matrix);
  const [out, within] = shapeOf(matrix) as [number, number];
  const size = Math.min(out, within);
  if (factors !== undefined && shapeOf(factors[1])[0]! < size) return approximateProduct(factors, rule, hands);
  const isWide = out <= within;
  const gram = matmul(matrix, matrix, isWide ? { transB: true } : { transA: true });
  const { data } = (await hands.run(graphOf({ gram }), {}))['gram']!;
  // Two checkpoints have many layers in common, whose directions would take as long to look for as any.
  if (data.every((value) => value === 0)) return undefined;
  const { rank, vectors, sigmas } = await hands.findDirections({ of: 'matrix', gram: data, size, rule });
  if (rank === 0) return undefined;
  const unit = { shape: [rank, size], data: vectors };
  const units = input('units', unit.shape);
  if (isWide) {
    const { down } = await hands.run(graphOf({ down: matmul(units, matrix) }), { units: unit });
    return balanced(transposed(unit), down!.data, rank, sigmas);
  }
  const { up } = await hands.run(graphOf({ up: matmul(matrix, units, { transB: true }) }), { units: unit });
  return balanced(up!.data, vectors, rank, sigmas);
}

async function approximateProduct(
  [a, b]: readonly [Value, Value],
  rule: RankRule,
  hands: MatrixHands,
): Promise<LowRank | undefined> {
  const size = shapeOf(b)[0]!;
  const grams = { first: matmul(a, a, { transA: true }), second: matmul(b, b, { transB: true }) };
  const { first, second } = await hands.run(graphOf(grams), {});
  const kept = first!.data.slice();
  const found = await hands.findDirections({
    of: 'product',
    first: first!.data,
    second: second!.data,
    size,
    rule,
  });
  const { rank, vectors, sigmas } = found;
  if (rank === 0) return undefined;
  const turn = input('turn', [rank, size]);
  const back = input('back', [rank, size]);
  // With U = A·T: Uᵀ·A·B = Tᵀ·(AᵀA)·B.
  const { up, down } = await hands.run(graphOf({ up: matmul(a, turn, { transB: true }), down: matmul(back, b) }), {
    turn: { shape: [rank, size], data: vectors },
    back: { shape: [rank, size], data: product(vectors, kept, rank, size) },
  });
  return balanced(up!.data, down!.data, rank, sigmas);
}

const graphOf = (outputs: Readonly<Record<string, Value>>): Graph => ({
  name: 'low rank',
  inputs: topological(Object.values(outputs)).filter((value) => value.kind === 'input'),
  outputs,
});

/** Unit columns and rows times singular values, as two factors of the same size. */
function balanced(up: Float64Array, down: Float64Array, rank: number, sigmas: Float64Array): LowRank {
  const [out, within] = [up.length / rank, down.length / rank];
  // One of the two holds the singular values.
  const lengths = Array.from({ length: rank }, (_, r) => {
    let squares = 0;
    for (let i = 0; i < out; i++) squares += up[i * rank + r]! ** 2;
    return Math.sqrt(squares);
  });
  for (let r = 0; r < rank; r++) {
    const root = Math.sqrt(sigmas[r]!);
    const factor = root / lengths[r]!;
    for (let i = 0; i < out; i++) up[i * rank + r]! *= factor;
    for (let i = 0; i < within; i++) down[r * within + i]! /= factor;
  }
  return { rank, up, down, sigmas };
}

function transposed({ shape: [rows, columns], data }: { shape: number[]; data: Float64Array }): Float64Array {
  const result = new Float64Array(data.length);
  for (let i = 0; i < rows!; i++) for (let j = 0; j < columns!; j++) result[j * rows! + i] = data[i * columns! + j]!;
  return result;
}

/** [rank, size] · [size, size]. */
function product(a: Float64Array, b: Float64Array, rank: number, size: number): Float64Array {
  const result = new Float64Array(rank * size);
  for (let r = 0; r < rank; r++) {
    for (let k = 0; k < size; k++) {
      const factor = a[r * size + k]!;
      for (let l = 0; l < size; l++) result[r * size + l]! += factor * b[k * size + l]!;
    }
  }
  return result;
}
