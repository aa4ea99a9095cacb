import { type AdapterFile, openAdapter } from '@danqing/engine/adapters/adapter-file';
import { baseModules } from '@danqing/engine/adapters/base-modules';
import { checkBase } from '@danqing/engine/adapters/fit-adapter';
import { kinds } from '@danqing/engine/adapters/kinds/index';
import { matchAdapter } from '@danqing/engine/adapters/match-adapter';
import { families } from '@danqing/engine/families/index';
import { openIndex } from '@danqing/engine/weights/open-index';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import { openFile } from '@danqing/node/files/file-source';
import { describe, expect, it } from 'vitest';
import { sd15Tensors } from '../benchmarks/sd15-tensors.ts';
import { shapeIndex } from './shape-index.ts';
import { sharedData } from './shared-data.ts';

// Real files of early trainers against the names and shapes of SD 1.5.

const sd15 = baseModules(shapeIndex(Object.fromEntries(sd15Tensors().map(({ key, shape }) => [key, shape]))));

async function open(name: string): Promise<AdapterFile> {
  const source = await openFile(sharedData(`lora/${name}`));
  const index = await openIndex(source);
  const adapter = await openAdapter(index, async (entry) => readTensorBytes(index, entry, [source]));
  await source.close();
  return adapter;
}

describe('LO-01, LO-02: every key of real files has its layer in SD 1.5', () => {
  it.each([
    ['catundchat_pytorch_lora_weights.safetensors', 'attn-procs', 256, 128, 0],
    ['catundchat_pytorch_lora_weights.bin', 'attn-procs', 256, 128, 0],
    ['cloneofsimo_analog_svd_rank4.safetensors', 'cloneofsimo', 384, 192, 0],
    ['cloneofsimo_lora_disney.safetensors', 'cloneofsimo', 384, 192, 2],
  ])('%s', async (name, layout, keys, modules, embeddings) => {
    const adapter = await open(name);
    const matched = matchAdapter(adapter, sd15);
    expect(matched.leftOut).toEqual([]);
    expect([adapter.layout.id, adapter.keyCount, matched.matchedKeys]).toEqual([layout, keys, keys]);
    expect(new Set(matched.modules.map(({ base }) => base.weight.name)).size).toBe(modules);
    expect(adapter.embeddings.length).toBe(embeddings);
    expect(new Set(matched.modules.map(({ kind }) => kind))).toEqual(new Set([kinds.lora]));
  });

  it('cloneofsimo_lora_disney.pt was made for SD 2: its text vectors are 1024 wide, and each key says so', async () => {
    const adapter = await open('cloneofsimo_lora_disney.pt');
    const { leftOut, matchedKeys } = matchAdapter(adapter, sd15);
    expect([adapter.layout.id, adapter.keyCount]).toEqual(['cloneofsimo-list', 256]);
    // Keys and values of the cross-attention of sixteen blocks, up and down.
    expect(leftOut.flatMap(({ keys }) => keys).length).toBe(16 * 2 * 2);
    expect(new Set(leftOut.map(({ reason }) => reason))).toEqual(new Set(['other sizes']));
    expect(leftOut[0]!.says).toContain('1024');
    expect(matchedKeys).toBe(256 - 64);
  });

  it('first 1: a file for another base is refused although most of it fits, and is applied by force', async () => {
    const matched = matchAdapter(await open('cloneofsimo_lora_disney.pt'), sd15);
    const context = {
      family: families.sd1,
      families: Object.values(families),
      prompt: '',
      advice: {},
      force: false,
    };
    expect(() => checkBase(matched, context)).toThrow(/found one for Stable Diffusion 2.x: 192 of 256 keys fit/);
    expect(checkBase(matched, { ...context, force: true })).toContain('Stable Diffusion 2.x');
  });
});
