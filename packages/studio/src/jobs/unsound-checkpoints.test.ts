import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DrawnPicture } from '@danqing/contract/worker-messages';
import { readReceipt } from '@danqing/engine/image/receipt';
import { encodeFloat32 } from '@danqing/engine/tensor/encode';
import { planSafetensors } from '@danqing/engine/weights/safetensors-plan';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import tiny from '../../../../tests/fixtures/sd1-tiny.json' with { type: 'json' };
import { writeSeededCheckpoint } from '../../../../tests/seeded-weights.ts';
import { sharedData } from '../../../../tests/shared-data.ts';
import { indexOf } from '../../../../tests/stored-tensors.ts';
import { readRecipe } from './read-recipe.ts';
import { WorkerClient } from './worker-client.ts';

// Files that no picture can come from, and those that lack a part, drawn with a tiny SD 1.x in one process.

const EMBEDDING = 'cond_stage_model.transformer.text_model.embeddings.token_embedding.weight';

let client: WorkerClient;
let folder: string;
let whole: Buffer;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-unsound-'));
  // The tiny model knows 512 tokens only; a prompt needs them all.
  writeSeededCheckpoint(at('whole'), { ...tiny.shapes, [EMBEDDING]: [49_408, 128] });
  whole = readFileSync(at('whole'));
  client = new WorkerClient();
});

afterAll(async () => {
  await client.stop();
  rmSync(folder, { recursive: true });
});

const at = (name: string): string => join(folder, `${name}.safetensors`);

async function draw(checkpoint: string, more: object = {}): Promise<{ picture: DrawnPicture; notes: string[] }> {
  const recipe = readRecipe({
    prompt: 'fox',
    checkpoint,
    width: 32,
    height: 32,
    steps: 3,
    seed: 1,
    sampler: 'Euler',
    mode: 'small',
    ...more,
  });
  const notes: string[] = [];
  let picture: DrawnPicture | undefined;
  for await (const event of client.draw(recipe)) {
    if (event.type === 'note') notes.push(event.text);
    if (event.type === 'picture') picture = event.picture;
  }
  return { picture: picture!, notes };
}

function write(name: string, bytes: Uint8Array): string {
  writeFileSync(at(name), bytes);
  return at(name);
}

/** A safetensors file with this header and so many bytes behind it. */
function withHeader(name: string, header: string, dataBytes: number, lengthBytes = header.length): string {
  const bytes = Buffer.alloc(8 + header.length + dataBytes);
  bytes.writeBigUInt64LE(BigInt(lengthBytes));
  bytes.write(header, 8);
  return write(name, bytes);
}

/** The tiny checkpoint with some of its tensors cut to a smaller shape or left out. */
async function withShapes(
  name: string,
  change: (key: string, shape: readonly number[]) => readonly number[] | undefined,
): Promise<string> {
  const { tensors } = await indexOf(at('whole'));
  const kept = [...tensors.values()].flatMap((tensor) => {
    const shape = change(tensor.name, tensor.shape);
    return shape === undefined ? [] : [{ name: tensor.name, dtype: 'F16' as const, shape }];
  });
  const { header, tensors: placed } = planSafetensors(kept);
  const pieces = placed.map(({ name: key, length }) => {
    const { offset } = tensors.get(key)!;
    return whole.subarray(offset, offset + length);
  });
  return write(name, Buffer.concat([header, ...pieces]));
}

/** The tiny checkpoint with NaN in the last bias of a part. */
async function withNaN(name: string, key: string): Promise<string> {
  const { offset, length } = (await indexOf(at('whole'))).tensors.get(key)!;
  const bytes = Buffer.from(whole);
  encodeFloat32(new Float32Array(length / 2).fill(Number.NaN), 'F16').bytes.forEach((byte, i) =>
    bytes.writeUInt8(byte, offset + i),
  );
  return write(name, bytes);
}

describe('a checkpoint that no picture can come from', () => {
  it('the whole one draws, so that what follows is due to what is broken', async () => {
    const { picture, notes } = await draw(at('whole'));
    expect([picture.width, picture.height, notes]).toEqual([32, 32, []]);
  });

  it.each<[what: string, make: () => string | Promise<string>, code: string, message: RegExp]>([
    [
      'is cut short',
      () => write('short', whole.subarray(0, 1e6)),
      'bad-file',
      /expected a file of \d+ bytes, as its header says, found 1000000 bytes/,
    ],
    [
      'claims a huge header',
      () => withHeader('huge', '{}', 0, 2 ** 40),
      'bad-file',
      /expected a header of at most 100000000 bytes/,
    ],
    [
      'has overlapping tensors',
      () =>
        withHeader(
          'overlap',
          '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}',
          12,
        ),
      'bad-file',
      /overlap › safetensors|overlap\.safetensors/,
    ],
    [
      'has a key twice',
      () =>
        withHeader(
          'twice',
          '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
          4,
        ),
      'bad-file',
      /expected each key once, found a second "a"/,
    ],
    [
      'has a tensor of another shape',
      () =>
        withShapes('shape', (key, shape) => (key.endsWith('middle_block.1.proj_in.weight') ? [96, 48, 1, 1] : shape)),
      'bad-shape',
      /\[96, 48, 1, 1\]/,
    ],
    [
      'lacks a tensor',
      () => withShapes('hole', (key, shape) => (key.endsWith('middle_block.1.proj_in.weight') ? undefined : shape)),
      'missing',
      /middle_block/,
    ],
    ['holds NaN in the denoiser', () => withNaN('nan', 'model.diffusion_model.out.2.bias'), 'not-a-number', /step 1/],
    [
      'holds NaN in the text encoder',
      () => withNaN('nan-text', 'cond_stage_model.transformer.text_model.final_layer_norm.bias'),
      'not-a-number',
      /step 1|prompt/,
    ],
    [
      'has no text encoder',
      () => withShapes('no-text', (key, shape) => (key.startsWith('cond_stage_model.') ? undefined : shape)),
      'missing',
      /expected a text encoder/,
    ],
    [
      'is a LoRA',
      () => sharedData('lora/cloneofsimo_lora_disney.safetensors'),
      'unknown-family',
      /not an add-on such as a LoRA/,
    ],
    [
      'knows fewer tokens than its tokenizer',
      () => withShapes('tokens', (key, shape) => (key === EMBEDDING ? [512, 128] : shape)),
      'bad-shape',
      /expected vectors for 49408 tokens, found 512/,
    ],
    ['is a folder of other things', () => folder, 'bad-file', /expected a diffusers folder/],
    ['is a device', () => '/dev/zero', 'bad-file', /found a device/],
    ['is empty', () => write('empty', new Uint8Array(0)), 'bad-file', /found an empty file/],
    ['is not there', () => at('nowhere'), 'missing', /expected a file, found none/],
  ])('that %s gives one clear error', async (_, make, code, message) => {
    const error: unknown = await draw(await make()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'DanqingError', code, message: expect.stringMatching(message) });
    expect((error as Error).message).not.toContain('\n');
  });

  it('is no harm to the process: the whole one draws the same as before', async () => {
    const [first, second] = [await draw(at('whole')), await draw(at('whole'))];
    expect(first.picture.pixels).toEqual(second.picture.pixels);
  });
});

describe('a checkpoint whose VAE holds NaN', () => {
  it('is decoded by the small decoder of previews, and note and receipt say so', async () => {
    const file = await withNaN('nan-vae', 'first_stage_model.decoder.conv_out.bias');
    const { picture, notes } = await draw(file);
    expect(notes).toEqual([
      expect.stringMatching(/^The VAE gave not-a-number \(3072 NaN .*Decode again with another VAE\.$/),
    ]);
    const why = 'the one inside the checkpoint gave not-a-number';
    expect(readReceipt(picture.receipt).vae).toMatchObject({ name: 'taesd.safetensors', why });
    expect(picture.pixels).toEqual((await draw(file, { vae: 'taesd' })).picture.pixels);
  });
});

describe('a checkpoint without VAE', () => {
  it('CK-01: is decoded by the tiny one that comes with the program, and the receipt says why', async () => {
    const bare = await withShapes('no-vae', (key, shape) => (key.startsWith('first_stage_model.') ? undefined : shape));
    const { picture } = await draw(bare);
    expect(readReceipt(picture.receipt).vae).toMatchObject({
      name: 'taesd.safetensors',
      why: expect.stringMatching(/stands in/),
    });
    await expect(draw(bare, { vae: 'none' })).rejects.toMatchObject({
      code: 'missing',
      message: expect.stringMatching(/expected a VAE/),
    });
  });
});

it('refuses a VAE that is none', async () => {
  const vae = sharedData('lora/cloneofsimo_lora_disney.safetensors');
  await expect(draw(at('whole'), { vae })).rejects.toMatchObject({ code: 'missing' });
});
