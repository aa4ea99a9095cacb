import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sd15Tensors } from '../../../../benchmarks/sd15-tensors.ts';
import keyLists from '../../../../tests/fixtures/key-lists.json' with { type: 'json' };
import { shapeIndex } from '../../../../tests/shape-index.ts';
import { type UnetShape, openClipTensors, unetTensors } from '../../../../tests/unet-tensors.ts';
import { diffusersUnetNames } from '../weights/keys/diffusers/unet-names.ts';
import { baseModules, type BasePart } from './base-modules.ts';

const SD1: UnetShape = {
  depths: [[1, 1, 1, 0], 1],
  channels: [320, 640, 1280, 1280],
  context: 768,
  entry: 'convolution',
};
const SD2: UnetShape = { ...SD1, context: 1024, entry: 'linear' };
const SDXL: UnetShape = {
  depths: [[0, 2, 10], 10],
  channels: [320, 640, 1280],
  context: 2048,
  entry: 'linear',
  vector: 2816,
};
const REFINER: UnetShape = {
  depths: [[0, 4, 4, 0], 4],
  channels: [384, 768, 1536, 1536],
  context: 1280,
  entry: 'linear',
  vector: 2560,
};

type Shapes = Readonly<Record<string, readonly number[]>>;

/** As oracles/key_lists.py makes it. */
function digest(shapes: Shapes): [count: number, sha256: string] {
  const lines = Object.entries(shapes)
    .map(([key, shape]) => `${key} ${shape.join('x')}`)
    .sort();
  return [lines.length, createHash('sha256').update(lines.join('\n')).digest('hex')];
}

const at = (path: string, shapes: Shapes): Shapes =>
  Object.fromEntries(Object.entries(shapes).map(([key, shape]) => [`${path}.${key}`, shape]));

describe('names of UNets', () => {
  it.each([
    ['sd1', SD1],
    ['sd2', SD2],
    ['sdxl', SDXL],
    ['sdxl-refiner', REFINER],
  ] as const)('%s: every tensor has the name that diffusers gives it', (name, shape) => {
    const shapes = unetTensors(shape);
    expect(digest(shapes)).toEqual(keyLists.digests[`unet ${name}`]);
    const names = diffusersUnetNames(Object.keys(shapes));
    const renamed = Object.entries(shapes).map(([key, size]) => [names.get(key)!, size] as const);
    expect(digest(Object.fromEntries(renamed))).toEqual(keyLists.digests[`unet ${name}, diffusers`]);
    expect(new Set(names.values()).size).toBe(names.size);
  });
});

/** Names of kohya's modules, as training.md and kohya's scripts have them. */
function kohyaUnet(blocks: readonly (readonly [at: string, depth: number])[]): string[] {
  const attention = ['to_q', 'to_k', 'to_v', 'to_out_0'];
  const layers = [
    ...attention.map((one) => `attn1_${one}`),
    ...attention.map((one) => `attn2_${one}`),
    'ff_net_0_proj',
    'ff_net_2',
  ];
  return blocks.flatMap(([place, depth]) => [
    `${place}_proj_in`,
    ...Array.from({ length: depth }, (_, i) => layers.map((one) => `${place}_transformer_blocks_${i}_${one}`)).flat(),
    `${place}_proj_out`,
  ]);
}

const counts = (length: number): number[] => Array.from({ length }, (_, i) => i);
const sdBlocks = (): [string, number][] => [
  ...counts(3).flatMap((i) => counts(2).map((j): [string, number] => [`down_blocks_${i}_attentions_${j}`, 1])),
  ['mid_block_attentions_0', 1],
  ...counts(3).flatMap((i) => counts(3).map((j): [string, number] => [`up_blocks_${i + 1}_attentions_${j}`, 1])),
];
const sdxlBlocks: [string, number][] = [
  ['input_blocks_4_1', 2],
  ['input_blocks_5_1', 2],
  ['input_blocks_7_1', 10],
  ['input_blocks_8_1', 10],
  ['middle_block_1', 10],
  ['output_blocks_0_1', 10],
  ['output_blocks_1_1', 10],
  ['output_blocks_2_1', 10],
  ['output_blocks_3_1', 2],
  ['output_blocks_4_1', 2],
  ['output_blocks_5_1', 2],
];
const sdConvolutions = (): string[] => [
  ...counts(4).flatMap((i) =>
    counts(2).flatMap((j) =>
      ['conv1', 'conv2', 'time_emb_proj', ...((i === 1 || i === 2) && j === 0 ? ['conv_shortcut'] : [])].map(
        (one) => `down_blocks_${i}_resnets_${j}_${one}`,
      ),
    ),
  ),
  ...counts(2).flatMap((j) => ['conv1', 'conv2', 'time_emb_proj'].map((one) => `mid_block_resnets_${j}_${one}`)),
  ...counts(4).flatMap((i) =>
    counts(3).flatMap((j) =>
      ['conv1', 'conv2', 'time_emb_proj', 'conv_shortcut'].map((one) => `up_blocks_${i}_resnets_${j}_${one}`),
    ),
  ),
  ...counts(3).flatMap((i) => [`down_blocks_${i}_downsamplers_0_conv`, `up_blocks_${i}_upsamplers_0_conv`]),
];
const sdxlConvolutions = (): string[] => [
  ...[1, 2, 4, 5, 7, 8].flatMap((i) =>
    ['in_layers_2', 'emb_layers_1', 'out_layers_3', ...(i === 4 || i === 7 ? ['skip_connection'] : [])].map(
      (one) => `input_blocks_${i}_0_${one}`,
    ),
  ),
  ...[0, 2].flatMap((i) => ['in_layers_2', 'emb_layers_1', 'out_layers_3'].map((one) => `middle_block_${i}_${one}`)),
  ...counts(9).flatMap((i) =>
    ['in_layers_2', 'emb_layers_1', 'out_layers_3', 'skip_connection'].map((one) => `output_blocks_${i}_0_${one}`),
  ),
  'input_blocks_3_0_op',
  'input_blocks_6_0_op',
  'output_blocks_2_2_conv',
  'output_blocks_5_2_conv',
];
const kohyaText = (layers: number): string[] =>
  counts(layers).flatMap((i) =>
    ['self_attn_q_proj', 'self_attn_k_proj', 'self_attn_v_proj', 'self_attn_out_proj', 'mlp_fc1', 'mlp_fc2'].map(
      (one) => `text_model_encoder_layers_${i}_${one}`,
    ),
  );

describe('LO-02: modules of a checkpoint by the names that kohya gives them', () => {
  const sd15 = Object.fromEntries(sd15Tensors().map(({ key, shape }) => [key, shape]));
  const sd2 = {
    ...at('model.diffusion_model', unetTensors(SD2)),
    ...at('cond_stage_model.model', openClipTensors(1024, 23)),
  };
  const clipL = Object.fromEntries(
    Object.entries(sd15)
      .filter(([key]) => key.startsWith('cond_stage_model'))
      .map(([key, shape]) => [key.replace('cond_stage_model', 'conditioner.embedders.0'), shape]),
  );
  const sdxl = {
    ...at('model.diffusion_model', unetTensors(SDXL)),
    ...clipL,
    ...at('conditioner.embedders.1.model', openClipTensors(1280, 32)),
  };

  /** How many different layers the names have; a name that has none is an error. */
  const countLayers = (shapes: Shapes, part: BasePart, names: readonly string[]): number => {
    const base = baseModules(shapeIndex(shapes));
    const found = names.map((name) => {
      const module = base.find(part, name);
      if (module === undefined) throw new Error(`no layer ${name}`);
      return module;
    });
    return new Set(found.map(({ weight, third }) => `${weight.name} ${third}`)).size;
  };

  it('SD 1.x: 192 and 72, 278 with convolutions', () => {
    expect(countLayers(sd15, 'denoiser', kohyaUnet(sdBlocks()))).toBe(192);
    expect(countLayers(sd15, 'text-encoder-1', kohyaText(12))).toBe(72);
    expect(countLayers(sd15, 'denoiser', [...kohyaUnet(sdBlocks()), ...sdConvolutions()])).toBe(278);
  });

  it('SD 2.x: 192 and 138, 278 with convolutions', () => {
    expect(countLayers(sd2, 'denoiser', [...kohyaUnet(sdBlocks()), ...sdConvolutions()])).toBe(278);
    expect(countLayers(sd2, 'text-encoder-1', kohyaText(23))).toBe(138);
  });

  it('SDXL: 722, 72 and 192, 788 with convolutions', () => {
    expect(countLayers(sdxl, 'denoiser', kohyaUnet(sdxlBlocks))).toBe(722);
    expect(countLayers(sdxl, 'text-encoder-1', kohyaText(12))).toBe(72);
    expect(countLayers(sdxl, 'text-encoder-2', kohyaText(32))).toBe(192);
    expect(countLayers(sdxl, 'denoiser', [...kohyaUnet(sdxlBlocks), ...sdxlConvolutions()])).toBe(788);
  });

  it('knows a third of a tensor that holds queries, keys and values', () => {
    const found = baseModules(shapeIndex(sd2)).find('text-encoder-1', 'text_model_encoder_layers_3_self_attn_k_proj');
    expect(found).toMatchObject({
      third: 1,
      weight: { name: 'cond_stage_model.model.transformer.resblocks.3.attn.in_proj_weight' },
    });
  });
});
