import type { AdapterFile } from '../../adapters/adapter-file.ts';
import { productOf, shapeOf } from '../../adapters/matrices.ts';
import { scaleValue } from '../../adapters/scale-value.ts';
import { DanqingError } from '../../errors.ts';
import { add } from '../../graph/ops/add.ts';
import { concat } from '../../graph/ops/concat.ts';
import { matmul } from '../../graph/ops/matmul.ts';
import { scalar } from '../../graph/value.ts';
import { fileName } from '../../weights/evidence.ts';
import { layersOf, type LoraBase, type LoraLayers } from './lora-layers.ts';
import type { LowRankLayer } from './low-rank-layer.ts';

/** A LoRA or one of its kin, and how much of it. */
export interface WeighedLora {
  readonly adapter: AdapterFile;
  readonly weight: number;
}

/**
 * The layers of several add-ons together, Σ weight · ΔW: factors side by side, which is exact and as large as all of them; a sum where
 * one of them has none.
 * @throws as `layersOf`; bad-shape when layers of one name differ in size.
 */
export function joinLoras(loras: readonly WeighedLora[], base?: LoraBase): LoraLayers {
  const joined = new Map<string, LowRankLayer>();
  const all = loras.map(({ adapter, weight }) => ({ adapter, weight, ...layersOf(adapter, base) }));
  for (const { adapter, weight, layers } of all) {
    for (const { scale, ...layer } of layers) {
      const scaled = { ...layer, matrix: scaleValue(layer.matrix, scalar(scale * weight)), scale: 1 };
      const other = joined.get(layer.name);
      joined.set(layer.name, other === undefined ? scaled : together(other, scaled, adapter));
    }
  }
  return {
    layers: [...joined.values()],
    biases: all.flatMap(({ biases }) => biases),
    misfits: all.flatMap(({ misfits }) => misfits),
  };
}

function together(one: LowRankLayer, other: LowRankLayer, { file }: AdapterFile): LowRankLayer {
  const [wanted, found] = [one, other].map(({ matrix, kernel }) => [...shapeOf(matrix), ...kernel].join(' × '));
  if (wanted !== found) {
    throw new DanqingError('bad-shape', {
      where: `${fileName(file)} › ${other.name}`,
      expected: `a layer of ${wanted}, as in the others`,
      found: found!,
      advice: 'Only LoRAs for one family of checkpoints can become one.',
    });
  }
  const [first, second] = [productOf(one.matrix), productOf(other.matrix)];
  if (first === undefined || second === undefined) return { ...one, matrix: add(one.matrix, other.matrix) };
  return { ...one, matrix: matmul(concat([first[0], second[0]], 1), concat([first[1], second[1]], 0)) };
}
