import { add } from '../../graph/ops/add.ts';
import { matmul } from '../../graph/ops/matmul.ts';
import { multiply } from '../../graph/ops/multiply.ts';
import { reshape } from '../../graph/ops/reshape.ts';
import { slice } from '../../graph/ops/slice-pad.ts';
import { transpose } from '../../graph/ops/transpose.ts';
import { scalar, type Value } from '../../graph/value.ts';
import { type AdapterKind, tensorOf } from '../adapter-kind.ts';
import { turnOf } from '../cayley.ts';
import { product, shapeOf } from '../matrices.ts';
import { rescaled } from '../rescaled.ts';

/**
 * Orthogonal finetuning by butterflies (arXiv:2311.06243): rotations of blocks one after another, in between the rows are
 * shuffled so that every output meets every other.
 */
export const boft: AdapterKind = {
  id: 'boft',
  reads: ['oft_blocks', 'rescale'],
  isOfBase: true,
  delta(base, module) {
    const [out, ...rest] = shapeOf(base) as [number, ...number[]];
    const turns = turnOf(tensorOf(module, 'oft_blocks'), (module.numbers.get('alpha') ?? 0) * out);
    const [stages, blocks, side] = shapeOf(turns) as [number, number, number];
    const matrix = reshape(base, [out, product(rest)]);
    let delta: Value | undefined;
    for (let stage = 0; stage < stages; stage++) {
      const turn = reshape(slice(turns, 0, stage, stage + 1), [blocks, side, side]);
      // Row 2kc + kg + j of the weight stands at 2kc + 2j + g while the blocks turn.
      const reach = (2 ** stage * side) / 2;
      const current = delta === undefined ? matrix : add(matrix, delta);
      const shuffled = reshape(swapRows(current, 2, reach), [blocks, side, product(rest)]);
      const change = swapRows(reshape(matmul(turn, shuffled), [out, product(rest)]), reach, 2);
      delta = delta === undefined ? change : add(delta, change);
    }
    return rescaled(reshape(delta ?? multiply(matrix, scalar(0)), base.shape), base, module);
  },
};

/** Rows in groups of [a, b] as [b, a]. */
function swapRows(x: Value, a: number, b: number): Value {
  const [rows, columns] = shapeOf(x) as [number, number];
  const grouped = reshape(x, [rows / (a * b), a, b, columns]);
  return reshape(transpose(grouped, [0, 2, 1, 3]), [rows, columns]);
}
