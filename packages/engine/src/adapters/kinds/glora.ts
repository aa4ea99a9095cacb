import { add } from '../../graph/ops/add.ts';
import { matmul } from '../../graph/ops/matmul.ts';
import { reshape } from '../../graph/ops/reshape.ts';
import { type AdapterKind, type AdapterModule, tensorOf } from '../adapter-kind.ts';
import { shapeOf, throughInputs, toMatrix } from '../matrices.ts';

/**
 * Generalised LoRA (arXiv:2306.07967), W·A + B with both of low rank. Of two layouts the shapes tell: LyCORIS has
 * A = a1·a2, B = b1·b2 and scales by alpha / rank; the one that A1111 reads has A = a2·a1, B = b2·b1 and no scale.
 */
export const glora: AdapterKind = {
  id: 'glora',
  reads: ['a1', 'a2', 'b1', 'b2'],
  isOfBase: true,
  rank: (module) => (isLycoris(module) ? shapeOf(tensorOf(module, 'a2'))[0] : undefined),
  delta(base, module) {
    const order = isLycoris(module) ? (['1', '2'] as const) : (['2', '1'] as const);
    const [a, c] = order.map((i) => toMatrix(tensorOf(module, `a${i}`))) as [typeof base, typeof base];
    const [b, d] = order.map((i) => toMatrix(tensorOf(module, `b${i}`))) as [typeof base, typeof base];
    return add(throughInputs(throughInputs(base, a), c), reshape(matmul(b, d), base.shape));
  },
};

/** In LyCORIS's layout the first factors are tall: a1 [in, rank] and b1 [out, rank]. */
function isLycoris(module: AdapterModule): boolean {
  const [[within, rank], [out, sameRank]] = ['a1', 'b1'].map((name) => shapeOf(tensorOf(module, name))) as [
    readonly [number, number],
    readonly [number, number],
  ];
  return rank === sameRank && (rank < within || rank < out);
}
