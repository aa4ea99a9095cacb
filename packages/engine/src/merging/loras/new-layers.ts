import { productOf, shapeOf } from '../../adapters/matrices.ts';
import { approximate, type MatrixHands } from '../../low-rank/low-rank.ts';
import type { RankRule } from '../../low-rank/rank-rule.ts';
import { isConvolution, type LowRankLayer } from './low-rank-layer.ts';
import type { NewLayer } from './new-layer.ts';

/** How many ranks the layers of a new LoRA have. */
export interface RankRules {
  readonly rule: RankRule;
  /** Of convolutions that see more than one place. */
  readonly convolutions: RankRule;
}

/** A layer of a new LoRA, and how much of its change that is. */
export interface ApproximatedLayer extends NewLayer {
  /** Squares of the singular values that are kept, and of all: of the change as it is applied. */
  readonly kept: number;
  readonly all: number;
}

/** The best product of a rule's rank; undefined where nothing changes. */
export async function approximateLayer(
  layer: LowRankLayer,
  { rule, convolutions }: RankRules,
  hands: MatrixHands,
): Promise<ApproximatedLayer | undefined> {
  const { name, kernel, matrix, scale } = layer;
  const found = await approximate(matrix, isConvolution(layer) ? convolutions : rule, hands);
  if (found === undefined) return undefined;
  const { rank, up, down, sigmas } = found;
  const energy = (values: Float64Array): number =>
    scale * scale * values.reduce((sum, sigma) => sum + sigma * sigma, 0);
  return {
    name,
    kernel,
    rank,
    alpha: scale * rank,
    up,
    down,
    kept: energy(sigmas.subarray(0, rank)),
    all: energy(sigmas),
  };
}

/** The product of a layer as it is. */
export async function exactLayer(
  { name, kernel, matrix, scale }: LowRankLayer,
  { run }: MatrixHands,
): Promise<NewLayer> {
  const factors = productOf(matrix);
  if (factors === undefined) throw new Error(`${name} is no product`);
  const [a, b] = factors;
  const { up, down } = await run({ name, inputs: [], outputs: { up: a, down: b } }, {});
  const rank = shapeOf(a)[1]!;
  return { name, kernel, rank, alpha: scale * rank, up: up!.data, down: down!.data };
}
