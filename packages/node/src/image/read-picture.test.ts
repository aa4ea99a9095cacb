import { readdirSync, readFileSync } from 'node:fs';
import { DanqingError } from '@danqing/engine/errors';
import { UNKNOWN_PARAMETERS } from '@danqing/engine/image/generation-parameters';
import type { GenerationParameters } from '@danqing/engine/image/generation-parameters';
import { readPicture } from '@danqing/engine/image/picture';
import type { Picture } from '@danqing/engine/image/picture';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { pictureHands } from './picture-hands.ts';

// Expected values were read out of the chunks by eye, and compared with those of d3x-at/sd-parsers (MIT).

const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(sharedData(`images/${name}`)));
const read = (name: string): Promise<Picture> => readPicture(bytesOf(name), pictureHands);

const DUCK: GenerationParameters = {
  ...UNKNOWN_PARAMETERS,
  prompt: 'photo of a duck',
  negativePrompt: 'monochrome',
  steps: 15,
  samplerName: 'UniPC',
  cfgScale: 5,
  seed: 235284042n,
  size: { width: 512, height: 400 },
  model: { hash: 'c0d1994c73', name: 'realistic_realisticVisionV20_v20' },
};
const HANDS =
  '(hands), text, error, cropped, (worst quality:1.2), (low quality:1.2), normal quality, (jpeg artifacts:1.3), signature, ' +
  'watermark, username, blurry, artist name, monochrome, sketch, censorship, censor, (copyright:1.2), extra legs, ' +
  '(forehead mark) (depth of field) (emotionless) (penis) (pumpkin)';
const WOMAN =
  'professional full body photo of young woman, hyper long brunette hair, elegant hair, wearing a bikini top and asymmetric ' +
  'short skirt, curvy body, long legs, (imperfect skin), detailed skin, intense freckles, super long eye lashes, at night, ' +
  'outside, city background, 8k ultra detailed, realistic, high quality, film grain, low contrast';
const NOVELAI_NEGATIVE =
  'lowres, bad anatomy, bad hands, text, error, missing fingers, extra digit, fewer digits, cropped, worst quality, ' +
  'low quality, normal quality, jpeg artifacts, signature, watermark, username, blurry';

interface Expected {
  readonly program: string;
  readonly parameters: GenerationParameters;
  /** Seeds of all passes. */
  readonly passes?: readonly bigint[];
  readonly notes: number;
}

const EXPECTED: Readonly<Record<string, Expected>> = {
  'parsers_AUTOMATIC1111_automatic1111_cropped.png': { program: 'A1111', parameters: DUCK, notes: 0 },
  'parsers_AUTOMATIC1111_automatic1111_cropped.jpg': { program: 'A1111', parameters: DUCK, notes: 0 },
  'bad_images_text_after_idat.png': { program: 'A1111', parameters: DUCK, notes: 0 },
  'parsers_AUTOMATIC1111_automatic1111_stealth.png': {
    program: 'A1111 v1.9.4-169-ga30b19dd',
    parameters: {
      ...UNKNOWN_PARAMETERS,
      prompt: 'a circle',
      negativePrompt: 'a square',
      steps: 20,
      samplerName: 'Euler',
      cfgScale: 7,
      seed: 2015833630n,
      size: { width: 64, height: 64 },
      model: { hash: '15012c538f', name: 'realisticVisionV51_v51VAE' },
      clipSkip: 2,
      version: 'v1.9.4-169-ga30b19dd',
    },
    notes: 0,
  },
  'parsers_ComfyUI_img2img_cropped.png': {
    program: 'ComfyUI',
    parameters: {
      ...UNKNOWN_PARAMETERS,
      prompt: 'photograph of victorian woman with wings, sky clouds, meadow grass',
      negativePrompt: 'watermark, text',
      steps: 20,
      samplerName: 'DPM++ 2M',
      scheduler: 'Normal',
      cfgScale: 8,
      seed: 280823642470253n,
      model: { name: 'v1-5-pruned-emaonly' },
      denoisingStrength: 0.8700000000000001,
      rng: 'CPU',
    },
    notes: 0,
  },
  'parsers_ComfyUI_night_evening_day_morning_cropped.png': {
    program: 'ComfyUI',
    parameters: {
      ...UNKNOWN_PARAMETERS,
      prompt: [
        '(best quality) (night:1.3) (darkness) sky (black) (stars:1.2) (galaxy:1.2) (space) (universe)',
        'AND (best quality) (evening:1.2) (sky:1.2) (clouds) (colorful) (HDR:1.2) (sunset:1.3)',
        'AND (best quality) (daytime:1.2) sky (blue)',
        'AND (masterpiece) (best quality) morning sky',
        'AND (masterpiece) (best quality) beautiful landscape breathtaking amazing view nature photograph forest mountains ' +
          'ocean (sky) national park scenery',
      ].join('\n'),
      negativePrompt: HANDS,
      steps: 13,
      samplerName: 'DPM++ SDE',
      scheduler: 'Normal',
      cfgScale: 8.5,
      seed: 335608130539327n,
      size: { width: 704, height: 1280 },
      model: { name: 'Anything-V3.0' },
      vae: { name: 'vae-ft-mse-840000-ema-pruned' },
      clipSkip: 2,
      rng: 'CPU',
    },
    passes: [335608130539327n, 1122440447966177n],
    notes: 3,
  },
  'parsers_ComfyUI_noisy_latents_3_subjects_cropped.png': {
    program: 'ComfyUI',
    parameters: {
      ...UNKNOWN_PARAMETERS,
      prompt: 'sky clouds nature national park beautiful winter snow scenery HDR landscape (sunset)',
      negativePrompt: HANDS,
      steps: 16,
      samplerName: 'DPM++ SDE',
      scheduler: 'Normal',
      cfgScale: 7,
      seed: 512136241112371n,
      size: { width: 1280, height: 704 },
      model: { name: 'Anything-V3.0' },
      vae: { name: 'vae-ft-mse-840000-ema-pruned' },
      clipSkip: 2,
      rng: 'CPU',
    },
    passes: [512136241112371n, 0n, 1084614416978598n, 890421140397575n, 474977904562281n, 200072334202574n],
    notes: 2,
  },
  'parsers_ComfyUI_unclip_2pass_cropped.png': {
    program: 'ComfyUI',
    parameters: {
      ...UNKNOWN_PARAMETERS,
      prompt:
        '(waifu, anime, exceptional, best aesthetic, new, newest, best quality, masterpiece, extremely detailed:1.2)',
      negativePrompt:
        'lowres, (bad anatomy), (bad hands), text, missing finger, extra digits, fewer digits, blurry, (mutated hands and ' +
        'fingers), (poorly drawn face), (mutation), (deformed face), (ugly), ((bad proportions)), (extra limbs), extra face, ' +
        '(double head), (extra head), (extra feet), monster, logo, cropped, worst quality, jpeg, humpbacked, long body, long ' +
        'neck, (jpeg artifacts), deleted, old, oldest, (censored), (bad aesthetic), (mosaic censoring, bar censor, blur censor)',
      steps: 26,
      samplerName: 'UniPC',
      scheduler: 'Normal',
      cfgScale: 8,
      seed: 1106257833005336n,
      size: { width: 1280, height: 704 },
      model: { name: 'wd-1-5-beta2-aesthetic-unclip-h-fp32' },
      vae: { name: 'kl-f8-anime2' },
      rng: 'CPU',
      settings: { uni_pc_variant: 'bh2' },
    },
    passes: [1106257833005336n, 119080905858220n],
    notes: 2,
  },
  'parsers_Fooocus_fooocus1_cropped.png': {
    program: 'Fooocus v2.4.3',
    parameters: {
      ...UNKNOWN_PARAMETERS,
      prompt: 'a smiling goldfish',
      steps: 30,
      samplerName: 'DPM++ 2M SDE',
      scheduler: 'Karras',
      cfgScale: 4,
      seed: 6952411511246973023n,
      size: { width: 768, height: 1280 },
      model: { name: 'juggernautXL_v8Rundiffusion', hash: 'aeb7e9e689' },
      clipSkip: 2,
      rng: 'CPU',
    },
    notes: 1,
  },
  'parsers_InvokeAI_invokeai_dream1.png': {
    program: 'InvokeAI',
    parameters: {
      ...UNKNOWN_PARAMETERS,
      prompt: WOMAN,
      negativePrompt: 'rendering, glowing eyes, skinny',
      steps: 50,
      samplerName: 'LMS',
      cfgScale: 5,
      seed: 2980747362n,
      size: { width: 512, height: 768 },
    },
    notes: 0,
  },
  'parsers_InvokeAI_invokeai_sdmeta1.png': {
    program: 'InvokeAI 2.3.0',
    parameters: {
      ...UNKNOWN_PARAMETERS,
      prompt: WOMAN,
      negativePrompt: 'rendering, glowing eyes, skinny',
      steps: 50,
      samplerName: 'LMS',
      cfgScale: 5,
      seed: 2980747362n,
      size: { width: 512, height: 768 },
      model: {
        name: 'deliberateForInvoke_v08',
        hash: '56d1442a0feefd64836a19ac8e3527ec71c884fc962e246ddf67b03e42921272',
      },
    },
    notes: 0,
  },
  'parsers_InvokeAI_invokeai_imeta1.png': {
    program: 'InvokeAI',
    parameters: {
      ...UNKNOWN_PARAMETERS,
      prompt: 'digital artwork, oil painting. painterly brushstrokes, holidays,',
      negativePrompt:
        'grainy+, photo, oversaturated, overexposed, blurry, compressed jpg+, noisy++, unfocused , black and white',
      steps: 35,
      samplerName: 'Euler',
      cfgScale: 8,
      seed: 3293022630n,
      size: { width: 1024, height: 1024 },
      model: { name: 'juggernautXL' },
      vae: { name: 'VAEFix' },
      rng: 'CPU',
    },
    notes: 1,
  },
  'parsers_NovelAI_novelai1_cropped.png': {
    program: 'NovelAI',
    parameters: {
      ...UNKNOWN_PARAMETERS,
      prompt: 'masterpiece, best quality,  cat, space, icon',
      negativePrompt: `${NOVELAI_NEGATIVE}, ${NOVELAI_NEGATIVE}`,
      steps: 50,
      samplerName: 'Euler a',
      cfgScale: 10,
      seed: 2253955223n,
      model: { name: 'Stable Diffusion', hash: '1d44365e' },
      clipSkip: 2,
      settings: { eta_noise_seed_delta: 31337 },
    },
    notes: 0,
  },
};

const EMPTY = ['bad_images_empty_image.png', 'bad_images_empty_image.jpg'];
const REFUSED = ['bad_images_empty_file.png'];

describe('pictures of other programs', () => {
  it('are all known here', () => {
    expect(readdirSync(sharedData('images')).sort()).toEqual([...Object.keys(EXPECTED), ...EMPTY, ...REFUSED].sort());
  });

  it.each(Object.keys(EXPECTED))('UI-08, DL-08: gives the generation data of %s', async (name) => {
    const expected = EXPECTED[name]!;
    const picture = await read(name);
    expect(picture.parameters).toEqual(expected.parameters);
    expect(picture.program).toBe(expected.program);
    expect(picture.passes?.map(({ seed }) => seed)).toEqual(expected.passes);
    expect(picture.notes).toHaveLength(expected.notes);
  });

  it.each(EMPTY)('UI-08: says that %s has no generation data', async (name) => {
    const picture = await read(name);
    expect(picture).toMatchObject({
      width: 1,
      height: 1,
      notes: ['There is no generation data in this picture that is understood.'],
    });
    expect(picture.parameters).toBeUndefined();
  });

  it.each(REFUSED)('UI-08: refuses %s with one clear error', async (name) => {
    await expect(read(name)).rejects.toThrow('picture: expected a PNG, JPEG or WebP file, found an empty file.');
  });

  it('refuses other kinds of files', async () => {
    await expect(readPicture(new TextEncoder().encode('GIF89a'), pictureHands)).rejects.toThrow(
      'found a file that begins otherwise',
    );
  });
});

test('a changed byte, a cut or foreign bytes give a picture or a DanqingError, never worse', async () => {
  const files = Object.keys(EXPECTED).map(bytesOf);
  const noise = fc.tuple(
    fc.constantFrom('\x89PNG\r\n\x1a\n', 'RIFF\0\0\0\0WEBP', '\xff\xd8\xff'),
    fc.uint8Array({ maxLength: 300 }),
  );
  const mutated = fc.tuple(fc.constantFrom(...files), fc.nat(4000), fc.nat(255), fc.nat(400));
  const survive = async (bytes: Uint8Array): Promise<void> => {
    try {
      expect((await readPicture(bytes, pictureHands)).width).toBeGreaterThan(0);
    } catch (error) {
      if (!(error instanceof DanqingError)) throw error;
    }
  };
  await fc.assert(
    fc.asyncProperty(mutated, async ([file, at, value, cut]) => {
      const bytes = file.slice(0, Math.max(0, file.length - Math.max(0, cut - 200)));
      bytes[at % bytes.length] = value;
      await survive(bytes);
    }),
    { numRuns: 400 },
  );
  await fc.assert(
    fc.asyncProperty(noise, ([head, tail]) => survive(Buffer.concat([Buffer.from(head, 'latin1'), tail]))),
    { numRuns: 300 },
  );
});
