// Two small embeddings and a small hypernetwork for a checkpoint, from seeds: they can be tried without a download.
import { familyOf } from '@danqing/engine/detect-family';
import { families } from '@danqing/engine/families/index';
import { attendedWidths } from '@danqing/engine/hypernetworks/apply-hypernetworks';
import { elementCount } from '@danqing/engine/tensor/tensor';
import type { TensorIndex } from '@danqing/engine/weights/tensor-index';
import { seededIntegers } from '../tests/seeded-weights.ts';
import type { SmallAddOn } from './small-add-ons.ts';

/** Vectors of an embedding. */
const VECTORS = 2;

/** All for the widths of a checkpoint; values depend on names alone. */
export function smallWords(index: TensorIndex): SmallAddOn[] {
  const parts = familyOf(index, families).parts(index);
  const [encoder, second] = parts.textEncoders();
  const tensor = (file: string, name: string, shape: readonly number[], size: number) => ({
    name,
    shape,
    data: Float32Array.from(seededIntegers(`${file} ${name}`, elementCount(shape)), (value) => (value / 1024) * size),
  });
  const words = second === undefined ? { emb_params: encoder! } : { clip_l: encoder!, clip_g: second };
  const layers = [...attendedWidths(parts.denoiser().graph())].flatMap((width) =>
    [0, 1].flatMap((net) => [
      tensor('hypernetwork', `${width}.${net}.linear.0.weight`, [2 * width, width], 0.1),
      tensor('hypernetwork', `${width}.${net}.linear.0.bias`, [2 * width], 0.1),
      tensor('hypernetwork', `${width}.${net}.linear.2.weight`, [width, 2 * width], 0.1),
      tensor('hypernetwork', `${width}.${net}.linear.2.bias`, [width], 0.1),
    ]),
  );
  const word = (name: string): SmallAddOn => ({
    name,
    metadata: {},
    tensors: Object.entries(words).map(([key, { width }]) => tensor(name, key, [VECTORS, width], 0.05)),
  });
  return [
    word('small-word'),
    word('small-negative'),
    {
      name: 'small-hypernetwork',
      metadata: { layer_structure: '[1,2,1]', activation_func: 'relu', activate_output: 'false' },
      tensors: layers,
    },
  ];
}
