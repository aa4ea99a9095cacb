import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { DanqingError } from '../../errors.ts';
import { UNKNOWN_PARAMETERS } from '../generation-parameters.ts';
import { READERS } from './index.ts';
import type { Reading } from './reader.ts';

const SIZE = { width: 832, height: 1216 };

function read(texts: Record<string, string>, size = SIZE): Reading | undefined {
  for (const reader of READERS) {
    const reading = reader.read(new Map(Object.entries(texts)), size);
    if (reading) return reading;
  }
  return undefined;
}

describe('A1111', () => {
  const line = 'Steps: 20, Sampler: DPM++ 2M, CFG scale: 7, Seed: 1';

  it('reads infotext wherever it stands, and says what program wrote it', () => {
    expect(read({ UserComment: `cat\n${line}, Version: v1.10.1` })).toMatchObject({
      program: 'A1111 v1.10.1',
      parameters: { prompt: 'cat' },
    });
    expect(read({ parameters: `cat\n${line}, Version: danqing-0.1.0` })?.program).toBe('Danqing 0.1.0');
    expect(read({ comment: `cat\n${line}, Version: f2.0.1v1.10.1` })?.program).toBe('Forge f2.0.1v1.10.1');
    expect(read({ parameters: 'just a text' })).toBeUndefined();
  });

  it('finds the parameters in front of the templates of Dynamic Prompts', () => {
    expect(read({ parameters: `cat\n${line}\nTemplate: {cat|dog}\nNegative Template: a` })?.parameters).toMatchObject({
      prompt: 'cat',
      steps: 20,
    });
  });

  it('warns where Automatic has changed its meaning', () => {
    expect(read({ parameters: `cat\n${line}` })?.notes[0]).toContain('choose Uniform for DPM++ 2M');
    expect(read({ parameters: `cat\n${line}, Schedule type: Automatic` })?.notes).toEqual([]);
    expect(read({ parameters: `cat\n${line.replace('DPM++ 2M', 'Euler')}` })?.notes).toEqual([]);
  });

  it('goes before the graph of a ComfyUI picture that has both', () => {
    expect(read({ parameters: `cat\n${line}`, prompt: '{}' })?.program).toBe('A1111');
  });
});

describe('ComfyUI', () => {
  const node = (class_type: string, inputs: object): object => ({ class_type, inputs });

  it('follows reroutes, values in nodes of their own, LoRAs, CLIP skip and ControlNets', () => {
    const prompt = JSON.stringify({
      1: node('CheckpointLoaderSimple', { ckpt_name: 'sub\\model.safetensors' }),
      2: node('LoraLoader', {
        lora_name: 'dir/detail.safetensors',
        strength_model: 0.7,
        strength_clip: 1,
        model: ['1', 0],
        clip: ['1', 1],
      }),
      3: node('CLIPSetLastLayer', { stop_at_clip_layer: -2, clip: ['2', 1] }),
      4: node('CLIPTextEncode', { text: ['12', 0], clip: ['3', 0] }),
      5: node('CLIPTextEncode', { text: 'bad', clip: ['3', 0] }),
      6: node('ControlNetApplyAdvanced', {
        positive: ['4', 0],
        negative: ['5', 0],
        control_net: ['13', 0],
        image: ['14', 0],
      }),
      7: node('EmptyLatentImage', { width: 512, height: ['15', 0], batch_size: 1 }),
      8: node('KSampler', {
        seed: ['16', 0],
        steps: 20,
        cfg: 7,
        sampler_name: 'dpmpp_2m_sde_gpu',
        scheduler: 'karras',
        denoise: 1,
        model: ['17', 0],
        positive: ['6', 0],
        negative: ['6', 1],
        latent_image: ['7', 0],
      }),
      9: node('VAEDecode', { samples: ['8', 0], vae: ['1', 2] }),
      10: node('SaveImage', { images: ['9', 0] }),
      12: node('String Literal', { string: 'a cat' }),
      15: node('Int', { value: 768 }),
      16: node('Seed', { seed: 'SEED' }),
      17: node('Reroute', { '': ['2', 0] }),
    }).replace('"SEED"', '18446744073709551615');
    const reading = read({ prompt: prompt.replace('"denoise":1', '"denoise":1,"is_changed":[NaN]') })!;
    expect(reading.parameters).toEqual({
      ...UNKNOWN_PARAMETERS,
      prompt: 'a cat <lora:detail:0.7>',
      negativePrompt: 'bad',
      steps: 20,
      samplerName: 'DPM++ 2M SDE',
      scheduler: 'Karras',
      cfgScale: 7,
      seed: 18446744073709551615n,
      size: { width: 512, height: 768 },
      model: { name: 'model' },
      clipSkip: 2,
      rng: 'CPU',
    });
    expect(reading.passes).toBeUndefined();
  });

  it('reads the custom sampler with its parts', () => {
    const reading = read({
      prompt: JSON.stringify({
        1: node('UNETLoader', { unet_name: 'flux1-dev.safetensors' }),
        2: node('CLIPTextEncode', { text: 'a cat', clip: ['9', 0] }),
        3: node('FluxGuidance', { guidance: 3.5, conditioning: ['2', 0] }),
        4: node('BasicGuider', { model: ['1', 0], conditioning: ['3', 0] }),
        5: node('RandomNoise', { noise_seed: 42 }),
        6: node('KSamplerSelect', { sampler_name: 'euler' }),
        7: node('BasicScheduler', { scheduler: 'simple', steps: 28, denoise: 1, model: ['1', 0] }),
        8: node('EmptySD3LatentImage', { width: 1024, height: 768, batch_size: 1 }),
        10: node('SamplerCustomAdvanced', {
          noise: ['5', 0],
          guider: ['4', 0],
          sampler: ['6', 0],
          sigmas: ['7', 0],
          latent_image: ['8', 0],
        }),
        11: node('VAEDecode', { samples: ['10', 0], vae: ['12', 0] }),
        12: node('VAELoader', { vae_name: 'ae.safetensors' }),
        13: node('SaveImage', { images: ['11', 0] }),
      }),
    });
    expect(reading?.parameters).toEqual({
      ...UNKNOWN_PARAMETERS,
      prompt: 'a cat',
      steps: 28,
      samplerName: 'Euler',
      scheduler: 'Simple',
      cfgScale: 1,
      seed: 42n,
      size: { width: 1024, height: 768 },
      model: { name: 'flux1-dev' },
      vae: { name: 'ae' },
      rng: 'CPU',
      extra: [['Distilled CFG Scale', '3.5']],
    });
  });

  it('chooses among saved pictures by the size', () => {
    const graph = {
      1: node('EmptyLatentImage', { width: 64, height: 64 }),
      2: node('EmptyLatentImage', { width: 128, height: 64 }),
      3: node('KSampler', {
        seed: 1,
        steps: 5,
        cfg: 1,
        sampler_name: 'euler',
        scheduler: 'normal',
        latent_image: ['1', 0],
      }),
      4: node('KSampler', {
        seed: 2,
        steps: 6,
        cfg: 1,
        sampler_name: 'heun',
        scheduler: 'normal',
        latent_image: ['2', 0],
      }),
      5: node('SaveImage', { images: ['3', 0] }),
      6: node('SaveImage', { images: ['4', 0] }),
    };
    const prompt = JSON.stringify(graph);
    expect(read({ prompt }, { width: 128, height: 64 })?.parameters).toMatchObject({ seed: 2n, samplerName: 'Heun' });
    expect(read({ prompt }, { width: 64, height: 64 })?.parameters).toMatchObject({ seed: 1n, samplerName: 'Euler' });
  });

  it('survives loops, links to nothing and graphs without a sampler', () => {
    const loop = {
      1: node('KSampler', {
        seed: ['1', 0],
        steps: 1,
        cfg: 1,
        latent_image: ['1', 0],
        model: ['1', 0],
        positive: ['1', 0],
        negative: ['9', 0],
      }),
      2: node('Reroute', { a: ['2', 0] }),
      3: node('KSampler', { steps: 2, cfg: 1, positive: ['2', 0] }),
    };
    expect(read({ prompt: JSON.stringify(loop) })?.parameters.steps).toBe(2);
    expect(read({ prompt: JSON.stringify({ 1: node('LoadImage', {}) }) })?.notes[0]).toContain('no sampler');
    expect(() => read({ prompt: '{"a": 1}' })).toThrow('ComfyUI graph: expected nodes');
    expect(() => read({ prompt: '{"a": ' })).toThrow('ComfyUI prompt: expected JSON');
  });
});

describe('Fooocus', () => {
  it('reads its JSON from PNG and EXIF, LoRAs included', () => {
    const data = {
      prompt: 'cat',
      negative_prompt: '',
      steps: 30,
      sampler: 'dpmpp_3m_sde_gpu',
      scheduler: 'karras',
      guidance_scale: 4,
      seed: '5',
      resolution: '(896, 1152)',
      base_model: 'xl.safetensors',
      vae: 'Default (model)',
      loras: [['offset.safetensors', 0.1, 'abc']],
      metadata_scheme: 'fooocus',
      version: 'Fooocus v2.5.0',
    };
    const expected = {
      program: 'Fooocus v2.5.0',
      parameters: {
        prompt: 'cat <lora:offset:0.1>',
        samplerName: 'DPM++ 3M SDE',
        scheduler: 'Karras',
        seed: 5n,
        size: { width: 896, height: 1152 },
        model: { name: 'xl' },
      },
    };
    expect(read({ parameters: JSON.stringify(data), fooocus_scheme: 'fooocus' })).toMatchObject(expected);
    expect(read({ UserComment: JSON.stringify(data), MakerNote: 'fooocus' })).toMatchObject(expected);
    expect(() => read({ parameters: '{"prompt": ', fooocus_scheme: 'fooocus' })).toThrow(
      'Fooocus parameters: expected JSON',
    );
  });
});

describe('InvokeAI', () => {
  it('reads the metadata of version 4 and later', () => {
    const metadata = {
      app_version: '5.4.2',
      positive_prompt: 'a lighthouse',
      negative_prompt: 'people+',
      width: 1024,
      height: 768,
      seed: 9,
      rand_device: 'cpu',
      cfg_scale: 5.5,
      steps: 30,
      scheduler: 'dpmpp_2m_k',
      clip_skip: 1,
      model: { key: 'k', hash: 'blake3:aa', name: 'Juggernaut XL v9', base: 'sdxl', type: 'main' },
      vae: { name: 'fix', hash: 'blake3:cc' },
      loras: [{ model: { name: 'detail-xl' }, weight: 0.75 }],
    };
    const reading = read({ invokeai_metadata: JSON.stringify(metadata) })!;
    expect(reading.program).toBe('InvokeAI 5.4.2');
    expect(reading.parameters).toEqual({
      ...UNKNOWN_PARAMETERS,
      prompt: 'a lighthouse <lora:detail-xl:0.75>',
      negativePrompt: 'people+',
      steps: 30,
      samplerName: 'DPM++ 2M',
      scheduler: 'Karras',
      cfgScale: 5.5,
      seed: 9n,
      size: { width: 1024, height: 768 },
      model: { name: 'Juggernaut XL v9', hash: 'blake3:aa' },
      vae: { name: 'fix', hash: 'blake3:cc' },
      clipSkip: 2,
      rng: 'CPU',
    });
    expect(reading.notes).toHaveLength(1);
    const plain = read({ invokeai_metadata: JSON.stringify({ ...metadata, scheduler: 'dpmpp_2m' }) });
    expect(plain?.parameters.scheduler).toBe('Uniform');
  });

  it('reads command lines with and without quotes', () => {
    expect(
      read({
        Dream: '"a \\"big\\" cat [dog], sun [rain]" -s50 -S 7 -W512 -H 640 -C 7.5 -A k_euler_a --seamless -f 0.4',
      })?.parameters,
    ).toMatchObject({
      prompt: 'a "big" cat, sun',
      negativePrompt: 'dog, rain',
      samplerName: 'Euler a',
      seed: 7n,
      denoisingStrength: 0.4,
      tiling: true,
    });
    expect(read({ dream: 'a cat -s 20' })?.parameters).toMatchObject({ prompt: 'a cat', steps: 20 });
  });

  it('refuses damaged metadata', () => {
    expect(() => read({ 'sd-metadata': '[1]' })).toThrow('InvokeAI sd-metadata: expected a JSON object, found a list');
  });
});

describe('NovelAI', () => {
  const comment = {
    prompt: 'ignored',
    steps: 28,
    sampler: 'k_dpmpp_2m',
    noise_schedule: 'native',
    seed: 4294967295,
    scale: 5,
    width: 832,
    height: 1216,
    uc: 'old',
    v4_prompt: {
      caption: {
        base_caption: '1girl, {smile}',
        char_captions: [{ char_caption: 'red hair', centers: [] }, { char_caption: '' }],
      },
    },
    v4_negative_prompt: { caption: { base_caption: 'bad', char_captions: [] } },
  };

  it('reads version 4 with its characters', () => {
    const reading = read({
      Software: 'NovelAI',
      Source: 'NovelAI Diffusion V4 37442FCA',
      Comment: JSON.stringify(comment),
    })!;
    expect(reading.parameters).toEqual({
      ...UNKNOWN_PARAMETERS,
      prompt: '1girl, {smile}',
      negativePrompt: 'bad',
      steps: 28,
      samplerName: 'DPM++ 2M',
      scheduler: 'Uniform',
      cfgScale: 5,
      seed: 4294967295n,
      size: SIZE,
      model: { name: 'NovelAI Diffusion V4', hash: '37442fca' },
    });
    expect(reading.details).toContainEqual(['Character prompt', 'red hair']);
    expect(reading.notes).toHaveLength(2);
  });

  it('takes the size of the picture where none is recorded, unless it was cut', () => {
    const old = { Software: 'NovelAI', Source: 'Stable Diffusion 1D44365E', Description: 'a', Comment: '{"uc":"b"}' };
    expect(read(old)?.parameters).toMatchObject({ size: SIZE, clipSkip: 2, settings: { eta_noise_seed_delta: 31337 } });
    expect(read(old, { width: 1, height: 1 })?.parameters.size).toBeUndefined();
    expect(read({ ...old, Source: 'Stable Diffusion XL C1E1DE52' })?.parameters).toMatchObject({
      clipSkip: 1,
      settings: {},
    });
    expect(() => read({ ...old, Comment: '{' })).toThrow('NovelAI comment: expected JSON');
  });
});

const KEYWORDS = [
  'parameters',
  'prompt',
  'workflow',
  'Comment',
  'Description',
  'Source',
  'UserComment',
  'Dream',
  'sd-metadata',
  'invokeai_metadata',
  'fooocus_scheme',
  'MakerNote',
];

function refuseOtherErrors(texts: Record<string, string>): void {
  try {
    expect(typeof (read({ Software: 'NovelAI', ...texts })?.parameters.prompt ?? '')).toBe('string');
  } catch (error) {
    if (!(error instanceof DanqingError)) throw error;
  }
}

test('any text under any keyword is read or refused, never worse', () => {
  const keyword = fc.constantFrom(...KEYWORDS);
  const field = fc.constantFrom(
    ...'class_type inputs text model positive negative latent_image steps cfg sampler_name seed images samples nodes links id type prompt image loras resolution v4_prompt caption char_captions base_caption scheduler vae hash weight 1 2 __proto__ constructor toString'.split(
      ' ',
    ),
  );
  const leaf = fc.oneof(
    fc.constantFrom('KSampler', 'SaveImage', 'karras', '1', '<lora:a:1>', '(1, 2)'),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.string(),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, depthSize: 'medium' },
      leaf,
      fc.tuple(fc.constantFrom('1', '2'), fc.nat(1)),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(field, tie('value'), { maxKeys: 6 }),
    ),
  }));
  const object = fc.dictionary(field, value, { maxKeys: 8 }).map((data) => JSON.stringify(data));
  fc.assert(
    fc.property(
      fc.dictionary(keyword, fc.oneof(object, fc.string({ unit: 'binary' })), { maxKeys: 4 }),
      refuseOtherErrors,
    ),
    { numRuns: 1500 },
  );
});

test('hostile texts take no more than a moment', () => {
  const long = 100_000;
  const hostile = [
    '"'.repeat(long),
    '"\\"'.repeat(long / 2),
    '['.repeat(long),
    '{"a":'.repeat(long / 5),
    `{"1":${'['.repeat(long)}${']'.repeat(long)}}`,
    `"a${' '.repeat(long)}x`,
    ` ${' ,'.repeat(long)}x`,
    `"a [${' ,'.repeat(long)}x]" -s ${'-'.repeat(long)}`,
    `{"resolution":"${'1 '.repeat(long)}","lora_combined_1":"${' : '.repeat(long)}","metadata_scheme":""}`,
    `{"prompt":"${'<lora:'.repeat(long / 5)}","loras":[${'["a",1],'.repeat(10_000)}["b",1]],"metadata_scheme":""}`,
    `{${Array.from({ length: 5_000 }, (_, i) => `"${i}":{"class_type":"KSampler","inputs":{"steps":1,"cfg":1,"latent_image":["${i + 1}",0],"positive":["${i + 1}",0],"model":["${i + 1}",0]}}`).join(',')}}`,
  ];
  const files = hostile.flatMap((text) => [
    ...KEYWORDS.map((keyword) => ({ [keyword]: text })),
    { Comment: '{}', Source: text },
  ]);
  for (const texts of files) expect(() => refuseOtherErrors(texts)).not.toThrow();
}, 60_000);
