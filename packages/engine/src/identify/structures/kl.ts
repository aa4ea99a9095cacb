import { convolution, countOf, type Expected, linear, scales, type ShapeAt, type Structure } from '../structure.ts';

/** Sizes of a KL VAE, read off its shapes. */
export interface KlSizes {
  readonly latentChannels: number;
  /** Finest first. */
  readonly channels: readonly number[];
  /** Residual blocks of each level; undefined for a half that is not there. */
  readonly encoderBlocks: number | undefined;
  readonly decoderBlocks: number | undefined;
  readonly quantised: boolean;
}

/** What the two libraries call things. */
interface KlNames {
  readonly resnet: (half: 'encoder' | 'decoder', level: number, block: number, levels: number) => string;
  readonly sampler: (half: 'encoder' | 'decoder', level: number, levels: number) => string;
  readonly middle: readonly [string, string];
  readonly attention: string;
  readonly attentionLayers: readonly [norm: string, ...projections: string[]];
  /** Axes of the attention's weights. */
  readonly attentionRank: 2 | 4;
  readonly shortcut: string;
  readonly end: string;
  readonly own: RegExp;
}

const original: KlNames = {
  resnet: (half, level, block) => `${half}.${half === 'encoder' ? 'down' : 'up'}.${level}.block.${block}`,
  sampler: (half, level) => `${half}.${half === 'encoder' ? `down.${level}.down` : `up.${level}.up`}sample.conv`,
  middle: ['mid.block_1', 'mid.block_2'],
  attention: 'mid.attn_1',
  attentionLayers: ['norm', 'q', 'k', 'v', 'proj_out'],
  attentionRank: 4,
  shortcut: 'nin_shortcut',
  end: 'norm_out',
  own: /^(?:encoder|decoder)\.(?:down|up)\.\d+\.(?:block\.\d+\.(?:norm|conv|nin_)|(?:down|up)sample\.)/,
};

const diffusers: KlNames = {
  resnet: (half, level, block, levels) =>
    half === 'encoder'
      ? `encoder.down_blocks.${level}.resnets.${block}`
      : `decoder.up_blocks.${levels - 1 - level}.resnets.${block}`,
  sampler: (half, level, levels) =>
    half === 'encoder'
      ? `encoder.down_blocks.${level}.downsamplers.0.conv`
      : `decoder.up_blocks.${levels - 1 - level}.upsamplers.0.conv`,
  middle: ['mid_block.resnets.0', 'mid_block.resnets.1'],
  attention: 'mid_block.attentions.0',
  attentionLayers: ['group_norm', 'to_q', 'to_k', 'to_v', 'to_out.0'],
  attentionRank: 2,
  shortcut: 'conv_shortcut',
  end: 'conv_norm_out',
  own: /^(?:encoder|decoder)\.(?:down|up)_blocks\.\d+\.(?:resnets\.\d+\.(?:norm|conv)|(?:down|up)samplers\.)/,
};

/** More levels would make latents smaller than a pixel. */
const LEVELS_AT_MOST = 16;

/** A KL VAE under the names of its authors (CompVis/latent-diffusion). */
export const kl: Structure<KlSizes> = structureOf(original);

/** A KL VAE under the names of the diffusers library. */
export const diffusersKl: Structure<KlSizes> = structureOf(diffusers);

function structureOf(names: KlNames): Structure<KlSizes> {
  return { read: (at) => readKl(at, names), list: (sizes) => listKl(sizes, names), own: names.own };
}

function readKl(at: ShapeAt, names: KlNames): KlSizes | undefined {
  const widthOf = (half: 'encoder' | 'decoder', level: number, levels: number): number | undefined => {
    const place = names.resnet(half, level, 0, levels);
    return at(`${place}.conv2.bias`)?.[0] ?? at(`${place}.conv2.weight`)?.[0] ?? at(`${place}.norm2.weight`)?.[0];
  };
  const half = (['decoder', 'encoder'] as const).find((each) => widthOf(each, 0, 1) !== undefined);
  if (half === undefined) return undefined;
  // One library counts the decoder's levels from the other end: of one level more, the first has the highest number.
  let levels = 1;
  while (levels < LEVELS_AT_MOST && [0, levels].every((level) => widthOf(half, level, levels + 1) !== undefined))
    levels++;
  const blocksOf = (each: 'encoder' | 'decoder'): number | undefined =>
    countOf(at, (i) => `${names.resnet(each, 0, i, levels)}.conv2.weight`) || undefined;
  return {
    latentChannels: at('decoder.conv_in.weight')?.[1] ?? (at('encoder.conv_out.weight')?.[0] ?? 0) / 2,
    channels: Array.from({ length: levels }, (_, level) => widthOf(half, level, levels) ?? 0),
    encoderBlocks: blocksOf('encoder'),
    decoderBlocks: blocksOf('decoder'),
    quantised: at('quant_conv.weight') !== undefined || at('post_quant_conv.weight') !== undefined,
  };
}

function* listKl(sizes: KlSizes, names: KlNames): Generator<Expected> {
  const { latentChannels: z, channels, encoderBlocks, decoderBlocks } = sizes;
  const levels = channels.length;
  const [first, last] = [channels[0]!, channels.at(-1)!];
  function* resnet(place: string, of: number, to: number): Generator<Expected> {
    yield* scales(`${place}.norm1`, of);
    yield* convolution(`${place}.conv1`, to, of);
    yield* scales(`${place}.norm2`, to);
    yield* convolution(`${place}.conv2`, to, to);
    if (of !== to) yield* convolution(`${place}.${names.shortcut}`, to, of, 1);
  }
  function* middle(half: 'encoder' | 'decoder'): Generator<Expected> {
    yield* resnet(`${half}.${names.middle[0]}`, last, last);
    const [norm, ...projections] = names.attentionLayers;
    yield* scales(`${half}.${names.attention}.${norm}`, last);
    for (const name of projections) {
      yield* linear(`${half}.${names.attention}.${name}`, last, last, names.attentionRank);
    }
    yield* resnet(`${half}.${names.middle[1]}`, last, last);
  }

  if (encoderBlocks !== undefined) {
    yield* convolution('encoder.conv_in', first, 3);
    let of = first;
    for (const [level, to] of channels.entries()) {
      for (let i = 0; i < encoderBlocks; i++, of = to) yield* resnet(names.resnet('encoder', level, i, levels), of, to);
      if (level < levels - 1) yield* convolution(names.sampler('encoder', level, levels), to, to);
    }
    yield* middle('encoder');
    yield* scales(`encoder.${names.end}`, last);
    yield* convolution('encoder.conv_out', 2 * z, last);
    if (sizes.quantised) yield* convolution('quant_conv', 2 * z, 2 * z, 1);
  }
  if (decoderBlocks !== undefined) {
    yield* convolution('decoder.conv_in', last, z);
    yield* middle('decoder');
    let of = last;
    for (const [level, to] of [...channels.entries()].toReversed()) {
      for (let i = 0; i < decoderBlocks; i++, of = to) yield* resnet(names.resnet('decoder', level, i, levels), of, to);
      if (level > 0) yield* convolution(names.sampler('decoder', level, levels), to, to);
    }
    yield* scales(`decoder.${names.end}`, first);
    yield* convolution('decoder.conv_out', 3, first);
    if (sizes.quantised) yield* convolution('post_quant_conv', z, z, 1);
  }
}
