// Writes the small add-ons into files.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openModel } from '@danqing/node/files/open-model';
import { saveModel, type TensorToSave } from '@danqing/studio/files/save-model';
import { smallAddOns, type SmallAddOn } from './small-add-ons.ts';
import { smallAesthetic } from './small-aesthetic.ts';
import { smallWords } from './small-words.ts';

/** Writes one small add-on of every kind and layout for a checkpoint into a folder, and tells their paths as they are written. */
export async function* writeAddOns(folder: string, checkpoint: string): AsyncGenerator<string> {
  mkdirSync(folder, { recursive: true });
  const save = async (name: string, tensors: readonly TensorToSave[], metadata: SmallAddOn['metadata'] = {}) => {
    const place = { folder, stem: name, output: join(folder, `${name}.safetensors`) };
    return saveModel(place, tensors, new Map(Object.entries(metadata)), { overwrite: true });
  };
  const model = await openModel(checkpoint);
  try {
    for await (const addOn of smallAddOns(model)) yield save(addOn.name, stored(addOn), addOn.metadata);
    for (const addOn of smallWords(model.index)) yield save(addOn.name, stored(addOn), addOn.metadata);
    const aesthetic = await smallAesthetic(model);
    if (aesthetic === undefined) return;
    yield save('small-clip', aesthetic.clip);
    const path = join(folder, 'small-aesthetic.pt');
    writeFileSync(path, aesthetic.embedding);
    yield path;
  } finally {
    await model.close();
  }
}

const stored = ({ tensors }: SmallAddOn): TensorToSave[] =>
  tensors.map(({ name, shape, data }) => ({
    name,
    dtype: 'F32',
    shape,
    bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  }));
