import type { AdapterFile, FileModule } from '../../adapters/adapter-file.ts';
import { lora } from '../../adapters/kinds/lora.ts';
import { rebuildTucker, shapeOf, toMatrix } from '../../adapters/matrices.ts';
import { scaleOf } from '../../adapters/module-delta.ts';
import { scaleValue } from '../../adapters/scale-value.ts';
import { DanqingError } from '../../errors.ts';
import { concat } from '../../graph/ops/concat.ts';
import { matmul } from '../../graph/ops/matmul.ts';
import { constant, scalar, type Value } from '../../graph/value.ts';
import { fileName } from '../../weights/evidence.ts';
import { nameOfModule } from './kohya-names.ts';
import type { LowRankLayer } from './low-rank-layer.ts';

/** A LoRA and how much of it. */
export interface WeighedLora {
  readonly adapter: AdapterFile;
  readonly weight: number;
}

/** The layers of a LoRA. @throws unsupported for its kin, whose changes are no products of two factors, and for layers without names. */
export function layersOf(adapter: AdapterFile): LowRankLayer[] {
  refuseOthers(adapter);
  return adapter.modules.map((module) => ({
    name: nameOfModule(module, adapter),
    kernel: kernelOf(module),
    matrix: matrixOf(module),
    scale: scaleOf(lora, module),
  }));
}

/**
 * The layers of several LoRAs together, Σ weight · ΔW: their factors side by side, which is exact and as large as all of them.
 * @throws as `layersOf`; bad-shape when layers of one name differ in size.
 */
export function joinLoras(loras: readonly WeighedLora[]): LowRankLayer[] {
  const joined = new Map<string, LowRankLayer>();
  for (const { adapter, weight } of loras) {
    for (const { scale, ...layer } of layersOf(adapter)) {
      const scaled = { ...layer, matrix: scaleValue(layer.matrix, scalar(scale * weight)), scale: 1 };
      const other = joined.get(layer.name);
      joined.set(layer.name, other === undefined ? scaled : sideBySide(other, scaled, adapter));
    }
  }
  return [...joined.values()];
}

function sideBySide(one: LowRankLayer, other: LowRankLayer, { file }: AdapterFile): LowRankLayer {
  const [wanted, found] = [one, other].map(({ matrix, kernel }) => [...shapeOf(matrix), ...kernel].join(' × '));
  if (wanted !== found) {
    throw new DanqingError('bad-shape', {
      where: `${fileName(file)} › ${other.name}`,
      expected: `a layer of ${wanted}, as in the others`,
      found: found!,
      advice: 'Only LoRAs for one family of checkpoints can become one.',
    });
  }
  const [[a, b], [c, d]] = [one, other].map(({ matrix }) => (matrix as Product).inputs) as [Pair, Pair];
  return { ...one, matrix: matmul(concat([a, c], 1), concat([b, d], 0)) };
}

type Pair = readonly [Value, Value];
type Product = Value & { readonly inputs: Pair };

/** up · down [out, within]; the kernel of a Tucker form goes to the second factor. */
function matrixOf({ tensors }: FileModule): Value {
  const [up, down] = [toMatrix(tensors.get('lora_up')!), toMatrix(tensors.get('lora_down')!)];
  const core = tensors.get('lora_mid');
  if (core === undefined) return matmul(up, down);
  const rank = shapeOf(core)[0]!;
  const unit = Float64Array.from({ length: rank * rank }, (_, i) => (i % (rank + 1) === 0 ? 1 : 0));
  return matmul(up, toMatrix(rebuildTucker(core, constant([rank, rank], unit), down)));
}

const kernelOf = ({ tensors }: FileModule): readonly number[] =>
  shapeOf(tensors.get('lora_mid') ?? tensors.get('lora_down')!).slice(2);

function refuseOthers({ file, modules }: AdapterFile): void {
  const nameless = modules.find(({ path }) => path === '');
  const other = modules.find(
    ({ algorithm, tensors }) => algorithm.id !== lora.id || MAGNITUDES.some((role) => tensors.has(role)),
  );
  const odd = nameless ?? other;
  if (odd === undefined) return;
  throw new DanqingError('unsupported', {
    where: fileName(file),
    expected: 'a LoRA whose layers have names',
    found:
      nameless === undefined
        ? `${odd.name}, which is ${odd.algorithm.id === lora.id ? 'DoRA' : odd.algorithm.title.en}`
        : 'layers with numbers',
    advice: 'Put it into a checkpoint with `danqing merge`, and take a LoRA out of that with `danqing extract`.',
  });
}

const MAGNITUDES = ['dora_scale', 'magnitude'] as const;
