import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecipeInput } from '@danqing/contract/recipe';
import { readReceipt, type Receipt } from '@danqing/engine/image/receipt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import tiny from '../../../../tests/fixtures/sd1-tiny.json' with { type: 'json' };
import { writeSeededCheckpoint } from '../../../../tests/seeded-weights.ts';
import { starterCheckpoint, tinyVae } from '../folders.ts';
import { readRecipe } from './read-recipe.ts';
import { WorkerClient } from './worker-client.ts';

// What a recipe says is what the picture shows: small runs of the bundled checkpoint, told apart by the hash of their latent.

let client: WorkerClient;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-recipes-'));
  client = new WorkerClient();
});

afterAll(async () => {
  await client.stop();
  rmSync(folder, { recursive: true });
});

interface Drawn {
  readonly latents: string[];
  readonly pixels: string[];
  readonly receipt: Receipt;
  readonly notes: string[];
  readonly sizes: string[];
}

async function draw(input: RecipeInput): Promise<Drawn> {
  const small = { sampler: 'Euler', steps: 2, cfgScale: 3, width: 64, height: 64, seed: 1 };
  const drawn: { -readonly [K in keyof Drawn]: Drawn[K] } = {
    latents: [],
    pixels: [],
    notes: [],
    sizes: [],
    receipt: {} as Receipt,
  };
  for await (const event of client.draw(readRecipe({ ...small, ...input }))) {
    if (event.type === 'note') drawn.notes.push(event.text);
    if (event.type !== 'picture') continue;
    drawn.receipt = readReceipt(event.picture.receipt) as Receipt;
    drawn.latents.push(drawn.receipt.latentSha256!);
    drawn.pixels.push(drawn.receipt.pixelSha256);
    drawn.sizes.push(`${event.picture.width}x${event.picture.height}`);
  }
  return drawn;
}

const latentOf = async (prompt: string, more: Partial<RecipeInput> = {}): Promise<string> =>
  (await draw({ prompt, ...more })).latents[0]!;

describe('the picture of a recipe', () => {
  it('GEN-02: is the same for the same recipe and another for another seed', async () => {
    expect(await latentOf('fox')).toBe(await latentOf('fox'));
    expect(await latentOf('fox', { seed: 2 })).not.toBe(await latentOf('fox'));
    expect(await latentOf('fox', { rng: 'cpu' })).not.toBe(await latentOf('fox'));
  });

  it('GEN-02: of a batch is the one that its own seed draws alone', async () => {
    const together = await draw({ prompt: 'fox', batchSize: 2, batchCount: 2, seed: 5 });
    expect(new Set(together.latents).size).toBe(4);
    const alone = await draw({ prompt: 'fox', seed: 8 });
    expect(alone.pixels[0]).toBe(together.pixels[3]);
  });

  it('GEN-03: is drawn by the checkpoint that was chosen, and by the first again afterwards', async () => {
    const other = join(folder, 'other.safetensors');
    const embedding = 'cond_stage_model.transformer.text_model.embeddings.token_embedding.weight';
    writeSeededCheckpoint(other, { ...tiny.shapes, [embedding]: [49_408, 128] });
    const runs = [
      await draw({ prompt: 'fox' }),
      await draw({ prompt: 'fox', checkpoint: other }),
      await draw({ prompt: 'fox', checkpoint: starterCheckpoint }),
    ];
    expect(runs.map(({ receipt }) => receipt.checkpoint.name)).toEqual([
      'starter-emoji-128.safetensors',
      'other.safetensors',
      'starter-emoji-128.safetensors',
    ]);
    const [first, second, third] = runs.map(({ latents }) => latents[0]);
    expect(second).not.toBe(first);
    expect(third).toBe(first);
  });

  it('is decoded by the VAE that was chosen', async () => {
    const [inside, tinyOne, byPath] = [
      await draw({ prompt: 'fox', vae: 'none' }),
      await draw({ prompt: 'fox', vae: 'taesd' }),
      await draw({ prompt: 'fox', vae: tinyVae }),
    ];
    expect(tinyOne.latents).toEqual(inside.latents);
    expect(tinyOne.pixels).not.toEqual(inside.pixels);
    expect(byPath.pixels).toEqual(tinyOne.pixels);
    expect(inside.receipt.vae).toMatchObject({ name: 'built-in' });
    expect(tinyOne.receipt.vae).toMatchObject({ name: 'taesd.safetensors', why: 'asked for' });
  });

  it('GEN-06: depends on the CLIP skip, which is clamped to the layers there are, and said', async () => {
    const skips = await Promise.all([1, 2, 4].map(async (clipSkip) => latentOf('fox', { clipSkip })));
    expect(new Set(skips).size).toBe(3);
    const beyond = await draw({ prompt: 'fox', clipSkip: 9 });
    expect(beyond.latents[0]).toBe(skips[2]);
    expect(beyond.notes).toEqual([expect.stringMatching(/^CLIP skip 9 is not possible .* 4 was used\.$/)]);
    expect(beyond.receipt.parameters.clipSkip).toBe(4);
  });

  it('GEN-11: is the same whether sampler and scheduler are named together or apart, in any case', async () => {
    const apart = await draw({ prompt: 'fox', sampler: 'DPM++ 2M', scheduler: 'Karras' });
    const joined = await draw({ prompt: 'fox', sampler: 'dpm++ 2m karras' });
    expect(joined.latents).toEqual(apart.latents);
    expect(joined.receipt.parameters).toMatchObject({ samplerName: 'DPM++ 2M', scheduler: 'Karras' });
    expect(await latentOf('fox', { sampler: 'DPM++ 2M', scheduler: 'Uniform' })).not.toBe(apart.latents[0]);
  });

  it('GEN-12: has the size that its checkpoint names where the recipe names none', async () => {
    const { sizes } = await draw({ prompt: 'fox', width: undefined, height: undefined, steps: 1 });
    expect(sizes).toEqual(['128x128']);
    expect((await draw({ prompt: 'fox', height: 72 })).sizes).toEqual(['64x72']);
  });

  it('GEN-14: takes fractions of CFG, and at 1 the negative prompt means nothing', async () => {
    const scales = await Promise.all([1.5, 1.75, 2].map(async (cfgScale) => latentOf('fox', { cfgScale })));
    expect(new Set(scales).size).toBe(3);
    const negatives = ['', 'red'].map(async (negativePrompt) => latentOf('fox', { negativePrompt, cfgScale: 1 }));
    expect(new Set(await Promise.all(negatives)).size).toBe(1);
  });

  it('GEN-15: takes tags, trigger words and comma lists', async () => {
    const { receipt, notes } = await draw({ prompt: '1fox, solo, red_apple, masterpiece,, best quality' });
    expect(receipt.text.prompt).toEqual({ tokens: 13, chunks: 1 });
    expect(notes).toEqual([]);
  });

  it('PR-05: weighs what stands in brackets', async () => {
    expect(await latentOf('(fox)')).toBe(await latentOf('(fox:1.1)'));
    expect(await latentOf('(fox:1.4), tree')).not.toBe(await latentOf('fox, tree'));
    const options = { emphasis: 'Ignore' };
    expect(await latentOf('(fox:1.4), tree', { options })).toBe(await latentOf('fox, tree', { options }));
  });

  it('PR-06: changes the prompt at the step that it names', async () => {
    // As in A1111, where steps count from 0, the second step still has what is "before step 1".
    const inThree = async (prompt: string): Promise<string> => latentOf(prompt, { steps: 3 });
    expect(await inThree('[(fox:1.3)::5] tree')).toBe(await inThree('(fox:1.3) tree'));
    expect(await inThree('[fox:owl:1]')).not.toBe(await inThree('fox'));
    expect(await inThree('[fox:owl:1]')).not.toBe(await inThree('owl'));
    expect(await inThree('[fox|owl]')).toBe(await inThree('[fox:owl:1]'));
  });

  it('PR-07: takes OR for a word, AND for two prompts', async () => {
    expect(await latentOf('fox OR owl')).toBe(await latentOf('fox or owl'));
    expect(await latentOf('fox AND owl')).not.toBe(await latentOf('fox and owl'));
  });

  it('says which tags nothing handled', async () => {
    const { receipt, notes } = await draw({ prompt: 'fox <lora:nothing:0.5>' });
    expect(receipt.text.ignoredTags).toEqual(['<lora:nothing:0.5>']);
    expect(notes).toEqual([expect.stringContaining('<lora:nothing:0.5>')]);
  });

  it('says that a sampler over time steps takes no scheduler', async () => {
    const { notes, receipt } = await draw({ prompt: 'fox', sampler: 'DDIM', scheduler: 'Karras' });
    expect(notes).toEqual(['DDIM has time steps of its own; the scheduler Karras has no effect.']);
    expect(receipt.parameters.scheduler).toBe('Automatic');
    expect((await draw({ prompt: 'fox', sampler: 'DDIM' })).notes).toEqual([]);
  });

  it('refuses what it does not know before anything is opened', async () => {
    await expect(draw({ prompt: 'fox', sampler: 'Eule' })).rejects.toMatchObject({ code: 'bad-value' });
    await expect(draw({ prompt: 'fox', options: { eta: 1 } })).rejects.toMatchObject({ code: 'bad-value' });
    await expect(draw({ prompt: 'fox', options: { randn_source: 'cpu' } })).rejects.toThrow(
      'the field rng in its place',
    );
    await expect(draw({ prompt: 'fox', batchSize: 64, batchCount: 10_000 })).rejects.toThrow('at most 100000 pictures');
  });
});
