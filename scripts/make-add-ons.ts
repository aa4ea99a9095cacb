// npm run -s addons -- FOLDER [CHECKPOINT]: writes one small add-on of every kind and layout, for the starter where nothing is said.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openModel } from '@danqing/node/files/open-model';
import { saveModel } from '@danqing/studio/files/save-model';
import { starterCheckpoint } from '@danqing/studio/folders';
import { smallAddOns, type SmallAddOn } from './small-add-ons.ts';
import { smallWords } from './small-words.ts';

const [folder = '', checkpoint = starterCheckpoint] = process.argv.slice(2);
if (folder === '') {
  console.error('Usage: npm run -s addons -- FOLDER [CHECKPOINT]');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const model = await openModel(checkpoint);
for await (const addOn of smallAddOns(model)) await save(addOn);
for (const addOn of smallWords(model.index)) await save(addOn);
await model.close();

async function save({ name, metadata, tensors }: SmallAddOn): Promise<void> {
  const stored = tensors.map(({ name: key, shape, data }) => ({
    name: key,
    dtype: 'F32' as const,
    shape,
    bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  }));
  const place = { folder, stem: name, output: join(folder, `${name}.safetensors`) };
  console.log(await saveModel(place, stored, new Map(Object.entries(metadata)), { overwrite: true }));
}
