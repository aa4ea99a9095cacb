import { statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { inspectModel } from './inspect-model.ts';

const inspect = async (name: string) => {
  const path = sharedData(name);
  return inspectModel({ path, sizeBytes: statSync(path).size, sides: {} });
};

it('looks into several files at the same time as into one after another', async () => {
  const names = ['lora/cloneofsimo_lora_disney.safetensors', 'taesd/taesd.safetensors', 'ti/gasai-yuno-200.pt'];
  const alone = [];
  for (const name of names) alone.push(await inspect(name));
  expect(await Promise.all(names.map(inspect))).toEqual(alone);
  expect(new Set(alone.map(({ facts }) => facts.identification!.kind)).size).toBe(3);
});
