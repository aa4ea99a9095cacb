// Writes the examples of tests/torch-zip-examples.ts into a folder, for torch_zip_written.py.
import { ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { planTorchZip } from '@danqing/engine/weights/torch/torch-zip-plan';
import { modelOf } from '../made-files.ts';
import { crcOfZeros, largeExample, torchZipExamples } from '../torch-zip-examples.ts';

const folder = process.argv[2]!;
for (const [name, tensors] of Object.entries(torchZipExamples)) {
  writeFileSync(join(folder, name), (await modelOf(name, tensors, {}, 'torch')).bytes);
}
const plan = planTorchZip(largeExample);
const file = openSync(join(folder, 'large.pt'), 'w');
ftruncateSync(file, plan.size);
const checksums = new Map(plan.tensors.map(({ name, length }) => [name, crcOfZeros(length)]));
for (const { offset, bytes } of plan.frame(checksums)) writeSync(file, bytes, 0, bytes.length, offset);
