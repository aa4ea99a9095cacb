import { matmul } from '../../graph/ops/matmul.ts';
import { multiply } from '../../graph/ops/multiply.ts';
import { transpose } from '../../graph/ops/transpose.ts';
import type { Value } from '../../graph/value.ts';
import { type AdapterKind, type AdapterModule, tensorOf } from '../adapter-kind.ts';
import { rebuildTucker, shapeOf, toMatrix } from '../matrices.ts';

/** Two low-rank products multiplied element by element (arXiv:2108.06098). */
export const loha: AdapterKind = {
  id: 'loha',
  reads: ['hada_w1_a', 'hada_w1_b', 'hada_w2_a', 'hada_w2_b', 'hada_t1', 'hada_t2'],
  rank: (module) => shapeOf(tensorOf(module, 'hada_w1_b'))[0],
  delta: (_base, module) => multiply(half(module, 1), half(module, 2)),
};

function half(module: AdapterModule, which: 1 | 2): Value {
  const [a, b] = [tensorOf(module, `hada_w${which}_a`), tensorOf(module, `hada_w${which}_b`)];
  const core = module.tensors.get(`hada_t${which}`);
  return core === undefined ? matmul(toMatrix(a), toMatrix(b)) : rebuildTucker(core, transpose(a, [1, 0]), b);
}
