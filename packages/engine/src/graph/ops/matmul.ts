import { broadcastShapes, broadcastTo } from '../broadcast.ts';
import { equalDims, type Shape, showShape } from '../dim.ts';
import type { Float64Tensor } from '../evaluate.ts';
import type { Op } from '../op.ts';
import { apply, type Value } from '../value.ts';

type MatmulAttributes = { readonly transA: boolean; readonly transB: boolean };

export const matmulOp: Op<MatmulAttributes> = {
  name: 'matmul',
  infer([a, b], { transA, transB }) {
    const [m, k] = rowsAndColumns(a!.shape, transA);
    const [l, n] = rowsAndColumns(b!.shape, transB);
    if (!equalDims(k, l)) throw new Error(`matmul: ${showShape(a!.shape)} and ${showShape(b!.shape)} do not chain`);
    return { type: 'f32', shape: [...broadcastShapes('matmul', a!.shape.slice(0, -2), b!.shape.slice(0, -2)), m, n] };
  },
  gradient({ inputs: [a, b], attributes: { transA, transB }, grad, wanted }) {
    // With A' and B' as multiplied: dA' = G·B'ᵀ and dB' = A'ᵀ·G, turned back where the input was turned.
    const byA = () =>
      transA
        ? matmul(b!, grad, { transA: transB, transB: true })
        : matmul(grad, b!, { transA: false, transB: !transB });
    const byB = () =>
      transB ? matmul(grad, a!, { transA: true, transB: transA }) : matmul(a!, grad, { transA: !transA });
    return [wanted[0] ? byA() : null, wanted[1] ? byB() : null];
  },
  reference([a, b], { transA, transB }, shape) {
    const batch = shape.slice(0, -2);
    const [m, n] = [shape[shape.length - 2]!, shape[shape.length - 1]!];
    const x = stretched(a!, batch);
    const y = stretched(b!, batch);
    const k = a!.shape[a!.shape.length - (transA ? 2 : 1)]!;
    const data = new Float64Array(shape.reduce((p, q) => p * q, 1));
    const [xRow, xColumn] = transA ? [1, m] : [k, 1];
    const [yRow, yColumn] = transB ? [1, k] : [n, 1];
    for (let at = 0, i = 0; at < data.length; i++) {
      const [xStart, yStart] = [Math.floor(i / m) * m * k + (i % m) * xRow, Math.floor(i / m) * k * n];
      for (let j = 0; j < n; j++, at++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += x[xStart + l * xColumn]! * y[yStart + l * yRow + j * yColumn]!;
        data[at] = sum;
      }
    }
    return { shape, data };
  },
  onnx(emit, [a, b], { inputs, attributes: { transA, transB } }) {
    if (!transA && !transB) return emit.node('MatMul', [a!, b!]);
    if (emit.dialect === 'onnxruntime') {
      return emit.microsoft('FusedMatMul', [a!, b!], { transA: Number(transA), transB: Number(transB) });
    }
    const turned = (name: string, rank: number) =>
      emit.node('Transpose', [name], {
        perm: [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2],
      });
    return emit.node('MatMul', [
      transA ? turned(a!, inputs[0]!.shape.length) : a!,
      transB ? turned(b!, inputs[1]!.shape.length) : b!,
    ]);
  },
  examples(random) {
    const [m, k, n] = [random.integer(1, 4), random.integer(1, 4), random.integer(1, 4)];
    return [false, true].flatMap((transA) =>
      [false, true].flatMap((transB) => {
        const [a, b] = [transA ? [k, m] : [m, k], transB ? [n, k] : [k, n]];
        return [
          { inputs: [{ shape: a }, { shape: b }], attributes: { transA, transB } },
          { inputs: [{ shape: [2, 3, ...a] }, { shape: [2, 3, ...b] }], attributes: { transA, transB } },
          { inputs: [{ shape: [3, ...a] }, { shape: [2, 1, ...b] }], attributes: { transA, transB } },
        ];
      }),
    );
  },
};

/** The matrix product of the last two axes, each input transposed first where asked; leading axes broadcast. */
export const matmul = (a: Value, b: Value, { transA = false, transB = false }: Partial<MatmulAttributes> = {}): Value =>
  apply(matmulOp, [a, b], { transA, transB });

function rowsAndColumns(shape: Shape, transposed: boolean) {
  if (shape.length < 2) throw new Error(`matmul: ${showShape(shape)} is no matrix`);
  const [rows, columns] = [shape[shape.length - 2]!, shape[shape.length - 1]!];
  return transposed ? ([columns, rows] as const) : ([rows, columns] as const);
}

const stretched = (x: Float64Tensor, batch: readonly number[]): Float64Array =>
  broadcastTo(x, [...batch, ...x.shape.slice(-2)]).data;
