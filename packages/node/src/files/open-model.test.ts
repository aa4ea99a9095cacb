import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import { planSafetensors } from '@danqing/engine/weights/safetensors-plan';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { openModel } from './open-model.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-model-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, content: string | Uint8Array): string {
  const full = join(folder, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
  return full;
}

/** A safetensors file whose tensors each hold one number. */
function weights(values: Record<string, number>): Uint8Array {
  const plan = planSafetensors(Object.keys(values).map((name) => ({ name, dtype: 'F32', shape: [1] })));
  const bytes = new Uint8Array(plan.size);
  bytes.set(plan.header);
  for (const { name, offset } of plan.tensors) new DataView(bytes.buffer).setFloat32(offset, values[name]!, true);
  return bytes;
}

const shardList = (map: Record<string, string>) => JSON.stringify({ metadata: { total_size: 8 }, weight_map: map });

async function valuesOf(path: string): Promise<Record<string, number>> {
  const model = await openModel(path);
  const values: Record<string, number> = {};
  for (const entry of model.index.tensors.values()) {
    const bytes = await readTensorBytes(model.index, entry, model.files);
    values[entry.name] = new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true);
  }
  await model.close();
  return values;
}

describe('openModel', () => {
  it('FMT-01: opens a single file of any kind and any name', async () => {
    for (const path of ['lora/cloneofsimo_lora_disney.pt', 'taesd/taesd.safetensors']) {
      const file = join(folder, 'model.whatever');
      cpSync(sharedData(path), file);
      const model = await openModel(file);
      expect(model.index.tensors.size).toBeGreaterThan(50);
      await model.close();
    }
  });

  it('opens a diffusers pipeline with its parts and configurations', async () => {
    write('model_index.json', '{"unet":["diffusers","UNet2DConditionModel"]}');
    write('unet/config.json', '{"sample_size":64}');
    write('unet/diffusion_pytorch_model.safetensors', weights({ 'conv_in.weight': 1 }));
    write('vae/diffusion_pytorch_model.safetensors', weights({ 'decoder.conv_in.weight': 2 }));
    write('scheduler/scheduler_config.json', '{"prediction_type":"v_prediction"}');
    write('README.md', 'words');
    expect(await valuesOf(folder)).toEqual({ 'unet.conv_in.weight': 1, 'vae.decoder.conv_in.weight': 2 });
    const { index, close } = await openModel(folder);
    expect(index.format).toBe('diffusers folder');
    expect(Object.fromEntries(index.metadata)).toEqual({
      'model_index.json': '{"unet":["diffusers","UNet2DConditionModel"]}',
      'unet/config.json': '{"sample_size":64}',
      'scheduler/scheduler_config.json': '{"prediction_type":"v_prediction"}',
    });
    await close();
  });

  it('FMT-03: prefers safetensors to a pickle of the same weights', async () => {
    write('diffusion_pytorch_model.bin', readFileSync(sharedData('lora/catundchat_pytorch_lora_weights.bin')));
    write('diffusion_pytorch_model.fp16.safetensors', weights({ a: 3 }));
    expect(await valuesOf(folder)).toEqual({ a: 3 });
    const { index, close } = await openModel(folder);
    expect(index.notes).toEqual([
      `${folder}: took diffusion_pytorch_model.fp16.safetensors, passed over diffusion_pytorch_model.bin`,
    ]);
    await close();
  });

  it('opens shards by their list, and in a folder', async () => {
    write('model-1-of-2.safetensors', weights({ a: 1 }));
    write('model-2-of-2.safetensors', weights({ b: 2 }));
    const list = write(
      'model.safetensors.index.json',
      shardList({ a: 'model-1-of-2.safetensors', b: 'model-2-of-2.safetensors' }),
    );
    expect(await valuesOf(list)).toEqual({ a: 1, b: 2 });
    expect(await valuesOf(folder)).toEqual({ a: 1, b: 2 });
  });

  it.each([
    ['a shard that is absent', { a: 'other.safetensors' }, 'expected the shard other.safetensors, found none'],
    ['a shard without the tensor', { b: 'one.safetensors' }, 'expected b in one.safetensors, found a shard without it'],
    ['a way out of the folder', { a: '../one.safetensors' }, 'the name of a weight file in the same folder'],
    ['an absolute path', { a: '/etc/x.bin' }, 'the name of a weight file in the same folder'],
    ['a list of nothing', {}, 'expected a weight_map, found none'],
  ])('refuses %s', async (_, map, message) => {
    write('one.safetensors', weights({ a: 1 }));
    const list = write('model.safetensors.index.json', shardList(map));
    await expect(openModel(list)).rejects.toThrow(message);
  });

  it('refuses shards with more than the list says, and lists that are no JSON', async () => {
    write('one.safetensors', weights({ a: 1, left: 2 }));
    const list = write('model.safetensors.index.json', shardList({ a: 'one.safetensors' }));
    await expect(openModel(list)).rejects.toThrow('expected 1 tensors in all shards, found 2');
    writeFileSync(list, '{"weight_map":{"a":"one.safetensors","a":"one.safetensors"}}');
    await expect(openModel(list)).rejects.toThrow('each key once');
  });

  it('follows links and survives loops of them', async () => {
    const blob = write('blobs/abc', weights({ a: 4 }));
    mkdirSync(join(folder, 'snapshot'));
    symlinkSync(blob, join(folder, 'snapshot', 'model.safetensors'));
    symlinkSync(join(folder, 'snapshot', 'loop'), join(folder, 'snapshot', 'loop'));
    symlinkSync('..', join(folder, 'snapshot', 'up'));
    expect(await valuesOf(join(folder, 'snapshot'))).toEqual({ a: 4 });
  });

  it('says what a folder lacks, and closes what it opened', async () => {
    write('notes.txt', 'x');
    await expect(openModel(folder)).rejects.toThrow('found 1 file and 0 folders, none of them weights');
    await expect(openModel(join(folder, 'none.ckpt'))).rejects.toMatchObject({ code: 'missing' });
  });
});
