import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openModel } from '@danqing/node/files/open-model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelOf, tensorOf, type TensorOfTest } from '../../../../tests/made-files.ts';
import { starterCheckpoint } from '../folders.ts';
import { extractLora } from './extract-lora.ts';
import { joinLoraFiles } from './join-loras.ts';
import { mergeModels } from './merge-models.ts';
import { resizeLora } from './resize-lora.ts';

const folder = mkdtempSync(join(tmpdir(), 'danqing-lora-files-'));
const cacheBefore = process.env['DANQING_CACHE'];
afterAll(() => {
  if (cacheBefore === undefined) delete process.env['DANQING_CACHE'];
  else process.env['DANQING_CACHE'] = cacheBefore;
  rmSync(folder, { recursive: true });
});

const at = (name: string): string => join(folder, name);
const LAYER = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q';
const lora = (rank: number, seed = 1, alpha = rank / 2): Record<string, TensorOfTest> => ({
  [`${LAYER}.lora_up.weight`]: tensorOf([64, rank], (i) => Math.sin(seed + 1.3 * i * i), 'F32'),
  [`${LAYER}.lora_down.weight`]: tensorOf([rank, 64], (i) => Math.cos(seed + 1.7 * i * i), 'F32'),
  [`${LAYER}.alpha`]: tensorOf([], [alpha], 'F32'),
});

async function save(name: string, tensors: Record<string, TensorOfTest>, metadata = {}): Promise<string> {
  writeFileSync(at(name), (await modelOf(name, tensors, metadata)).bytes);
  return at(name);
}

async function read(path: string) {
  const { index, files, close } = await openModel(path);
  const alpha = index.tensors.get(`${LAYER}.alpha`)!;
  const bytes = Buffer.from(await files[0]!.read(alpha.offset, alpha.length));
  await close();
  const shapes = Object.fromEntries(
    [...index.tensors].map(([name, { shape }]) => [name.slice(LAYER.length + 1), shape]),
  );
  return { shapes, alpha: alpha.dtype === 'F32' ? bytes.readFloatLE() : undefined, metadata: index.metadata };
}

const saveLoha = async (): Promise<string> => {
  const ends = ['w1_a', 'w1_b', 'w2_a', 'w2_b'].map((end, seed) => [
    `${LAYER}.hada_${end}`,
    tensorOf(end.endsWith('a') ? [64, 2] : [2, 64], (i) => Math.sin(seed + i * i), 'F32'),
  ]);
  return save('loha.safetensors', Object.fromEntries(ends), {
    ss_network_module: 'lycoris.kohya',
    ss_network_args: '{"algo": "loha"}',
  });
};

beforeAll(async () => {
  process.env['DANQING_CACHE'] = at('.cache');
  await save('a.safetensors', lora(8), { ss_network_dim: '8', ss_base_model_version: 'sd_v1' });
  await save('b.safetensors', lora(6, 2));
});

describe('LO-06: resizing', () => {
  it('to a rank keeps the scale and notes what was done', async () => {
    const { output, notes } = await resizeLora({ file: at('a.safetensors'), rank: 4, precision: 'fp32' });
    expect(output).toBe(at('a-rank4.safetensors'));
    const { shapes, alpha, metadata } = await read(output);
    expect([shapes['lora_up.weight'], shapes['lora_down.weight'], alpha]).toEqual([[64, 4], [4, 64], 2]);
    expect(metadata.get('ss_network_dim')).toBe('4');
    expect(metadata.get('ss_training_comment')).toBe('dimension is resized from 8 to 4; ');
    expect(notes[0]).toEqual({ en: '1 layers of rank 4', zh: '1 层，秩 4' });
    expect(notes[1]!.en).toMatch(/^it holds \d\d\.\d\d % of the change/);
  });

  it('to a quality', async () => {
    const quality = { by: 'sv-fro', value: 0.9 } as const;
    const { output } = await resizeLora({ file: at('a.safetensors'), quality });
    const { shapes, metadata } = await read(output);
    expect(shapes['lora_up.weight']![1]).toBeLessThan(8);
    expect(metadata.get('ss_training_comment')).toBe('Dynamic resize with sv_fro: 0.9 from 8; ');
  });

  it('of another kind: it becomes a LoRA, and is said to be one', async () => {
    const { output } = await resizeLora({ file: await saveLoha(), rank: 3, precision: 'fp32' });
    const { shapes, metadata } = await read(output);
    expect(shapes).toEqual({ 'lora_up.weight': [64, 3], 'lora_down.weight': [3, 64], alpha: [] });
    expect([metadata.get('ss_network_module'), metadata.get('ss_network_args')]).toEqual(['networks.lora', undefined]);
  });

  it('of a kind that hangs on its base: with the base alone', async () => {
    const magnitudes = { ...lora(2), [`${LAYER}.dora_scale`]: tensorOf([1, 64], () => 1, 'F32') };
    const file = await save('dora.safetensors', magnitudes);
    await expect(resizeLora({ file, rank: 1 })).rejects.toThrow(
      /attn1_to_q, which is DoRA: what it adds is made of the weights that it changes. Name that checkpoint with --base/,
    );
    const { output, notes } = await resizeLora({ file, rank: 1, base: starterCheckpoint });
    expect((await read(output)).shapes['lora_up.weight']).toEqual([64, 1]);
    expect(notes.map(({ en }) => en)).toEqual(['1 layers of rank 1', expect.stringMatching(/^it holds/)]);
    await expect(resizeLora({ file, rank: 1, base: at('a.safetensors') })).rejects.toThrow(/a\.safetensors/);
    const wide = { ...magnitudes, [`${LAYER}.lora_up.weight`]: tensorOf([320, 2], () => 1, 'F32') };
    const other = { file: await save('wide.safetensors', wide), rank: 1, base: starterCheckpoint };
    await expect(resizeLora(other)).rejects.toThrow(/expected an add-on for Stable Diffusion 1.x.*0 of 4 keys fit/);
  });

  it('asks for a rank or a quality, and for an add-on', async () => {
    await expect(resizeLora({ file: at('a.safetensors') })).rejects.toThrow('expected a rank or a quality');
    await expect(resizeLora({ file: starterCheckpoint, rank: 1 })).rejects.toThrow('expected a LoRA or one of its kin');
    expect(readdirSync(folder).filter((name) => name.startsWith('.danqing'))).toEqual([]);
  });
});

describe('LO-06: several into one', () => {
  it('by the command that merges checkpoints: side by side, or of a rank', async () => {
    const models = [at('a.safetensors'), at('b.safetensors')];
    const exact = await mergeModels({ models, weights: [0.5, 1], output: at('c.safetensors'), precision: 'fp32' });
    expect((await read(exact.output)).shapes['lora_up.weight']).toEqual([64, 14]);
    expect((await read(exact.output)).metadata.get('ss_base_model_version')).toBe('sd_v1');
    const smaller = await mergeModels({ models, rank: 5 });
    expect(smaller.output).toBe(at('1(a) + 1(b).safetensors'));
    expect((await read(smaller.output)).shapes['lora_down.weight']).toEqual([5, 64]);
  });

  it('of other kinds: of a rank alone', async () => {
    const models = [at('a.safetensors'), await saveLoha()];
    await expect(mergeModels({ models })).rejects.toThrow(
      'rank: expected a rank or a quality, as not all of these are products of two factors',
    );
    const { output } = await mergeModels({ models, rank: 6 });
    expect((await read(output)).shapes['lora_up.weight']).toEqual([64, 6]);
  });

  it('refuses what makes no sense', async () => {
    const models = [at('a.safetensors'), at('b.safetensors')];
    await expect(joinLoraFiles({ loras: models, weights: [1] })).rejects.toThrow('expected one for each of 2 LoRAs');
    await expect(mergeModels({ models, half: true })).rejects.toThrow('half: expected no such option');
    await expect(mergeModels({ models: [starterCheckpoint, at('a.safetensors')] })).rejects.toThrow('`--lora`');
    for (const odd of [{ rank: 4 }, { base: starterCheckpoint }]) {
      await expect(mergeModels({ models: [starterCheckpoint], ...odd })).rejects.toThrow(
        `${Object.keys(odd)[0]}: expected no such option`,
      );
    }
  });
});

describe('LO-06: extracting', () => {
  it('refuses checkpoints that are the same, and files that are none', async () => {
    const same = { tuned: starterCheckpoint, base: starterCheckpoint, output: at('x.safetensors') };
    await expect(extractLora(same)).rejects.toThrow('expected a change of some layer, found none');
    await expect(extractLora({ ...same, base: at('a.safetensors') })).rejects.toThrow('expected a checkpoint of');
    await expect(extractLora({ ...same, output: at('a.safetensors') })).rejects.toThrow('a name that is free');
    expect(readdirSync(folder)).not.toContain('x.safetensors');
  }, 60_000);
});

describe('FMT-07: putting into a checkpoint', () => {
  it('refuses LoRAs for other models, several models, and names that are not there', async () => {
    const wrong = await save('wrong.safetensors', {
      [`${LAYER}.lora_up.weight`]: tensorOf([320, 2], () => 1),
      [`${LAYER}.lora_down.weight`]: tensorOf([2, 320], () => 1),
    });
    const into = (name: string) => mergeModels({ models: [starterCheckpoint], loras: [{ name }], output: at('y') });
    await expect(into(wrong)).rejects.toThrow(/0 of 2 keys fit/);
    await expect(into('nobody')).rejects.toThrow('expected a file "nobody"');
    await expect(
      mergeModels({ models: [starterCheckpoint, at('a.safetensors')], loras: [{ name: at('a.safetensors') }] }),
    ).rejects.toThrow('expected one model to put them into');
    expect(readdirSync(folder)).not.toContain('y.safetensors');
  });
});
