import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { familyOf } from '@danqing/engine/detect-family';
import { families } from '@danqing/engine/families/index';
import { planSafetensors } from '@danqing/engine/weights/safetensors-plan';
import { readLastingIndex } from '@danqing/node/files/open-model';
import { afterAll, describe, expect, it } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { starterCheckpoint } from '../folders.ts';
import { OpenAdapters, type AdapterAsk } from './open-adapters.ts';

const folder = mkdtempSync(join(tmpdir(), 'danqing-open-adapters-'));
const loras = join(folder, 'Lora');
mkdirSync(join(loras, 'styles'), { recursive: true });
afterAll(() => rmSync(folder, { recursive: true }));

const LAYER = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q';
type Tensors = Readonly<Record<string, readonly [shape: readonly number[], values: number | Float32Array]>>;

/** Writes a safetensors file and answers the digest of its data. */
function write(name: string, tensors: Tensors, metadata: Readonly<Record<string, string>> = {}): string {
  const plan = planSafetensors(
    Object.entries(tensors).map(([key, [shape]]) => ({ name: key, dtype: 'F32', shape })),
    new Map(Object.entries(metadata)),
  );
  const data = plan.tensors.map(({ name: key, shape }) => {
    const [, values] = tensors[key]!;
    const count = shape.reduce((a, b) => a * b, 1);
    return new Uint8Array((typeof values === 'number' ? new Float32Array(count).fill(values) : values).buffer);
  });
  const body = Buffer.concat(data);
  writeFileSync(join(loras, name), Buffer.concat([plan.header, body]));
  return createHash('sha256').update(body).digest('hex');
}

const lora = (rank = 2, value = 0.05, within = 64): Tensors => ({
  [`${LAYER}.lora_down.weight`]: [[rank, within], value],
  [`${LAYER}.lora_up.weight`]: [[64, rank], value],
  [`${LAYER}.alpha`]: [[], rank],
});

async function prepare(ask: Partial<AdapterAsk>) {
  const index = await readLastingIndex(starterCheckpoint);
  const full = { prompt: '', stripComments: true, steps: 20, chosen: [], folders: [loras], force: false, ...ask };
  const ready = await new OpenAdapters().prepare(full, index, familyOf(index, families));
  return { ...ready, notes: ready.notes.map(({ en }) => en) };
}

const digest = write('Style.safetensors', lora(), {
  ss_output_name: 'inky',
  'modelspec.trigger_phrase': 'nvinkpunk, ink',
});

describe('names', () => {
  it('LO-01, PR-01, PR-10: a tag finds its file, and is reported with keys, effect and trigger words', async () => {
    const { fits, addOns, loraHashes, notes, adaptation } = await prepare({ prompt: 'NVINKPUNK cat <lora:Style:0.5>' });
    expect(adaptation).toBeDefined();
    expect(addOns).toEqual([
      {
        name: 'Style.safetensors',
        tensorSha256: digest,
        sha256: createHash('sha256')
          .update(readFileSync(join(loras, 'Style.safetensors')))
          .digest('hex'),
        kind: 'lora',
        weight: 0.5,
        matchedKeys: 3,
        totalKeys: 3,
        layout: 'kohya',
        effect: { denoiser: expect.any(Number) },
        triggers: { present: ['nvinkpunk'], missing: ['ink'] },
      },
    ]);
    expect(loraHashes).toEqual([{ name: 'Style', hash: digest.slice(0, 12) }]);
    expect(fits[0]!.triggers).toEqual({ present: ['nvinkpunk'], missing: ['ink'] });
    expect(fits[0]!.effect.denoiser).toBeGreaterThan(0);
    expect(notes.join()).toMatch(
      /Style.safetensors \(lora, rank 2; kohya\): 3 of 3 keys fit; it changes the denoiser by/,
    );
  });

  it('PR-02: another case, an ending, an alias: understood and said', async () => {
    const cased = await prepare({ prompt: '<Lora: style.safetensors :0.5>' });
    expect(cased.notes).toContain('"style" is read as "Style"');
    const alias = await prepare({ prompt: '<lora:inky:1>' });
    expect(alias.notes).toContain('"inky" is what its trainer called "Style"');
  });

  it('an unknown name is said and changes nothing', async () => {
    const { adaptation, notes, ignoredTags } = await prepare({ prompt: '<lora:nobody:1>' });
    expect(adaptation).toBeUndefined();
    expect(notes[0]).toMatch(/No LoRA "nobody" was found in .*; "<lora:nobody:1>" has no effect/);
    expect(ignoredTags).toEqual(['<lora:nobody:1>']);
    await expect(prepare({ chosen: [{ name: 'nobody' }] })).rejects.toThrow(/expected a file "nobody".*found .*Style/);
  });

  it('a link that leads back to where it is names nothing twice', async () => {
    const looped = join(folder, 'looped');
    mkdirSync(looped);
    copyFileSync(join(loras, 'Style.safetensors'), join(looped, 'Style.safetensors'));
    symlinkSync('.', join(looped, 'again'));
    const ask = { folders: [looped], chosen: [{ name: 'nobody' }] };
    await expect(prepare(ask)).rejects.toThrow(`in ${looped}, found Style.`);
    expect((await prepare({ folders: [looped], prompt: '<lora:Style:1>' })).notes.join()).not.toContain(
      'files of this name',
    );
  });

  it('an alias of two files tells neither', async () => {
    write('one.safetensors', lora(), { ss_output_name: 'twin' });
    write('styles/two.safetensors', lora(), { ss_output_name: 'twin' });
    const { adaptation, notes } = await prepare({ prompt: '<lora:twin:1>' });
    expect(adaptation).toBeUndefined();
    expect(notes).toEqual([
      '"twin" is what trainers called one and two: write the name of the file; "<lora:twin:1>" has no effect.',
    ]);
    await expect(prepare({ chosen: [{ name: 'twin' }] })).rejects.toThrow(
      /found one and two, which trainers called so both\. Write the name of the file/,
    );
    expect((await prepare({ prompt: '<lora:two:1>' })).adaptation).toBeDefined();
  });

  it('LO-05: a chosen file without a weight has the one that is noted beside it', async () => {
    write('noted.safetensors', lora());
    writeFileSync(join(loras, 'noted.json'), '{"preferred weight": 0.6, "activation text": "sks"}');
    const { addOns, fits, chosen } = await prepare({ chosen: [{ name: 'noted' }], prompt: 'SKS dog' });
    expect(addOns[0]!.weight).toBe(0.6);
    expect(fits[0]!.triggers.present).toEqual(['sks']);
    expect(chosen).toEqual([{ name: 'noted', hash: expect.any(String), denoiser: 0.6, textEncoder: 0.6 }]);
  });

  it('LO-05: says what the author advises, and what is made for few steps', async () => {
    write('lcm-lora-sdv1-5.safetensors', lora(), { ss_clip_skip: '2', ss_vae_name: 'orangemix.vae.pt' });
    writeFileSync(join(loras, 'lcm-lora-sdv1-5.json'), '{"preferred weight": 0.7}');
    const { notes } = await prepare({ prompt: '<lora:lcm-lora-sdv1-5:1>' });
    expect(notes[0]).toContain(
      'its author advises weight 0.7, CLIP skip 2, VAE orangemix.vae.pt; ' +
        'it is made for few steps (LCM): 4 steps, LCM SGM Uniform, CFG 1.5',
    );
  });

  it('PR-12: the text encoder has a weight of its own, which the receipt keeps', async () => {
    const { addOns } = await prepare({ chosen: [{ name: 'noted', weight: 0.5, textEncoderWeight: 0.2 }] });
    expect(addOns[0]).toMatchObject({ weight: 0.5, textEncoderWeight: 0.2 });
  });

  it('LO-04: several at full weight are advised against', async () => {
    const { notes } = await prepare({ prompt: '<lora:Style:1><lora:noted:1>' });
    expect(notes.at(-1)).toBe('2 add-ons are stacked at more than 0.8 each; 0.5 to 0.8 is usual then.');
  });
});

describe('LO-07: bad add-ons are refused before anything is drawn', () => {
  it('one for SD 2 names its base', async () => {
    copyFileSync(sharedData('lora/cloneofsimo_lora_disney.pt'), join(loras, 'disney.pt'));
    await expect(prepare({ prompt: '<lora:disney:1>' })).rejects.toThrow(
      /disney.pt: expected an add-on for Stable Diffusion 1.x, found one for Stable Diffusion 2.x: 0 of 256 keys fit/,
    );
  });

  it('a whole checkpoint', async () => {
    await expect(prepare({ chosen: [{ name: starterCheckpoint }] })).rejects.toThrow(
      /expected a LoRA or one of its kin, found a whole checkpoint of Stable Diffusion 1.x.*Choose it as the model/,
    );
  });

  it('a file of another kind in the folder', async () => {
    write('style-embedding.safetensors', { emb_params: [[4, 768], 0.1] });
    await expect(prepare({ prompt: '<lora:style-embedding:1>' })).rejects.toThrow(
      /expected a LoRA or one of its kin, found .*mbedding.*`danqing library move`/,
    );
  });

  it.each<[string, Tensors, RegExp]>([
    [
      'no numbers',
      { ...lora(), [`${LAYER}.lora_up.weight`]: [[64, 2], NaN] },
      /to_q.lora_up.weight: expected finite values, found 128/,
    ],
    ['infinite', { ...lora(), [`${LAYER}.lora_up.weight`]: [[64, 2], Infinity] }, /and 128 that are infinite/],
    ['rank 0', lora(0), /expected a rank of at least 1/],
    ['absurd', lora(2, 1e30), /at most 1000 times as large as the weights, found more than a number can hold/],
    ['far too large', lora(2, 1e3), /at most 1000 times as large as the weights, found \d/],
    ['other sizes', lora(2, 0.05, 320), /0 of 3 keys fit/],
  ])('%s', async (name, tensors, message) => {
    write(`${name}.safetensors`, tensors);
    await expect(prepare({ prompt: `<lora:Style:1><lora:${name}:1>` })).rejects.toThrow(message);
    // And the next one is none the worse.
    expect((await prepare({ prompt: '<lora:Style:1>' })).adaptation).toBeDefined();
  });

  it('half of the keys: what fits is applied, the rest is named', async () => {
    const other = 'lora_unet_down_blocks_7_attentions_0_proj_in';
    write('half.safetensors', {
      ...lora(),
      [`${other}.lora_down.weight`]: [[2, 64], 1],
      [`${other}.lora_up.weight`]: [[64, 2], 1],
    });
    const { addOns, notes } = await prepare({ prompt: '<lora:half:1>' });
    expect(addOns[0]).toMatchObject({ matchedKeys: 3, totalKeys: 5 });
    expect(notes.join()).toMatch(
      /3 of 5 keys fit; left out 2, such as .*down_blocks_7.*the checkpoint has no such layer/,
    );
  });
});
