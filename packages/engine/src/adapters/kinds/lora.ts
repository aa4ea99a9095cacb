import { matmul } from '../../graph/ops/matmul.ts';
import { reshape } from '../../graph/ops/reshape.ts';
import { slice } from '../../graph/ops/slice-pad.ts';
import { type AdapterKind, tensorOf } from '../adapter-kind.ts';
import { rebuildTucker, shapeOf, toMatrix } from '../matrices.ts';

/**
 * Low-rank adaptation (arXiv:2106.09685) of linear layers and convolutions (LoCon): up · down, with a kernel between them in
 * the Tucker form. DyLoRA's files are read the same way.
 */
export const lora: AdapterKind = {
  id: 'lora',
  reads: ['lora_up', 'lora_down', 'lora_mid'],
  rank: (module) => shapeOf(tensorOf(module, 'lora_down'))[0],
  delta(_base, module, { ranks }) {
    const [up, down] = [toMatrix(tensorOf(module, 'lora_up')), tensorOf(module, 'lora_down')];
    const core = module.tensors.get('lora_mid');
    if (core !== undefined) return rebuildTucker(core, up, toMatrix(down));
    const kept = Math.min(ranks ?? Infinity, shapeOf(up)[1]!);
    const full = matmul(slice(up, 1, 0, kept), slice(toMatrix(down), 0, 0, kept));
    return reshape(full, [shapeOf(up)[0]!, ...shapeOf(down).slice(1)]);
  },
};
