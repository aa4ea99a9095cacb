import { countOf, type Dim, equalShapes, showDim, showShape } from '../dim.ts';
import type { None } from '../elementwise.ts';
import type { Op } from '../op.ts';
import { apply, type Value } from '../value.ts';

// Gathering rows and summing them back are each other's gradient, so they share a file.

export const gatherOp: Op<None> = {
  name: 'gather',
  infer([table, ids]) {
    if (table!.shape.length !== 2 || ids!.type !== 'i64') {
      throw new Error(`gather: a table of rows and i64 ids, not ${showShape(table!.shape)} and ${ids!.type}`);
    }
    return { type: table!.type, shape: [...ids!.shape, table!.shape[1]!] };
  },
  gradient: ({ inputs: [table, ids], grad, wanted }) => [
    wanted[0]! ? scatterRows(grad, ids!, table!.shape[0]!) : null,
    null,
  ],
  reference([table, ids], _, shape) {
    const width = table!.shape[1]!;
    const data = new Float64Array(shape.reduce((a, b) => a * b, 1));
    ids!.data.forEach((id, i) => data.set(table!.data.subarray(id * width, (id + 1) * width), i * width));
    return { shape, data };
  },
  onnx: (emit, inputs) => emit.node('Gather', inputs, { axis: 0 }),
  examples: (random) => {
    const rows = random.integer(2, 5);
    const ids = { type: 'i64', from: 0, to: rows - 1 } as const;
    return [
      { inputs: [{ shape: [rows, 3] }, { shape: [random.integer(1, 3), 4], ...ids }], attributes: {} },
      { inputs: [{ shape: [rows, 2] }, { shape: [], ...ids }], attributes: {} },
    ];
  },
};

/** Rows of `table` [rows, width] by their numbers `ids` (i64 of any shape): [...ids, width]. */
export const gather = (table: Value, ids: Value): Value => apply(gatherOp, [table, ids], {});

type ScatterRowsAttributes = { readonly rows: readonly [Dim] };

export const scatterRowsOp: Op<ScatterRowsAttributes> = {
  name: 'scatterRows',
  infer([x, ids], { rows: [rows] }) {
    const { type, shape } = x!;
    if (ids!.type !== 'i64' || !equalShapes(shape.slice(0, -1), ids!.shape)) {
      throw new Error(
        `scatterRows: ${showShape(shape)} to ${showDim(rows)} rows by ids ${ids!.type} ${showShape(ids!.shape)}`,
      );
    }
    return { type, shape: [rows, shape.at(-1)!] };
  },
  gradient: ({ inputs: [, ids], grad }) => [gather(grad, ids!), null],
  reference([x, ids], _, shape) {
    const width = shape[1]!;
    const data = new Float64Array(shape[0]! * width);
    ids!.data.forEach((id, i) => {
      for (let k = 0; k < width; k++) data[id * width + k]! += x!.data[i * width + k]!;
    });
    return { shape, data };
  },
  // ScatterND is shorter, but ONNX Runtime's adds to one row from several threads without a lock (its issue 23396).
  onnx(emit, [x, ids], { inputs, shape }) {
    const [from, width] = [inputs[0]!.shape, shape[1]!];
    const flat = [countOf(from.slice(0, -1)), width];
    const column = emit.reshape(ids!, from.slice(0, -1), [flat[0]!, 1]);
    const zeros = emit.node('ConstantOfShape', [emit.shape(shape)]);
    const places = emit.node('Expand', [column, emit.shape(flat)]);
    const updates = emit.reshape(x!, from, flat);
    return emit.node('ScatterElements', [zeros, places, updates], { axis: 0, reduction: 'add' });
  },
  examples: (random) => {
    const rows = random.integer(2, 5);
    const ids = { type: 'i64', from: 0, to: rows - 1 } as const;
    const n = random.integer(1, 3);
    return [
      { inputs: [{ shape: [n, 4, 3] }, { shape: [n, 4], ...ids }], attributes: { rows: [rows] } },
      { inputs: [{ shape: [2] }, { shape: [], ...ids }], attributes: { rows: [rows] } },
    ];
  },
};

/** The rows of `x` [...ids, width] summed into a table of `rows` rows at the places that `ids` says: [rows, width]. */
export const scatterRows = (x: Value, ids: Value, rows: Dim): Value => apply(scatterRowsOp, [x, ids], { rows: [rows] });
