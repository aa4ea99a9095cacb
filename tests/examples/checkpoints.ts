import fixture from '../fixtures/key-lists.json' with { type: 'json' };
import { below, type Example, indexOfShapes, type Shapes, without } from './example.ts';
import { type FoldedRow, unfold } from './folded-list.ts';
import {
  clipGShapes,
  clipLShapes,
  diffusersKlShapes,
  diffusersUnetShapes,
  klShapes,
  openClipGShapes,
  openClipHShapes,
  type UnetName,
  unetShapes,
} from './networks.ts';

/** Recorded lists of whole models by name. */
export const recordedLists = fixture.lists as unknown as Readonly<Record<string, readonly FoldedRow[]>>;

const vae = below('first_stage_model.', klShapes('4 channels'));
const positionIds = (path: string): Shapes => ({ [`${path}embeddings.position_ids`]: [1, 77] });

/** Text encoders by family, in the places of checkpoints. */
const textEncoders: Readonly<Record<string, Shapes>> = {
  sd1: {
    ...below('cond_stage_model.transformer.text_model.', clipLShapes()),
    ...positionIds('cond_stage_model.transformer.text_model.'),
  },
  sd2: below('cond_stage_model.model.', { ...openClipHShapes(), text_projection: [1024, 1024], logit_scale: [] }),
  sdxl: {
    ...below('conditioner.embedders.0.transformer.text_model.', clipLShapes()),
    ...below('conditioner.embedders.1.model.', {
      ...openClipGShapes(),
      text_projection: [1280, 1280],
      logit_scale: [],
    }),
  },
  'sdxl-refiner': below('conditioner.embedders.0.model.', { ...openClipGShapes(), text_projection: [1280, 1280] }),
};

const noiseTable: Shapes = { alphas_cumprod: [1000], betas: [1000], sqrt_alphas_cumprod: [1000] };

/** The running average of a denoiser, as LitEma stores it. */
export function emaOf(unet: Shapes): Shapes {
  const entries = Object.entries(unet).map(([name, shape]): [string, readonly number[]] => [
    `model_ema.diffusion_model${name.replaceAll('.', '')}`,
    shape,
  ]);
  return { ...Object.fromEntries(entries), 'model_ema.decay': [], 'model_ema.num_updates': [] };
}

/** A whole checkpoint of a family, as it circulates. */
export function checkpointShapes(name: UnetName): Shapes {
  const family = name.split(' ')[0]!;
  return { ...below('model.diffusion_model.', unetShapes(name)), ...textEncoders[family], ...vae, ...noiseTable };
}

/** A diffusers folder of a family, as the reader of folders joins it. */
export function folderShapes(name: UnetName): Shapes {
  const family = name.split(' ')[0]!;
  const text = below('text_encoder.text_model.', clipLShapes());
  return {
    ...below('unet.', diffusersUnetShapes(name)),
    ...(family === 'sdxl-refiner' ? {} : text),
    ...(family.startsWith('sdxl') ? below('text_encoder_2.text_model.', clipGShapes()) : {}),
    ...below('vae.', diffusersKlShapes('4 channels')),
  };
}

const unetNames: readonly UnetName[] = [
  'sd1',
  'sd1 inpainting',
  'sd1 instruct-pix2pix',
  'sd2',
  'sd2 inpainting',
  'sd2 depth',
  'sd2 unclip',
  'sdxl',
  'sdxl inpainting',
  'sdxl-refiner',
];

const split = (name: string): { family: string; variant?: string } => {
  const [family, ...rest] = name.split(' ');
  return rest.length === 0 ? { family: family! } : { family: family!, variant: rest.join(' ') };
};

function* unetExamples(name: UnetName): Generator<Example> {
  const { family, variant } = split(name);
  const of = { recognisedBy: family, families: [family], ...(variant === undefined ? {} : { variant }) };
  const whole = checkpointShapes(name);
  const make = (title: string, shapes: Shapes, expected: object, fileName = 'model.safetensors'): Example => ({
    name: `${name}, ${title}`,
    fileName,
    index: indexOfShapes(fileName, shapes),
    expected: { kind: 'checkpoint', ...of, ...expected },
  });
  yield make('whole', whole, { weightSet: 'one', missing: [] });
  yield make('with EMA', { ...whole, ...emaOf(unetShapes(name)) }, { weightSet: 'full', missing: [] });
  yield make('without VAE', without(/^first_stage/, whole), { weightSet: 'one', missing: ['vae'] });
  const needs = Object.keys(whole).some((key) => key.startsWith('conditioner')) ? undefined : { weightSet: 'one' };
  yield make('without text encoder', without(/^(?:cond_stage_model|conditioner)/, whole), { ...needs });
  yield make('its UNet in the place of a checkpoint', below('model.diffusion_model.', unetShapes(name)), {
    kind: 'denoiser',
  });
  yield make('its UNet alone', unetShapes(name), { kind: 'denoiser' });
  yield make('its UNet as diffusers names it', diffusersUnetShapes(name), { kind: 'denoiser' });
  yield { ...make('as a folder', folderShapes(name), { missing: [] }, 'folder') };
}

const recorded = (name: string, family: string, variant?: string): Example => ({
  name,
  fileName: 'model.safetensors',
  index: indexOfShapes('model.safetensors', unfold(recordedLists[name]!)),
  expected: {
    kind: 'denoiser',
    recognisedBy: family,
    families: [family],
    ...(variant === undefined ? {} : { variant }),
  },
});

const clipL = below('text_encoders.clip_l.transformer.text_model.', clipLShapes());
const clipG = below('text_encoders.clip_g.transformer.text_model.', clipGShapes());
const t5 = below('text_encoders.t5xxl.transformer.', unfold(recordedLists['transformers t5-xxl']!));
const wideVae = below('vae.', klShapes('16 channels'));

/** Checkpoints, folders and denoisers of every family and variant. */
export function* checkpointExamples(): Generator<Example> {
  for (const name of unetNames) yield* unetExamples(name);
  yield {
    name: 'sd1, text encoder as NovelAI keeps it',
    fileName: 'nai.ckpt',
    index: indexOfShapes('nai.ckpt', {
      ...below('model.diffusion_model.', unetShapes('sd1')),
      ...below('cond_stage_model.transformer.', clipLShapes()),
      ...vae,
    }),
    expected: { kind: 'checkpoint', recognisedBy: 'sd1', families: ['sd1'], weightSet: 'one', missing: [] },
  };
  for (const name of ['sd1 lcm', 'sdxl ssd-1b'] as const) {
    const { family, variant } = split(name);
    yield {
      name: `${name}, UNet as diffusers names it`,
      fileName: 'model.safetensors',
      index: indexOfShapes('model.safetensors', diffusersUnetShapes(name)),
      expected: {
        kind: 'denoiser',
        recognisedBy: family,
        families: [family],
        variant: variant === 'ssd-1b' ? 'distilled' : variant!,
      },
    };
  }
  yield {
    name: 'playground, whole',
    fileName: 'playground-v2.5.safetensors',
    index: indexOfShapes('playground-v2.5.safetensors', {
      ...checkpointShapes('sdxl'),
      edm_mean: [1, 4, 1, 1],
      edm_std: [1, 4, 1, 1],
    }),
    expected: { kind: 'checkpoint', recognisedBy: 'sdxl', families: ['sdxl'], variant: 'playground' },
  };
  yield {
    name: 'kolors, UNet',
    fileName: 'model.safetensors',
    index: indexOfShapes('model.safetensors', {
      ...diffusersUnetShapes('sdxl'),
      'encoder_hid_proj.weight': [2048, 4096],
      'encoder_hid_proj.bias': [2048],
    }),
    expected: { kind: 'denoiser', recognisedBy: 'kolors', families: ['kolors'] },
  };
  yield {
    name: 'alt-diffusion, whole',
    fileName: 'alt.ckpt',
    index: indexOfShapes('alt.ckpt', {
      ...below('model.diffusion_model.', unetShapes('sd1')),
      'cond_stage_model.roberta.embeddings.word_embeddings.weight': [250_002, 1024],
      'cond_stage_model.roberta.encoder.layer.0.attention.self.query.weight': [1024, 1024],
      'cond_stage_model.transformation.weight': [768, 1024],
      ...vae,
    }),
    expected: { kind: 'checkpoint', recognisedBy: 'alt-diffusion', families: ['alt-diffusion'], missing: [] },
  };
  for (const [variant, list] of [
    ['dev', 'flux1 dev'],
    ['schnell', 'flux1 schnell'],
    ['fill', 'flux1 fill'],
    ['control', 'flux1 control'],
  ] as const) {
    yield recorded(list, 'flux1', variant);
    const inside = below('model.diffusion_model.', unfold(recordedLists[list]!));
    yield {
      name: `${list}, whole`,
      fileName: 'flux.safetensors',
      index: indexOfShapes('flux.safetensors', { ...inside, ...clipL, ...t5, ...wideVae }),
      expected: { kind: 'checkpoint', recognisedBy: 'flux1', families: ['flux1'], variant, missing: [] },
    };
  }
  yield recorded('flux1 dev, diffusers', 'flux1', 'dev');
  yield recorded('flux1 schnell, diffusers', 'flux1', 'schnell');
  for (const variant of [undefined, '3.5-large', '3.5-medium'] as const) {
    const list = variant === undefined ? 'sd3' : `sd3 ${variant}`;
    yield recorded(list, 'sd3', variant);
    yield recorded(`${list}, diffusers`, 'sd3', variant);
    yield {
      name: `${list}, whole`,
      fileName: 'sd3.safetensors',
      index: indexOfShapes('sd3.safetensors', {
        ...below('model.diffusion_model.', unfold(recordedLists[list]!)),
        ...clipL,
        ...clipG,
        ...below('first_stage_model.', klShapes('16 channels')),
      }),
      expected: {
        kind: 'checkpoint',
        recognisedBy: 'sd3',
        families: ['sd3'],
        missing: [],
        ...(variant === undefined ? {} : { variant }),
      },
    };
  }
  for (const family of [
    'chroma',
    'flux2',
    'aura-flow',
    'pixart',
    'sana',
    'hunyuan-dit',
    'lumina2',
    'z-image',
    'qwen-image',
  ])
    yield recorded(`${family}, diffusers`, family);
  for (const family of ['hidream', 'hunyuan-video', 'wan', 'ltx-video', 'mochi', 'stable-video'])
    yield recorded(`${family}, diffusers`, family);
  yield recorded('stable-cascade stage-c, diffusers', 'stable-cascade', 'stage-c');
  yield recorded('stable-cascade stage-b, diffusers', 'stable-cascade', 'stage-b');
  yield {
    name: 'cosmos',
    fileName: 'model.safetensors',
    index: indexOfShapes('model.safetensors', {
      'x_embedder.proj.1.weight': [2048, 68],
      'blocks.0.cross_attn.k_proj.weight': [2048, 1024],
      'blocks.0.self_attn.q_proj.weight': [2048, 2048],
    }),
    expected: { kind: 'denoiser', recognisedBy: 'cosmos', families: ['cosmos'] },
  };
}
