import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecipeInput } from '@danqing/contract/recipe';
import { sdxl } from '@danqing/engine/families/sdxl';
import { readReceipt, type Receipt } from '@danqing/engine/image/receipt';
import { createClipTokenizer } from '@danqing/engine/text/tokenizers/clip';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import tiny from '../../../../tests/fixtures/families-tiny.json' with { type: 'json' };
import { seededWeight, writeSeededCheckpoint } from '../../../../tests/seeded-weights.ts';
import { writeFloat32 } from '../../../../tests/write-float32.ts';
import { settleRecipe } from './plan-batches.ts';
import { readRecipe } from './read-recipe.ts';
import { WorkerClient } from './worker-client.ts';

// Models of other families than SD 1.x, drawn with as people do: small ones, a step or two.

let client: WorkerClient;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-families-'));
  client = new WorkerClient();
  const write = (name: keyof typeof tiny.shapes): void =>
    writeSeededCheckpoint(join(folder, `${name}.safetensors`), { ...tiny.shapes[name], ...tiny.shapes.vae });
  write('sd2');
  write('sdxl');
  write('sdxlRefiner');
});

afterAll(async () => {
  await client.stop();
  rmSync(folder, { recursive: true });
});

interface Drawn {
  readonly receipt: Receipt;
  readonly infotext: string;
  readonly notes: readonly string[];
  readonly width: number;
  readonly height: number;
}

async function draw(name: string, input: Partial<RecipeInput> = {}): Promise<Drawn> {
  const checkpoint = join(folder, name);
  const small = {
    prompt: 'a red apple',
    checkpoint,
    sampler: 'Euler',
    steps: 4,
    cfgScale: 3,
    seed: 1,
    mode: 'small',
  } as const;
  const notes: string[] = [];
  let picture: Omit<Drawn, 'notes'> | undefined;
  for await (const event of client.draw(readRecipe({ ...small, width: 64, height: 96, ...input }))) {
    if (event.type === 'note') notes.push(event.text);
    if (event.type !== 'picture') continue;
    const { receipt, infotext, width, height } = event.picture;
    picture = { receipt: readReceipt(receipt) as Receipt, infotext, width, height };
  }
  return { ...picture!, notes };
}

describe('a picture of SDXL', () => {
  it('GEN-13: is finished by the refiner, and says so', async () => {
    const refiner = join(folder, 'sdxlRefiner.safetensors');
    const { receipt, infotext } = await draw('sdxl.safetensors', { refiner: { checkpoint: refiner, switchAt: 0.5 } });
    expect(infotext).toMatch(/, Refiner: sdxlRefiner \[[0-9a-f]{10}\], Refiner switch at: 0\.5, /);
    expect(receipt.refiner).toMatchObject({ name: 'sdxlRefiner.safetensors', switchAt: 0.5 });
    const alone = await draw('sdxl.safetensors');
    expect(alone.infotext).not.toContain('Refiner');
    expect(alone.receipt.latentSha256).not.toBe(receipt.latentSha256);
    const never = await draw('sdxl.safetensors', { refiner: { checkpoint: refiner, switchAt: 1 } });
    expect(never.receipt.latentSha256).toBe(alone.receipt.latentSha256);
    expect(never.receipt.refiner).toBeUndefined();
  });

  it('LO-07: has its LoRAs also on the refiner, where they fit; where they do not, that is said', async () => {
    const layer = 'lora_unet_input_blocks_5_1_transformer_blocks_0_attn1_to_q';
    const values = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i));
    writeFloat32(join(folder, 'ink.safetensors'), [
      { name: `${layer}.lora_up.weight`, shape: [128, 4], data: values(512) },
      { name: `${layer}.lora_down.weight`, shape: [4, 128], data: values(512) },
      { name: 'lora_te2_text_model_encoder_layers_0_mlp_fc1.alpha', shape: [], data: values(1) },
    ]);
    copyFileSync(join(folder, 'sdxl.safetensors'), join(folder, 'second.safetensors'));
    const lora = { loras: [{ name: join(folder, 'ink.safetensors'), weight: 1 }], forceAddOns: true };
    const late = (checkpoint: string) => ({ refiner: { checkpoint: join(folder, checkpoint), switchAt: 0.5 } });
    const whole = await draw('sdxl.safetensors', lora);
    // The same model, opened twice: with the LoRA on both halves it is as if there were one.
    const both = await draw('sdxl.safetensors', { ...lora, ...late('second.safetensors') });
    expect(both.receipt.latentSha256).toBe(whole.receipt.latentSha256);
    const other = await draw('sdxl.safetensors', { loras: lora.loras, ...late('sdxlRefiner.safetensors') });
    expect(other.notes.join('\n')).toContain('ink.safetensors does not fit sdxlRefiner.safetensors');
  });

  it('GEN-12: is 1024 pixels wide and high unless it is told otherwise', () => {
    const facts = { family: sdxl, nativeSize: sdxl.nativeSize, resolution: undefined };
    expect(settleRecipe(readRecipe({ prompt: '' }), facts, () => 0)).toMatchObject({ width: 1024, height: 1024 });
    const own = { ...facts, resolution: { width: 1216, height: 832 } };
    expect(settleRecipe(readRecipe({ prompt: '' }), own, () => 0)).toMatchObject({ width: 1216, height: 832 });
  });

  it('says what has no effect, and records the options that have one', async () => {
    const plain = await draw('sdxl.safetensors', { clipSkip: 2 });
    expect(plain.notes.join()).toContain('CLIP skip 2 has no effect');
    expect(plain.infotext).not.toContain('Clip skip');
    const cropped = await draw('sdxl.safetensors', { options: { sdxl_crop_top: 32, sdxl_clip_l_skip: true } });
    expect(cropped.infotext).toContain('SDXL crop top: 32, SDXL clip L skip: True');
    expect(cropped.receipt.latentSha256).not.toBe(plain.receipt.latentSha256);
  });
});

/** The rows of a seeded token table for a text. */
function rowsOf(shapes: Readonly<Record<string, readonly number[]>>, table: string, text: string) {
  const shape = shapes[table]!;
  const [width] = [shape[1]!];
  const values = seededWeight(table, shape);
  const ids = createClipTokenizer().encode(text);
  const data = Float32Array.from(ids.flatMap((id) => [...values.subarray(id * width, (id + 1) * width)]));
  return { shape: [ids.length, width], data };
}

describe('EM-01: an embedding of the vectors of two words draws what the words draw', () => {
  const words = 'red apple';

  it('for both text encoders of SDXL, which A1111 records twice', async () => {
    const { sdxl: shapes } = tiny.shapes;
    const [l, g] = ['0.transformer.text_model.embeddings', '1.model'].map((at) =>
      rowsOf(shapes, `conditioner.embedders.${at}.token_embedding.weight`, words),
    );
    writeFloat32(join(folder, 'Fruit.safetensors'), [
      { name: 'clip_l', ...l! },
      { name: 'clip_g', ...g! },
    ]);
    const plain = await draw('sdxl.safetensors', { prompt: `a (${words}:1.2), green` });
    const called = await draw('sdxl.safetensors', { prompt: 'a (FRUIT:1.2), green', embeddingFolders: [folder] });
    expect(called.receipt.latentSha256).toBe(plain.receipt.latentSha256);
    expect(called.infotext).toMatch(/, TI hashes: "Fruit: ([0-9a-f]{12}), Fruit: \1", /);
  });

  it('for SD 2.x, and one for SDXL says that it is none', async () => {
    const { sd2: shapes } = tiny.shapes;
    writeFloat32(join(folder, 'pear.safetensors'), [
      { name: 'emb_params', ...rowsOf(shapes, 'cond_stage_model.model.token_embedding.weight', words) },
    ]);
    const plain = await draw('sd2.safetensors', { prompt: words });
    const called = await draw('sd2.safetensors', { prompt: 'pear', embeddingFolders: [folder] });
    expect(called.receipt.latentSha256).toBe(plain.receipt.latentSha256);
    const { notes } = await draw('sd2.safetensors', { prompt: 'fruit', embeddingFolders: [folder] });
    expect(notes.join()).toMatch(/"Fruit" is no more than its words here: its vectors are \d+ and \d+ wide/);
  });
});

describe('a picture of SD 2.x', () => {
  it('GEN-12, GEN-13: has the size of the model that predicts as a trial run shows', async () => {
    const { width, height, notes } = await draw('sd2.safetensors', { steps: 1, width: undefined, height: undefined });
    expect([width, height]).toEqual([512, 512]);
    expect(notes.join()).toContain('the model predicts eps, by a trial run on constant input');
  });
});

describe('a picture of a folder', () => {
  it('FMT-03: is drawn from the weights in it, and has no hash of its own', async () => {
    // The parts of a pipeline may have the names of their authors.
    const path = join(folder, 'pipeline');
    mkdirSync(join(path, 'unet'), { recursive: true });
    copyFileSync(join(folder, 'sdxl.safetensors'), join(path, 'unet/diffusion_pytorch_model.safetensors'));
    writeFileSync(join(path, 'unet/config.json'), '{}');
    const { receipt, infotext } = await draw('pipeline/unet');
    const file = await draw('sdxl.safetensors');
    expect(receipt.latentSha256).toBe(file.receipt.latentSha256);
    expect(receipt.checkpoint).toEqual({ name: 'unet' });
    expect(infotext).toContain('Model: unet,');
  });
});
