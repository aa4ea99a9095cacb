import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { families } from '@danqing/engine/families/index';
import type { Identification } from '@danqing/engine/identify/identification';
import { identify } from '@danqing/engine/identify/identify';
import { kinds } from '@danqing/engine/identify/kinds/index';
import { memorySource } from '@danqing/engine/weights/memory-source';
import { openIndex } from '@danqing/engine/weights/open-index';
import type { TensorIndex } from '@danqing/engine/weights/tensor-index';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addOnShapes } from './examples/add-ons.ts';
import { checkpointShapes, emaOf, folderShapes, recordedLists } from './examples/checkpoints.ts';
import { below, indexOfShapes, type Shapes, without } from './examples/example.ts';
import { unfold } from './examples/folded-list.ts';
import { klShapes, unetShapes } from './examples/networks.ts';
import { sharedData } from './shared-data.ts';

const say = (index: TensorIndex, fileName = index.file, sizeBytes = 2e9): Identification =>
  identify(index, { fileName, sizeBytes });
const of = (shapes: Shapes, fileName = 'model.safetensors', metadata: Record<string, string> = {}): Identification =>
  say(indexOfShapes(fileName, shapes, { metadata }));
const english = (words: readonly { readonly en: string }[]): string => words.map(({ en }) => en).join(' ');

/** Every real file of the shared data, and what it is. */
const real: readonly (readonly [file: string, kind: string, by: string, families: readonly string[]])[] = [
  // Its text vectors are 1024 wide, whatever its folder's list says of it.
  ['lora/cloneofsimo_lora_disney.pt', 'lora', 'cloneofsimo-list', ['sd2']],
  ['lora/cloneofsimo_lora_disney.safetensors', 'lora', 'cloneofsimo', ['sd1']],
  ['lora/cloneofsimo_analog_svd_rank4.safetensors', 'lora', 'cloneofsimo', ['sd1']],
  ['lora/catundchat_pytorch_lora_weights.bin', 'lora', 'attn-procs', ['sd1']],
  ['lora/catundchat_pytorch_lora_weights.safetensors', 'lora', 'attn-procs', ['sd1']],
  ['ti/gasai-yuno-200.pt', 'embedding', 'a1111-embedding', ['sd1']],
  ['ti/gasai-yuno-1000.pt', 'embedding', 'a1111-embedding', ['sd1']],
  ['ti/gasai-yuno-200.png', 'embedding', 'a1111-embedding', ['sd1']],
  ['ti/fastai_learned_embeds.bin', 'embedding', 'diffusers-embedding', ['sd1']],
  ['taesd/taesd.safetensors', 'taesd', 'taesd', ['sd1', 'sd2']],
  ['taesd/taesdxl.safetensors', 'taesd', 'taesd', ['sdxl', 'sdxl-refiner']],
  ['taesd/taesd3.safetensors', 'taesd', 'taesd', ['sd3']],
  ['taesd/taef1.safetensors', 'taesd', 'taesd', ['flux1']],
  ['upscalers/realesr-animevideov3-x4.safetensors', 'upscaler', 'srvgg', []],
  ['upscalers/RealESRGAN_General_x4_v3.safetensors', 'upscaler', 'srvgg', []],
  ['annotators/mlsd_tiny_512_fp32.pth', 'annotator', 'mlsd', []],
  ['checkpoint/starter-emoji-128.safetensors', 'checkpoint', 'sd1', ['sd1']],
];

const openShared = (file: string): Promise<TensorIndex> =>
  openIndex(memorySource(basename(file), readFileSync(sharedData(file))));

describe('LIB-09: a real file is told what it is and where it belongs', () => {
  it.each(real)('%s', async (file, kind, by, fitting) => {
    const said = say(await openShared(file), basename(file), statSync(sharedData(file)).size);
    expect([said.kind, said.recognisedBy, said.families.map(({ id }) => id).sort()]).toEqual([kind, by, fitting]);
    expect([said.verdict, said.damage]).toEqual(['known', []]);
    expect(said.folder).toBe(Object.values(kinds).find(({ id }) => id === kind)!.folder);
    expect(said.reasons.length).toBeGreaterThan(0);
  });

  it('and no file of those folders is left out', () => {
    const there = ['lora', 'ti', 'taesd', 'upscalers', 'annotators', 'checkpoint'].flatMap((folder) =>
      readdirSync(sharedData(folder)).map((name) => join(folder, name)),
    );
    const models = there.filter((file) => !/README|samples\.png/.test(file));
    expect(models.sort()).toEqual(real.map(([file]) => file).sort());
  });
});

describe('a broken file is recognised, and said to be broken', () => {
  const whole = checkpointShapes('sd1');
  const broken: readonly (readonly [name: string, shapes: Shapes, damage: RegExp])[] = [
    [
      'a tensor of the UNet is missing',
      without(/input_blocks\.4\.1\.transformer_blocks\.0\.attn2\.to_v/, whole),
      /UNet lacks 1 of 686 tensors: model\.diffusion_model\.input_blocks\.4\.1\.transformer_blocks\.0\.attn2\.to_v\.weight/,
    ],
    ['a block of the UNet is missing', without(/input_blocks\.4\./, whole), /UNet .*follow after a gap|UNet lacks/],
    ['the first convolution is missing', without(/input_blocks\.0\./, whole), /UNet lacks its first layer/],
    ['the last blocks are missing', without(/output_blocks\.(?:9|10|11)\./, whole), /UNet lacks \d+ of/],
    [
      'a tensor has the wrong shape',
      { ...whole, 'model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_v.weight': [1280, 640] },
      /UNet has the wrong shape: .*attn2\.to_v\.weight is \[1280, 640\], expected \[1280, 768\]/,
    ],
    ['half the VAE’s decoder is missing', without(/first_stage_model\.decoder\.up\.[01]\./, whole), /VAE/],
    ['a layer of the text encoder is missing', without(/encoder\.layers\.5\./, whole), /text encoder/],
    [
      'the EMA weights are half',
      { ...whole, ...without(/output_?blocks/, emaOf(unetShapes('sd1'))) },
      /EMA weights are not whole: \d+ tensors, where the denoiser has 686/,
    ],
    [
      'a block of Flux.1 is missing',
      without(/double_blocks\.7\./, unfold(recordedLists['flux1 dev']!)),
      /lacks 1 tensors: double_blocks\.7\./,
    ],
    [
      'a layer of a block of SD 3 is missing',
      without(/joint_blocks\.3\.x_block\.mlp\.fc1\.weight/, unfold(recordedLists['sd3']!)),
      /lacks 1 tensors: joint_blocks\.3\.x_block\.mlp\.fc1\.weight/,
    ],
    ['a VAE alone is half', without(/decoder\.mid\./, klShapes('4 channels')), /VAE lacks \d+ of 248/],
    [
      'a LoRA has a down without its up',
      without(/attn2_to_k\.lora_up/, addOnShapes('sd1', 'kohya', 'lora')),
      /16 of 264 modules are not whole: lora_unet_.*attn2_to_k: no lora_up/,
    ],
    [
      'the factors of a LoRA do not fit',
      {
        ...addOnShapes('sd1', 'kohya', 'lora'),
        'lora_unet_mid_block_attentions_0_proj_in.lora_up.weight': [1280, 4, 1, 1],
      },
      /1 of 264 modules are not whole: .*proj_in: lora_down has rank 8, lora_up 4/,
    ],
    ['a LoHa lacks a factor', without(/hada_w2_b/, addOnShapes('sd1', 'peft', 'loha')), /no hada_w2_b/],
  ];
  it.each(broken)('%s', (_, shapes, damage) => {
    const said = of(shapes);
    expect(said.verdict).toBe('broken');
    expect(said.kind).not.toBe('unknown');
    expect(english(said.damage)).toMatch(damage);
    expect(said.damage.every(({ zh }) => zh.length > 0)).toBe(true);
  });

  it('and what only looks odd is not', () => {
    const quantised = { ...whole, 'model.diffusion_model.middle_block.1.proj_in.weight': [819_200, 1] };
    const said = of({ ...quantised, 'model.diffusion_model.middle_block.1.proj_in.weight.absmax': [25_600] });
    expect(said.verdict).toBe('known');
    const fuser = 'model.diffusion_model.input_blocks.1.1.transformer_blocks.0.fuser.alpha_attn';
    expect(of({ ...whole, [fuser]: [] }).verdict).toBe('known');
    expect(of({ ...whole, 'model.diffusion_model.v_pred': [] }).verdict).toBe('known');
  });
});

describe('an unknown file', () => {
  it('is told what it is closest to, with what speaks for that and what does not', () => {
    const said = of({ 'double_blocks.0.img_attn.qkv.weight': [9216, 3072], 'something.else': [1] });
    expect([said.verdict, said.kind, said.recognisedBy]).toEqual(['unknown', 'unknown', undefined]);
    expect(said.title.en).toBe('unknown, closest to Flux.1');
    expect(english(said.reasons)).toMatch(/blocks for text and picture.* not found: blocks for both together/);
  });
  it('may be like nothing', () => {
    expect(of({ 'a.b': [1] }).title.en).toBe('unknown, like nothing that is known');
    expect(of({}).title.en).toBe('a file without tensors');
  });
});

describe('what is inside a checkpoint', () => {
  const sd1 = checkpointShapes('sd1');
  it('LIB-11: full, EMA-only, non-EMA and pruned, with the real contents where the name says otherwise', () => {
    const full = { ...sd1, ...emaOf(unetShapes('sd1')) };
    const sets = [
      [full, 'v1-5-pruned.ckpt', 'full', 'pruned'],
      [full, 'animefull-final.ckpt', 'full', 'full'],
      [sd1, 'v1-5-pruned-emaonly.safetensors', 'one', 'ema-only'],
      [sd1, 'model-nonema.safetensors', 'one', 'non-ema'],
      [sd1, 'animefull-final-pruned.ckpt', 'one', 'full'],
      [sd1, 'some-pruned.safetensors', 'one', 'pruned'],
      [sd1, 'anything.safetensors', 'one', undefined],
    ] as const;
    for (const [shapes, fileName, id, named] of sets) {
      expect(of(shapes, fileName).weightSet, fileName).toMatchObject({ id, named });
    }
    expect(of(sd1, 'model-full-ema.safetensors').weightSet!.title.en).toBe(
      'one set of weights, although its name says full',
    );
    const parts = of(full).parts.map(({ id, tensors }) => [id, tensors]);
    expect(parts).toContainEqual(['ema', 688]);
  });

  it('LIB-12: what a variant is good for', () => {
    const use = (shapes: Shapes, fileName = 'a.safetensors') => english(of(shapes, fileName).goodFor);
    expect(use({ ...sd1, ...emaOf(unetShapes('sd1')) })).toMatch(/fine-tuning, for which both sets are wanted/);
    expect(use(sd1)).toMatch(/drawing, and training LoRAs on/);
    expect(use(sd1, 'x-nonema.safetensors')).toMatch(/fine-tuning from the trained weights/);
    expect(use(checkpointShapes('sd1 inpainting'))).toMatch(/fills masked parts/);
  });

  it('LIB-13: half or full precision, for the whole and for each part', () => {
    const half = say(indexOfShapes('a.safetensors', sd1, { dtype: 'F16' }));
    expect(half.precision).toMatchObject({ dtype: 'F16' });
    expect(half.precision!.title.en).toMatch(/half precision.*half the size of full/);
    const whole = say(indexOfShapes('a.safetensors', sd1, { dtype: 'F32' }));
    expect(whole.precision!.title.en).toMatch(/full precision/);
    const mixed = indexOfShapes('a.safetensors', sd1, { dtype: 'F16' });
    const tensors = new Map(
      [...mixed.tensors].map(([name, entry]) => [
        name,
        name.startsWith('first_stage') ? { ...entry, dtype: 'F32' as const, length: entry.length * 2 } : entry,
      ]),
    );
    const parts = Object.fromEntries(say({ ...mixed, tensors }).parts.map(({ id, types }) => [id, types[0]!.dtype]));
    expect(parts).toMatchObject({ denoiser: 'F16', 'clip-l': 'F16', vae: 'F32' });
  });

  it('LIB-14: whether a checkpoint has its own VAE', () => {
    expect(of(sd1).bakedVae).toBe(true);
    const bare = of(without(/^first_stage/, sd1));
    expect([bare.bakedVae, bare.missing.map(({ id }) => id)]).toEqual([false, ['vae']]);
    expect(of(unetShapes('sd1')).bakedVae).toBeUndefined();
  });

  it('names the parts that have to come from other files', () => {
    expect(english(of(without(/^cond_stage/, sd1)).warnings)).toMatch(
      /^Not inside: .*CLIP.*\. Choose a file for each\.$/,
    );
    expect(of(without(/^first_stage/, sd1)).warnings).toEqual([]);
  });

  it('LIB-15: the base model and its native size', () => {
    const sizeOf = (shapes: Shapes) => of(shapes).families.map(({ title, nativeSize }) => [title, nativeSize]);
    expect(sizeOf(sd1)).toEqual([['Stable Diffusion 1.x', 512]]);
    expect(sizeOf(checkpointShapes('sd2'))).toEqual([['Stable Diffusion 2.x', 768]]);
    expect(sizeOf(checkpointShapes('sdxl'))).toEqual([['Stable Diffusion XL', 1024]]);
    expect(sizeOf(unfold(recordedLists['flux1 dev']!))).toEqual([['Flux.1', 1024]]);
    expect(sizeOf(addOnShapes('sdxl', 'peft', 'lora'))).toEqual([['Stable Diffusion XL', 1024]]);
    expect(of(sd1).notedSize).toBeUndefined();
    expect(of(sd1, 'a.safetensors', { 'modelspec.resolution': '640x768' }).notedSize).toEqual({
      width: 640,
      height: 768,
    });
    expect(of(sd1, 'a.safetensors', { 'modelspec.resolution': 'large' }).notedSize).toBeUndefined();
  });

  it('GEN-13: eps or v, by tensors and notes first, by the name as a guess, and unknown where nothing tells', () => {
    const sd2 = checkpointShapes('sd2');
    const told = (shapes: Shapes, fileName: string, metadata: Record<string, string> = {}) => {
      const { prediction } = of(shapes, fileName, metadata);
      return [prediction!.type, prediction!.sure];
    };
    expect(told(sd2, 'model.safetensors')).toEqual(['unknown', false]);
    expect(told(sd2, 'v2-1_768-ema-pruned.safetensors')).toEqual(['v', false]);
    expect(told(sd2, '512-base-ema.ckpt')).toEqual(['eps', false]);
    expect(told(sd2, 'a.safetensors', { 'modelspec.architecture': 'stable-diffusion-v2-768-v' })).toEqual(['v', true]);
    expect(told(sd2, 'a.safetensors', { 'modelspec.prediction_type': 'epsilon' })).toEqual(['eps', true]);
    expect(told(checkpointShapes('sd2 depth'), 'a.safetensors')).toEqual(['eps', true]);
    expect(told(sd1, 'a.safetensors')).toEqual(['eps', true]);
    const sdxl = checkpointShapes('sdxl');
    expect(told(sdxl, 'noobaiXL.safetensors')).toEqual(['eps', true]);
    expect(told({ ...sdxl, v_pred: [], ztsnr: [] }, 'a.safetensors')).toEqual(['v', true]);
    expect(told(sdxl, 'NoobAI-XL-Vpred-v1.0.safetensors')).toEqual(['v', false]);
    expect(told(unfold(recordedLists['sd3']!), 'a.safetensors')).toEqual(['flow', true]);
  });
});

describe('LIB-10: the size of a file beside what is usual for its kind', () => {
  /** As the founding documents print them. */
  const printed: readonly (readonly [kind: string, least: number, most: number])[] = [
    ['checkpoint', 2e9, 7e9],
    ['checkpoint', 1e9, 2e9],
    ['vae', 300e6, 800e6],
    ['embedding', 10e3, 100e3],
    ['hypernetwork', 5e6, 300e6],
    ['lora', 10e6, 200e6],
    ['lycoris', 3e6, 300e6],
    ['controlnet', 300e6, 1.5e9],
  ];
  it.each(printed)('%s of %d to %d bytes is usual', (kind, least, most) => {
    const band = Object.values(kinds).find(({ id }) => id === kind)!.usualBytes!;
    expect(band[0]).toBeLessThanOrEqual(least);
    expect(band[1]).toBeGreaterThanOrEqual(most);
  });
  it('smaller and larger ones are named so', () => {
    const lora = indexOfShapes('a.safetensors', addOnShapes('sd1', 'kohya', 'lora'));
    expect(say(lora, 'a.safetensors', 144 * 2 ** 20).size.verdict).toBe('usual');
    expect(say(lora, 'a.safetensors', 5e9).size.verdict).toBe('large');
    expect(say(lora, 'a.safetensors', 5e3).size.verdict).toBe('small');
    expect(say(indexOfShapes('a.safetensors', { 'a.b': [1] })).size.verdict).toBeUndefined();
  });
});

describe('where notes and shapes disagree, the shapes count and both are shown', () => {
  const sdxl = addOnShapes('sdxl', 'kohya', 'lora');
  it.each([
    ['ss_base_model_version', 'sd_v1', 'ss_base_model_version: sd_v1'],
    ['modelspec.architecture', 'stable-diffusion-v1/lora', 'modelspec.architecture: stable-diffusion-v1/lora'],
  ])('%s', (note, value, said) => {
    const found = of(sdxl, 'a.safetensors', { [note]: value });
    expect(found.families.map(({ id }) => id)).toEqual(['sdxl']);
    expect(found.conflicts).toEqual([{ about: { en: 'base model', zh: '底模' }, said, shown: 'Stable Diffusion XL' }]);
  });
  it('notes that agree, that nobody knows, or that are none are no conflict', () => {
    for (const value of ['sdxl_base_v1-0', 'stable-diffusion-xl-v1-base/lora', 'my own', '']) {
      expect(of(sdxl, 'a.safetensors', { ss_base_model_version: value }).conflicts, value).toEqual([]);
    }
    expect(
      of(sdxl, 'a.safetensors', { 'modelspec.architecture': 'stable-diffusion-xl-v1-base/lora' }).conflicts,
    ).toEqual([]);
  });
  it('a rank that is not there', () => {
    const found = of(sdxl, 'a.safetensors', { ss_network_dim: '128', ss_network_alpha: '64' });
    expect(found.conflicts).toMatchObject([{ said: 'ss_network_dim: 128', shown: '8' }]);
    expect(found.addOn!.alpha).toEqual({
      modules: found.addOn!.targets.reduce((n, { modules }) => n + modules, 0),
      noted: '64',
    });
  });
});

describe('facts of a LoRA', () => {
  it('LIB-15, LIB-01: counts modules by network, ranks, magnitudes, convolutions and embeddings', () => {
    const { addOn } = of(addOnShapes('sd1', 'kohya', 'lora'));
    expect(addOn!.targets.map(({ id, modules }) => [id, modules])).toEqual([
      ['denoiser', 192],
      ['text-encoder-1', 72],
    ]);
    expect(addOn!.ranks).toEqual([{ rank: 8, modules: 264 }]);
    expect(of(addOnShapes('sdxl', 'kohya', 'lora')).addOn!.targets.map(({ modules }) => modules)).toEqual([
      722, 192, 72,
    ]);
    expect(of(addOnShapes('sd1', 'kohya', 'dora')).addOn!.dora).toBe(264);
    expect(of(addOnShapes('sd1', 'kohya', 'lora tucker')).addOn!.convolutions).toBe(44);
    const bundle = { ...addOnShapes('sd1', 'kohya', 'lora'), 'bundle_emb.my.word.string_to_param.*': [2, 768] };
    expect(of(bundle).addOn!.embeddings).toEqual(['my.word']);
  });
  it('says when keys belong to nothing, and when the base cannot be known', () => {
    const odd = of({ ...addOnShapes('sd1', 'kohya', 'lora'), 'what.is.this': [1] });
    expect(english(odd.warnings)).toBe('1 keys belong to no module: what.is.this.');
    const norms = of({
      'lora_unet_down_blocks_0_resnets_0_norm1.w_norm': [320],
      'lora_unet_down_blocks_0_resnets_0_norm1.b_norm': [320],
    });
    expect([norms.kind, norms.families]).toEqual(['lycoris', []]);
    expect(english(norms.warnings)).toMatch(/Neither shapes nor names tell/);
  });
  it('a checkpoint that is called a LoRA is a checkpoint', () => {
    expect(of(checkpointShapes('sd1'), 'my_lora_v2.safetensors').kind).toBe('checkpoint');
  });
});

describe('every family', () => {
  it('is claimed by no other family’s notes', () => {
    const claims = Object.values(families).flatMap(({ claims: own }) => own);
    expect(new Set(claims).size).toBe(claims.length);
    expect(claims.every((claim) => claim === claim.toLowerCase())).toBe(true);
  });
  it('is known in a folder too, with the prediction that its scheduler tells', () => {
    const said = of(folderShapes('sdxl'), 'stable-diffusion-xl-base-1.0');
    expect([said.kind, said.missing, said.bakedVae]).toEqual(['checkpoint', [], true]);
    expect(said.parts.map(({ id }) => id).sort()).toEqual(['denoiser', 'text-encoder', 'text-encoder-2', 'vae']);
  });
});

describe('identification', () => {
  const names = fc.oneof(
    fc.string(),
    fc.constantFrom(...Object.keys(checkpointShapes('sd1')), ...Object.keys(addOnShapes('sdxl', 'kohya', 'lokr'))),
    fc
      .tuple(
        fc.constantFrom('lora_unet_', 'unet.', 'encoder.', 'model.', '0.', '', 'bundle_emb.'),
        fc.string(),
        fc.constantFrom('.weight', '.alpha', '.lora_A.weight', ':up', '.diff', ''),
      )
      .map((parts) => parts.join('')),
  );
  const shape = fc.array(fc.oneof(fc.nat(10), fc.constantFrom(320, 768, 2048, 2 ** 31)), { maxLength: 5 });

  it('never throws, whatever the header says', () => {
    fc.assert(
      fc.property(
        fc.dictionary(names, shape, { maxKeys: 40 }),
        fc.dictionary(
          fc.constantFrom('modelspec.architecture', 'ss_network_dim', 'ss_base_model_version', 'x'),
          fc.string(),
        ),
        fc.string(),
        (shapes, metadata, fileName) => {
          const said = say(indexOfShapes('x', shapes, { metadata }), fileName);
          expect(['known', 'broken', 'unknown']).toContain(said.verdict);
          expect(said.verdict === 'broken').toBe(said.damage.length > 0);
          JSON.stringify(said);
        },
      ),
      { numRuns: 2000, seed: 4 },
    );
  });

  it('of a real file with some of its tensors taken away never throws either', () => {
    const wholes = [
      checkpointShapes('sd1'),
      folderShapes('sd1'),
      klShapes('4 channels'),
      below('x.', unetShapes('sd1')),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...wholes), fc.infiniteStream(fc.boolean()), (shapes, keeps) => {
        const kept = Object.entries(shapes).filter(() => keeps.next().value);
        const said = of(Object.fromEntries(kept));
        expect(said.verdict).not.toBe('known');
      }),
      { numRuns: 40, seed: 5 },
    );
  });
});
