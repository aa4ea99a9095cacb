import { detectFamily } from '../detect-family.ts';
import { DanqingError } from '../errors.ts';
import { families } from '../families/index.ts';
import { currentKey, isAddOnKey } from '../weights/keys/merge-keys.ts';
import type { TensorEntry, TensorIndex } from '../weights/tensor-index.ts';

/** @throws bad-value when one of the models is a LoRA, an embedding or their like. */
export function refuseAddOns(models: readonly TensorIndex[]): void {
  for (const { file, tensors } of models) {
    const key = [...tensors.keys()].find(isAddOnKey);
    const isAddOn = key !== undefined && !holdsModel(tensors);
    if (!isAddOn) continue;
    throw new DanqingError('bad-value', {
      where: file,
      expected: 'a checkpoint',
      found: `an add-on, a LoRA or an embedding (${key})`,
      advice: 'Only whole models are merged with one another.',
    });
  }
}

/** The tensors of a model by the names that they have today. */
export function currentTensors({ tensors }: TensorIndex): ReadonlyMap<string, TensorEntry> {
  return new Map([...tensors].map(([key, entry]) => [currentKey(key), entry]));
}

/** Models that no tensor is merged of. */
export function nothingShared(models: readonly TensorIndex[]): DanqingError {
  const [a, b] = models;
  return new DanqingError('bad-value', {
    where: b!.file,
    expected: `tensors of the same names as in ${a!.file}, such as ${firstKey(a!)}`,
    found: `none; its own are ${firstKey(b!)} …`,
    advice: `${describe(a!)} and ${describe(b!)} cannot be merged.`,
  });
}

/** A tensor that is of another shape in one of the models. */
export function misfit(name: string, a: TensorEntry, other: TensorEntry, models: readonly TensorIndex[]): DanqingError {
  const all = models.map(describe);
  return new DanqingError('bad-shape', {
    where: `${other.file} › ${name}`,
    expected: `shape [${a.shape.join(', ')}], as in ${a.file}`,
    found: `[${other.shape.join(', ')}]`,
    advice:
      new Set(all).size > 1
        ? `These are ${all.join(' and ')}: only models of one family can be merged.`
        : 'Only models of one family and size can be merged.',
  });
}

const firstKey = ({ tensors }: TensorIndex): string => tensors.keys().next().value ?? 'nothing';

const holdsModel = (tensors: TensorIndex['tensors']): boolean =>
  [...tensors.keys()].some((key) => key.includes('diffusion_model.'));

function describe(index: TensorIndex): string {
  const detection = detectFamily(index, families);
  return detection.known ? `a model of ${detection.family.title}` : 'a model of an unknown family';
}
