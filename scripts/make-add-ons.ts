// npm run -s add-ons -- FOLDER [CHECKPOINT]: writes one small add-on of every kind and layout, for the starter where nothing is said.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openModel } from '@danqing/node/files/open-model';
import { saveModel } from '@danqing/studio/files/save-model';
import { starterCheckpoint } from '@danqing/studio/folders';
import { smallAddOns } from './small-add-ons.ts';

const [folder, checkpoint = starterCheckpoint] = process.argv.slice(2);
if (folder === undefined) {
  console.error('Usage: npm run -s add-ons -- FOLDER [CHECKPOINT]');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const model = await openModel(checkpoint);
for await (const { name, metadata, tensors } of smallAddOns(model)) {
  const stored = tensors.map(({ name: key, shape, data }) => ({
    name: key,
    dtype: 'F32' as const,
    shape,
    bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  }));
  const place = { folder, stem: name, output: join(folder, `${name}.safetensors`) };
  console.log(await saveModel(place, stored, new Map(Object.entries(metadata)), { overwrite: true }));
}
await model.close();
