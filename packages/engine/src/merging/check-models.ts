import { DanqingError } from '../errors.ts';
import type { Identification, KindId } from '../identify/identification.ts';
import { identify } from '../identify/identify.ts';
import { currentKey } from '../weights/keys/merge-keys.ts';
import type { TensorEntry, TensorIndex } from '../weights/tensor-index.ts';

/** Kinds without weights of their own to put together. */
const ADD_ONS: readonly KindId[] = ['lora', 'lycoris', 'embedding', 'hypernetwork', 'aesthetic-gradient'];

/** @throws bad-value when one of the models is a LoRA, an embedding or their like. */
export function refuseAddOns(models: readonly TensorIndex[]): void {
  for (const model of models) {
    const { kind, title } = identified(model);
    if (!ADD_ONS.includes(kind)) continue;
    throw new DanqingError('bad-value', {
      where: model.file,
      expected: 'a checkpoint',
      found: title.en,
      advice: 'Only whole models are merged with one another; a LoRA is put into one with `--lora`.',
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
    advice: `The first is ${titleOf(a!)}, the other ${titleOf(b!)}.`,
  });
}

/** A tensor that is of another shape in one of the models. */
export function misfit(name: string, a: TensorEntry, other: TensorEntry, models: readonly TensorIndex[]): DanqingError {
  const known = models.map(identified).filter(({ verdict }) => verdict !== 'unknown');
  const titles = [...new Set(known.map(({ title }) => title.en))];
  return new DanqingError('bad-shape', {
    where: `${other.file} › ${name}`,
    expected: `shape [${a.shape.join(', ')}], as in ${a.file}`,
    found: `[${other.shape.join(', ')}]`,
    advice: `Only models of one family and size can be merged${titles.length > 1 ? `; these are ${titles.join(' and ')}` : ''}.`,
  });
}

const titleOf = (index: TensorIndex): string => identified(index).title.en;

const firstKey = ({ tensors }: TensorIndex): string => tensors.keys().next().value ?? 'nothing';

function identified(index: TensorIndex): Identification {
  const sizeBytes = [...index.tensors.values()].reduce((sum, { length }) => sum + length, 0);
  return identify(index, { fileName: index.file, sizeBytes });
}
