import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecipeInput } from '@danqing/contract/recipe';
import { describeReceipt } from '@danqing/engine/image/describe-receipt';
import { parseInfotext } from '@danqing/engine/image/infotext';
import { readReceipt, type Receipt } from '@danqing/engine/image/receipt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { writeFloat32 } from '../../../../tests/write-float32.ts';
import { readRecipe } from './read-recipe.ts';
import { WorkerClient } from './worker-client.ts';

// Embeddings and hypernetworks in jobs: small runs of the bundled checkpoint, told apart by the hash of their latent.

let client: WorkerClient;
let folder: string;
const before = process.env['DANQING_HOME'];

const ramp = (count: number, scale: number) =>
  Float32Array.from({ length: count }, (_, i) => (((i * 37) % 101) / 101 - 0.5) * scale);

function writeEmbedding(path: string, count: number, scale = 0.1): void {
  writeFloat32(path, [{ name: 'emb_params', shape: [count, 128], data: ramp(count * 128, scale) }]);
}

function writeHypernetwork(path: string, width: number, scale = 0.2): void {
  const tensors = [0, 1].flatMap((part) =>
    [0, 1].flatMap((layer) => [
      { name: `${width}.${part}.linear.${layer}.weight`, shape: [width, width], data: ramp(width * width, scale) },
      { name: `${width}.${part}.linear.${layer}.bias`, shape: [width], data: ramp(width, scale) },
    ]),
  );
  writeFloat32(path, tensors);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-add-ons-'));
  process.env['DANQING_HOME'] = folder;
  const [embeddings, hypernetworks] = [join(folder, 'embeddings'), join(folder, 'models', 'hypernetworks')];
  for (const path of [embeddings, hypernetworks]) mkdirSync(path, { recursive: true });
  writeEmbedding(join(embeddings, 'NG_DeepNegative_V1_75T.safetensors'), 75);
  writeEmbedding(join(embeddings, 'CharTurner.safetensors'), 2);
  writeEmbedding(join(embeddings, 'badhandv4.safetensors'), 2, -0.3);
  copyFileSync(sharedData('ti/gasai-yuno-1000.pt'), join(embeddings, 'yuno.pt'));
  mkdirSync(join(folder, 'models', 'Lora'));
  const layer = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q';
  writeFloat32(join(folder, 'models', 'Lora', 'bundle.safetensors'), [
    { name: `${layer}.lora_down.weight`, shape: [1, 64], data: ramp(64, 0.1) },
    { name: `${layer}.lora_up.weight`, shape: [64, 1], data: ramp(64, 0.1) },
    { name: 'bundle_emb.zed.string_to_param.*', shape: [2, 128], data: ramp(256, 0.1) },
    { name: 'bundle_emb.CharTurner.emb_params', shape: [1, 128], data: ramp(128, 0.3) },
  ]);
  writeHypernetwork(join(hypernetworks, 'sculpture.safetensors'), 128);
  writeHypernetwork(join(hypernetworks, 'pixel.hn.safetensors'), 64);
  writeHypernetwork(join(hypernetworks, 'forXL.safetensors'), 2048, 0.01);
  writeHypernetwork(join(hypernetworks, 'burnt.safetensors'), 128, 1e20);
  client = new WorkerClient();
});

afterAll(async () => {
  await client.stop();
  if (before === undefined) delete process.env['DANQING_HOME'];
  else process.env['DANQING_HOME'] = before;
  rmSync(folder, { recursive: true });
});

interface Drawn {
  latent: string;
  infotext: string;
  receipt: Receipt;
  notes: string[];
}

async function draw(prompt: string, more: Partial<RecipeInput> = {}): Promise<Drawn> {
  const small = { sampler: 'Euler', steps: 2, cfgScale: 3, width: 64, height: 64, seed: 1, mode: 'small' } as const;
  const drawn: Drawn = { latent: '', infotext: '', receipt: {} as Receipt, notes: [] };
  for await (const event of client.draw(readRecipe({ ...small, prompt, ...more }))) {
    if (event.type === 'note') drawn.notes.push(event.text);
    if (event.type !== 'picture') continue;
    drawn.infotext = event.picture.infotext;
    drawn.receipt = readReceipt(event.picture.receipt) as Receipt;
    drawn.latent = drawn.receipt.latentSha256!;
  }
  return drawn;
}

describe('embeddings', () => {
  it('EM-01, EM-04, EM-05: are found in the folder `embeddings`, in the prompt and the negative prompt, and recorded', async () => {
    const { latent, infotext, receipt, notes } = await draw('(CHARTURNER:1.2) of a fox', {
      negativePrompt: 'ng_deepnegative_v1_75t, bad',
    });
    expect(receipt.addOns).toEqual([
      expect.objectContaining({ name: 'CharTurner.safetensors', kind: 'embedding', vectors: 2, usedIn: ['prompt'] }),
      expect.objectContaining({ name: 'NG_DeepNegative_V1_75T.safetensors', vectors: 75, usedIn: ['negative prompt'] }),
    ]);
    const [turner, negative] = receipt.addOns.map(({ sha256 }) => sha256!.slice(0, 12));
    expect(infotext).toContain(`TI hashes: "CharTurner: ${turner}, NG_DeepNegative_V1_75T: ${negative}"`);
    expect(parseInfotext(infotext).tiHashes).toHaveLength(2);
    expect(describeReceipt(receipt).find(([label]) => label === 'embedding')?.[1]).toMatch(
      /vectors: 2, called in the prompt$/,
    );
    // 75 vectors fill a chunk, so that what follows begins another one.
    expect(receipt.text.negativePrompt.chunks).toBe(2);
    expect(notes).toEqual([]);
    expect(latent).not.toBe(
      (await draw('charturner of a fox', { negativePrompt: 'ng_deepnegative_v1_75t, bad' })).latent,
    );
  });

  it('EM-01: two with as many vectors in the same place are two', async () => {
    expect((await draw('charturner of a fox')).latent).not.toBe((await draw('badhandv4 of a fox')).latent);
  });

  it('EM-02, EM-03: one for another base changes nothing, and its name says so', async () => {
    const { receipt, notes, infotext } = await draw('yuno in the rain');
    expect(notes).toEqual([
      expect.stringMatching(/^"yuno" is no more than its words here: its vectors are 768 wide, for .*takes 128\.$/),
    ]);
    expect(receipt.addOns).toEqual([]);
    expect(infotext).not.toContain('TI hashes');
    expect((await draw('a fox')).notes).toEqual([]);
  });
});

describe('embeddings in a LoRA', () => {
  it('EM-01: are called while the LoRA is, and a file of the same name goes before', async () => {
    const called = await draw('ZED of a fox <lora:bundle:0>');
    const own = await draw('charturner of a fox');
    expect(called.latent).toBe(own.latent);
    expect(called.receipt.addOns.map(({ name, kind }) => [name, kind])).toEqual([
      ['bundle.safetensors', 'lora'],
      ['bundle.safetensors', 'embedding'],
    ]);
    // Their file is the LoRA's, which has a hash of its own.
    expect(called.infotext).not.toContain('TI hashes');
    const both = await draw('charturner of a fox <lora:bundle:0>');
    expect(both.latent).toBe(own.latent);
    expect(both.notes.join()).toContain(
      '"CharTurner" is the file of this name, not what bundle.safetensors brings along.',
    );
    expect((await draw('zed of a fox')).latent).not.toBe(own.latent);
  });
});

describe('hypernetworks', () => {
  it('HN-01, HN-03: a tag finds its file, with a strength, and is reported', async () => {
    const without = await draw('fox');
    const { latent, receipt, notes, infotext } = await draw('fox <hypernet:sculpture:0.8>');
    expect(latent).not.toBe(without.latent);
    expect(receipt.addOns).toEqual([
      expect.objectContaining({
        name: 'sculpture.safetensors',
        kind: 'hypernetwork',
        weight: 0.8,
        matchedKeys: 8,
        totalKeys: 8,
      }),
    ]);
    expect(receipt.addOns[0]!.sha256).toMatch(/^[\da-f]{64}$/);
    expect(receipt.text.ignoredTags).toEqual([]);
    expect(notes).toEqual([
      expect.stringMatching(
        /^sculpture.safetensors \(hypernetwork; linear\): 8 of 8 keys fit, for widths 128; it changes what attention looks at by \d/,
      ),
    ]);
    expect(infotext.split('\n')[0]).toBe('fox <hypernet:sculpture:0.8>');
    expect((await draw('fox <hypernet:sculpture:0.4>')).latent).not.toBe(latent);
    expect((await draw('fox <hypernet:sculpture:0>')).latent).toBe(without.latent);
    expect((await draw('fox')).latent).toBe(without.latent);
  });

  it('HN-03: chosen beside the prompt it is the same, and stands in the prompt that is recorded, as in A1111', async () => {
    const tagged = await draw('fox<hypernet:sculpture:0.8><hypernet:pixel.hn:0.5>');
    const chosen = await draw('fox', {
      hypernetworks: [
        { name: 'sculpture', strength: 0.8 },
        { name: 'pixel', strength: 0.5 },
      ],
    });
    expect(chosen.latent).toBe(tagged.latent);
    expect(chosen.infotext.split('\n')[0]).toBe('fox<hypernet:sculpture:0.8><hypernet:pixel.hn:0.5>');
    const old = parseInfotext('fox\nSteps: 2, Sampler: Euler, Seed: 1, Hypernet: sculpture, Hypernet strength: 0.8');
    expect(old.prompt).toBe('fox<hypernet:sculpture:0.8>');
  });

  it('one that is not there is said, or refused where it was chosen', async () => {
    const { notes, receipt } = await draw('fox <hypernet:nobody:1>');
    expect(notes).toEqual([
      expect.stringMatching(/^No hypernetwork "nobody" was found in .*"<hypernet:nobody:1>" has no effect\.$/),
    ]);
    expect(receipt.text.ignoredTags).toEqual(['<hypernet:nobody:1>']);
    await expect(draw('fox', { hypernetworks: [{ name: 'nobody' }] })).rejects.toThrow(/found .*sculpture/);
  });

  it('bad ones are refused before anything is drawn', async () => {
    await expect(draw('fox <hypernet:forXL:1>')).rejects.toThrow(
      /expected a hypernetwork for Stable Diffusion 1.x, .*found one for Stable Diffusion XL.*: networks for 2048/,
    );
    await expect(draw('fox <hypernet:burnt:1>')).rejects.toThrow(/at most 1000 times as large/);
    await expect(draw('fox <hypernet:sculpture:much>')).rejects.toThrow(/a number as strength, found "much"/);
    const wrong = { hypernetworks: [{ name: sharedData('ti/gasai-yuno-200.pt') }] };
    await expect(draw('fox', wrong)).rejects.toThrow(
      /expected a hypernetwork, found embedding for Stable Diffusion 1.x/,
    );
    expect((await draw('fox')).notes).toEqual([]);
  });
});
