import { type Dim, equalDims, type Shape, showShape } from '../dim.ts';
import { pullBack } from '../gradient.ts';
import type { Op } from '../op.ts';
import { apply, constant, input, scalar, type Value } from '../value.ts';
import { add } from './add.ts';
import { matmul } from './matmul.ts';
import { multiply } from './multiply.ts';
import { reshape } from './reshape.ts';
import { softmax } from './softmax.ts';
import { transpose } from './transpose.ts';

type AttentionAttributes = { readonly heads: number; readonly causal: boolean };

/** Added to the score of a forbidden pair; e to this is 0 in float32 and float64. */
const FORBIDDEN = -1e4;

export const attentionOp: Op<AttentionAttributes> = {
  name: 'attention',
  infer([q, k, v], { heads, causal }) {
    const shown = `${showShape(q!.shape)}, ${showShape(k!.shape)} and ${showShape(v!.shape)}`;
    const width = q!.shape[2];
    const fit = [k, v].every((each) => equalDims(each!.shape[0]!, q!.shape[0]!) && equalDims(each!.shape[2]!, width!));
    if (!fit || !equalDims(k!.shape[1]!, v!.shape[1]!)) throw new Error(`attention: ${shown} do not fit one another`);
    if (typeof width !== 'number' || width % heads !== 0)
      throw new Error(`attention: ${shown} do not split into ${heads} heads`);
    if (causal && (typeof q!.shape[1] !== 'number' || q!.shape[1] !== k!.shape[1])) {
      throw new Error(`attention: causal needs one fixed number of tokens, not ${shown}`);
    }
    return { type: 'f32', shape: q!.shape };
  },
  gradient({ inputs, attributes: { heads, causal }, grad, wanted }) {
    const [q, k, v] = inputs.map((value) => split(value, heads)) as [Value, Value, Value];
    const value = attend(q, k, v, causal);
    const grads = pullBack([{ value, cotangent: split(grad, heads) }], [q, k, v]);
    return grads.map((each, i) => (each === null || !wanted[i] ? null : merge(each, inputs[i]!.shape)));
  },
  reference([q, k, v], { heads, causal }, shape) {
    const [n, rows, width] = shape as readonly [number, number, number];
    const columns = k!.shape[1]!;
    const size = width / heads;
    const data = new Float64Array(n * rows * width);
    const weights = new Float64Array(columns);
    for (let b = 0; b < n; b++)
      for (let head = 0; head < heads; head++)
        for (let row = 0; row < rows; row++) {
          const atRow = (b * rows + row) * width + head * size;
          const atColumn = (column: number) => (b * columns + column) * width + head * size;
          const seen = causal ? row + 1 : columns;
          let top = -Infinity;
          for (let column = 0; column < seen; column++) {
            let score = 0;
            for (let i = 0; i < size; i++) score += q!.data[atRow + i]! * k!.data[atColumn(column) + i]!;
            weights[column] = score / Math.sqrt(size);
            top = Math.max(top, weights[column]!);
          }
          let total = 0;
          for (let column = 0; column < seen; column++) total += weights[column] = Math.exp(weights[column]! - top);
          for (let column = 0; column < seen; column++)
            for (let i = 0; i < size; i++)
              data[atRow + i]! += (weights[column]! / total) * v!.data[atColumn(column) + i]!;
        }
    return { shape, data };
  },
  onnx(emit, names, { inputs, attributes }) {
    const { heads, causal } = attributes;
    if (emit.dialect === 'onnxruntime') {
      return emit.microsoft('MultiHeadAttention', names, { num_heads: heads, unidirectional: Number(causal) });
    }
    const [q, k, v] = inputs.map(({ shape }, i) => split(input(names[i]!, shape), heads)) as [Value, Value, Value];
    return emit.write(merge(attend(q, k, v, causal), inputs[0]!.shape));
  },
  examples(random) {
    const [n, rows, columns] = [random.integer(1, 2), random.integer(1, 4), random.integer(1, 4)];
    const [heads, size] = [random.integer(1, 3), random.integer(1, 3)];
    const [query, key] = [{ shape: [n, rows, heads * size] }, { shape: [n, columns, heads * size] }];
    return [
      { inputs: [query, key, key], attributes: { heads, causal: false } },
      { inputs: [query, query, query], attributes: { heads, causal: true } },
    ];
  },
};

/**
 * softmax(q·kᵀ / √d) · v for each head of width d: q [n, rows, heads·d], k and v [n, columns, heads·d] → [n, rows,
 * heads·d]; `causal` hides later columns from a row (arXiv:1706.03762).
 */
export const attention = (
  q: Value,
  k: Value,
  v: Value,
  { heads, causal = false }: { heads: number; causal?: boolean },
): Value => apply(attentionOp, [q, k, v], { heads, causal });

/**
 * The whole computation in graph ops, for q, k and v of shape [n, heads, t, d]: what is differentiated, and what a runtime
 * without an attention of its own runs. Keeps all scores of the batch in memory.
 */
function attend(q: Value, k: Value, v: Value, causal: boolean): Value {
  const scale = 1 / Math.sqrt(q.shape[3] as number);
  const scores = matmul(multiply(q, scalar(scale)), k, { transB: true });
  return matmul(softmax(causal ? add(scores, causalMask(q.shape[2] as number)) : scores), v);
}

/** [n, t, heads·d] → [n, heads, t, d] */
function split(value: Value, heads: number): Value {
  const [n, tokens, width] = value.shape as readonly [Dim, Dim, number];
  return transpose(reshape(value, [n, tokens, heads, width / heads]), [0, 2, 1, 3]);
}

/** [n, heads, t, d] → [n, t, heads·d], which is `shape`. */
const merge = (value: Value, shape: Shape): Value => reshape(transpose(value, [0, 2, 1, 3]), shape);

/** [tokens, tokens]: 0 where a row may look, FORBIDDEN elsewhere. */
function causalMask(tokens: number) {
  const at = Array.from({ length: tokens * tokens }, (_, i) => (i % tokens > Math.floor(i / tokens) ? FORBIDDEN : 0));
  return constant([tokens, tokens], at);
}
