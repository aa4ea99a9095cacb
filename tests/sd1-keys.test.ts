import { detectFamily, familyOf } from '@danqing/engine/detect-family';
import { DanqingError } from '@danqing/engine/errors';
import { families } from '@danqing/engine/families/index';
import { sd1 } from '@danqing/engine/families/sd1';
import { emitOnnx } from '@danqing/engine/graph/onnx';
import type { Graph } from '@danqing/engine/graph/value';
import { readUnetConfig, unetGraph } from '@danqing/engine/parts/denoisers/unet';
import { clipTextGraph, readClipTextConfig } from '@danqing/engine/parts/text-encoders/clip';
import { klDecoderGraph, klEncoderGraph, readKlConfig } from '@danqing/engine/parts/vaes/kl';
import { WeightScope } from '@danqing/engine/weights/scope';
import type { TensorIndex } from '@danqing/engine/weights/tensor-index';
import { settleRecipe } from '@danqing/studio/jobs/plan-batches';
import { readRecipe } from '@danqing/studio/jobs/read-recipe';
import { describe, expect, it } from 'vitest';
import { sd15Tensors } from '../benchmarks/sd15-tensors.ts';
import tiny from './fixtures/sd1-tiny.json' with { type: 'json' };
import { seededRandom } from './seeded-random.ts';
import { shapeIndex } from './shape-index.ts';
import { sharedData } from './shared-data.ts';
import { indexOf } from './stored-tensors.ts';

// Keys and shapes alone, no weights: a variant's list is recognised, its structure read back, its graphs built.

const FIRST_CONVOLUTION = 'model.diffusion_model.input_blocks.0.0.weight';
const shapes: Record<string, readonly number[]> = Object.fromEntries(
  sd15Tensors().map(({ key, shape }) => [key, shape]),
);

/** The shapes of SD 1.5 under other names; a name that becomes undefined is left out. */
const renamed = (rename: (key: string) => string | undefined): Record<string, readonly number[]> =>
  Object.fromEntries(
    Object.entries(shapes).flatMap(([key, shape]) => {
      const name = rename(key);
      return name === undefined ? [] : [[name, shape]];
    }),
  );
const without = (start: string) => shapeIndex(renamed((key) => (key.startsWith(start) ? undefined : key)));

describe('SD 1.5 by its keys and shapes', () => {
  const index = shapeIndex(shapes);

  it('GEN-13: is recognised, with reasons', () => {
    const detection = detectFamily(index, families);
    expect(detection.known && detection.family).toBe(sd1);
    expect(detection.reasons.map(({ en }) => en)).toContain('a UNet with numbered blocks');
  });

  it('GEN-12: is 512 pixels wide and high unless it is told otherwise', () => {
    const facts = { family: sd1, nativeSize: sd1.nativeSize, resolution: undefined };
    const open = { ...readRecipe({ prompt: '' }), seed: 1, subseed: 1 };
    expect(settleRecipe(open, facts, () => 0)).toMatchObject({ width: 512, height: 512 });
    expect(settleRecipe({ ...open, width: 640 }, facts, () => 0)).toMatchObject({ width: 640, height: 512 });
  });

  it('has the structure that its authors gave it', () => {
    const root = WeightScope.over(index.tensors, 'SD 1.5');
    const level = (channels: number, depth: number) => ({ channels, down: [depth, depth], up: [depth, depth, depth] });
    expect(readUnetConfig(root.at('model.diffusion_model'), { count: 8 })).toEqual({
      inputChannels: 4,
      outputChannels: 4,
      width: 320,
      levels: [level(320, 1), level(640, 1), level(1280, 1), level(1280, 0)],
      middle: 1,
      contextWidth: 768,
      vectorWidth: undefined,
      heads: { count: 8 },
    });
    expect(readClipTextConfig(root.at('cond_stage_model.transformer.text_model'), 'quickGelu')).toEqual({
      naming: 'transformers',
      vocabulary: 49_408,
      tokens: 77,
      width: 768,
      layers: 12,
      innerWidth: 3072,
      activation: 'quickGelu',
    });
    expect(readKlConfig(root.at('first_stage_model'))).toEqual({
      latentChannels: 4,
      channels: [128, 256, 512, 512],
      encoderBlocks: 2,
      decoderBlocks: 3,
    });
  });

  it('is used up by its graphs: no tensor is left over', () => {
    const root = WeightScope.over(index.tensors, 'SD 1.5');
    const unet = root.at('model.diffusion_model');
    unetGraph(unet, readUnetConfig(unet, { count: 8 }));
    const text = root.at('cond_stage_model.transformer.text_model');
    clipTextGraph(text, readClipTextConfig(text, 'quickGelu'), { clipSkip: 1, normed: true });
    const vae = root.at('first_stage_model');
    klDecoderGraph(vae, readKlConfig(vae), 1);
    klEncoderGraph(vae, readKlConfig(vae), 1);
    expect(root.unused()).toEqual(['cond_stage_model.transformer.text_model.embeddings.position_ids']);
  });

  it.each([9, 8])('is also an inpainting or editing model with %i input channels', (channels) => {
    const variant = shapeIndex({ ...shapes, [FIRST_CONVOLUTION]: [320, channels, 3, 3] });
    expect(familyOf(variant, families)).toBe(sd1);
    const denoiser = sd1.parts(variant).denoiser();
    expect(denoiser.inputChannels).toBe(channels);
    expect(denoiser.graph().inputs[0]!.shape[1]).toBe(channels);
  });

  it('may name its text encoder as NovelAI did', () => {
    const variant = shapeIndex(renamed((key) => key.replace('.transformer.text_model.', '.transformer.')));
    expect(familyOf(variant, families)).toBe(sd1);
    expect(sd1.parts(variant).textEncoders()[0]!.graph(2).outputs).toHaveProperty('encoding');
  });
});

describe('a file that is no SD 1.x', () => {
  const sd2Shapes = Object.fromEntries(
    Object.entries(shapes).map(([key, shape]) => [key, /proj_(in|out)\.weight/.test(key) ? shape.slice(0, 2) : shape]),
  );
  const others: [name: string, shapes: Record<string, readonly number[]>, against: RegExp][] = [
    [
      'the size of SD 1.x with the transformers of SD 2.x',
      sd2Shapes,
      /closest is .*, but not true are: an OpenCLIP-H text encoder|closest is .*: its transformers are entered by conv/,
    ],
    [
      'half a FLUX',
      { 'double_blocks.0.img_attn.qkv.weight': [9216, 3072] },
      /closest is Flux\.1, but not true are: blocks for both together/,
    ],
    ['an empty file', {}, /no family that fits; and none that is close/],
  ];
  it.each(others)('%s is unknown, and what speaks against is said', (_, of, against) => {
    const detection = detectFamily(shapeIndex(of), families);
    expect(detection.known).toBe(false);
    expect(() => familyOf(shapeIndex(of), families)).toThrow(
      /model\.safetensors: expected a checkpoint of .*found no fam/,
    );
    expect(() => familyOf(shapeIndex(of), families)).toThrow(against);
  });

  it('of a family that is only known is refused in one sentence', () => {
    const flux = shapeIndex({
      'double_blocks.0.img_attn.qkv.weight': [9216, 3072],
      'single_blocks.0.linear1.weight': [21_504, 3072],
    });
    expect(() => familyOf(flux, families)).toThrow('found Flux.1, which is recognised but cannot be drawn with yet.');
  });
});

describe('a broken or partial SD 1.x', () => {
  it('without a VAE says so, and where it was looked for', () => {
    const { has, vae } = sd1.parts(without('first_stage_model.'));
    expect(has).toEqual({ textEncoder: true, denoiser: true, vae: false });
    expect(vae).toThrow('model.safetensors: expected a VAE, found none below first_stage_model.');
  });

  it('without a text encoder says so', () => {
    const { has, textEncoders } = sd1.parts(without('cond_stage_model.'));
    expect(has).toEqual({ textEncoder: false, denoiser: true, vae: true });
    expect(textEncoders).toThrow(
      /expected a text encoder, found none below cond_stage_model\.transformer\.text_model or/,
    );
  });

  it('with a tensor missing names part and key', () => {
    const key = 'model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_v.weight';
    const broken = sd1.parts(without(key)).denoiser();
    expect(() => broken.graph()).toThrow(`Stable Diffusion 1.x › UNet › ${key}: expected a tensor of this name`);
  });

  it('with a tensor of the wrong shape names part, key and both shapes', () => {
    const key = 'model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_v.weight';
    const broken = sd1.parts(shapeIndex({ ...shapes, [key]: [1280, 640] })).denoiser();
    expect(() => broken.graph()).toThrow(`› UNet › ${key}: expected shape [1280, 768], found [1280, 640].`);
  });

  it('in whatever way gives graphs or an error in words, never another', () => {
    const random = seededRandom('broken checkpoints');
    const keys = Object.keys(tiny.shapes);
    for (let round = 0; round < 80; round++) {
      const broken: Record<string, readonly number[]> = { ...tiny.shapes };
      for (let i = random.integer(1, 2); i > 0; i--) {
        const key = random.pick(keys);
        const shape = broken[key] ?? [];
        const axis = random.integer(0, shape.length - 1);
        const size = random.pick([0, 1, 3, 33, 100, 4096]);
        const changes = [shape.slice(1), [...shape, 1], shape.toReversed(), shape.with(Math.max(0, axis), size)];
        if (random.integer(0, 3) === 0) delete broken[key];
        else broken[key] = random.pick(changes);
      }
      const trouble = troubleOf(shapeIndex(broken));
      expect(trouble === undefined || trouble instanceof DanqingError, `round ${round}: ${String(trouble)}`).toBe(true);
    }
  });

  it('GEN-06: has no CLIP skip beyond its layers', () => {
    const [encoder] = sd1.parts(shapeIndex(shapes)).textEncoders();
    expect(() => encoder!.graph(13)).toThrow('CLIP skip: expected a whole number from 1 to 12, found 13.');
    expect(() => encoder!.graph(0)).toThrow('CLIP skip');
    expect(() => encoder!.graph(1.5)).toThrow('CLIP skip');
  });
});

describe('a VAE by itself', () => {
  const alone = renamed((key) =>
    key.startsWith('first_stage_model.') ? key.slice('first_stage_model.'.length) : undefined,
  );

  it('is the same as in a checkpoint', () => {
    const { kind, decoder, encoder } = sd1.vae(shapeIndex(alone));
    expect(kind).toBe('kl');
    expect(Object.keys(decoder().outputs)).toEqual(['image']);
    expect(Object.keys(encoder().outputs)).toEqual(['latent', 'deviation']);
  });

  it('with a decoder only decodes, and says that it cannot encode', () => {
    const half = Object.fromEntries(Object.entries(alone).filter(([key]) => !/^(encoder|quant_conv)/.test(key)));
    const { decoder, encoder } = sd1.vae(shapeIndex(half));
    expect(decoder().name).toBe('VAE decoder');
    expect(encoder).toThrow('VAE: expected an encoder, found only a decoder in the file.');
  });

  it('of another latent space is refused', async () => {
    const taesd3 = await indexOf(sharedData('taesd/taesd3.safetensors'));
    expect(() => sd1.vae(taesd3)).toThrow(/expected latents of 4 channels, found latents of 16/);
    const wider = shapeIndex({ ...alone, 'decoder.conv_in.weight': [512, 16, 3, 3] });
    expect(() => sd1.vae(wider)).toThrow(/expected latents of 4 channels, found latents of 16/);
  });

  it('may be a TAESD in the layout of its author', async () => {
    const stored = await indexOf(sharedData('taesd/taesd.safetensors'));
    const tensors = [...stored.tensors];
    const only = (start: string, name: (layer: number, rest: string) => string): TensorIndex => ({
      ...stored,
      tensors: new Map(
        tensors
          .filter(([key]) => key.startsWith(start))
          .map(([key, entry]) => {
            const [, layer, rest] = /^\w+\.layers\.(\d+)\.(.*)$/.exec(key)!;
            return [name(Number(layer), rest!), entry];
          }),
      ),
    });
    // The author's decoder counts the clamp of its input as its first layer.
    const decoder = only('decoder.', (layer, rest) => `${layer + 1}.${rest}`);
    const encoder = only('encoder.', (layer, rest) => `${layer}.${rest}`);
    expect(written(sd1.vae(decoder).decoder())).toEqual(written(sd1.vae(stored).decoder()));
    expect(written(sd1.vae(encoder).encoder())).toEqual(written(sd1.vae(stored).encoder()));
  });
});

/** The graph as an ONNX model: equal bytes mean equal graphs with equal weights. */
const written = (graph: Graph): Uint8Array =>
  emitOnnx(graph, { dialect: 'standard', place: ({ file, offset, length }) => ({ location: file, offset, length }) });

/** What goes wrong when all graphs of a checkpoint are built, if anything does. */
function troubleOf(index: TensorIndex): unknown {
  try {
    const parts = sd1.parts(index);
    parts.denoiser().graph();
    parts.textEncoders()[0]!.graph(1);
    parts.vae().decoder();
    parts.vae().encoder();
    return undefined;
  } catch (error) {
    return error;
  }
}
