import { diffusersNames, originalNames, type UnetNames } from '../../weights/keys/unet-names.ts';
import { convolution, countOf, type Expected, linear, scales, type ShapeAt, type Structure } from '../structure.ts';

/** Sizes of a UNet of Stable Diffusion, read off its shapes. */
export interface UnetSizes {
  readonly inputChannels: number;
  readonly outputChannels: number;
  /** Channels after the first convolution, and numbers of the timestep embedding. */
  readonly width: number;
  readonly timeWidth: number;
  /** Finest first; for each residual block the depth of the transformer behind it, 0 for none. */
  readonly levels: readonly UnetLevel[];
  /** Depth of the transformer in the middle; undefined where there is no middle. */
  readonly middle: number | undefined;
  readonly contextWidth: number;
  /** Width of the vector of sizes and pooled text, and which of the possible names it goes by; undefined where there is none. */
  readonly vector: { readonly width: number; readonly named: number } | undefined;
  /** Numbers of the strength of guidance, in latent consistency models. */
  readonly guidanceWidth: number | undefined;
  /** Whether transformers are entered by linear layers. */
  readonly linearEntry: boolean;
}

export interface UnetLevel {
  readonly channels: number;
  readonly down: readonly number[];
  readonly up: readonly number[];
}

/** A UNet under the names of its authors (CompVis/latent-diffusion). */
export const unet: Structure<UnetSizes> = structureOf(originalNames);

/** A UNet under the names of the diffusers library. */
export const diffusersUnet: Structure<UnetSizes> = structureOf(diffusersNames);

function structureOf(names: UnetNames): Structure<UnetSizes> {
  return { read: (at) => readUnet(at, names), list: (sizes) => listUnet(sizes, names), own: names.own };
}

function readUnet(at: ShapeAt, names: UnetNames): UnetSizes | undefined {
  const start = at(`${names.start}.weight`);
  const width = start?.[0] ?? at(`${names.start}.bias`)?.[0];
  if (width === undefined) return undefined;
  const depthAt = (place: string): number => countOf(at, (i) => `${place}.transformer_blocks.${i}.attn1.to_q.weight`);
  const channelsAt = (place: string): number | undefined =>
    at(`${place}.${names.resnet.conv2}.bias`)?.[0] ?? at(`${place}.${names.resnet.conv2}.weight`)?.[0];

  const down: { channels: number; depths: number[]; places: string[] }[] = [];
  for (let index = 1; ; index++) {
    const level = { channels: 0, depths: [] as number[], places: [] as string[] };
    for (let block = 0; ; block++, index++) {
      const place = names.down(down.length, block, index);
      const channels = channelsAt(place.resnet);
      if (channels === undefined) break;
      level.channels = channels;
      level.depths.push(depthAt(place.transformer));
      level.places.push(place.transformer);
    }
    if (level.depths.length === 0) break;
    const sampler = names.downsample(down.length, index);
    down.push(level);
    if (at(`${sampler}.weight`) === undefined && at(`${sampler}.bias`) === undefined) break;
  }
  if (down.length === 0) return undefined;

  let next = 0;
  const up = down
    .toReversed()
    .map(({ depths }, i) => [...depths, 0].map((_, block) => depthAt(names.up(i, block, next++).transformer)));
  const hasMiddle = channelsAt(names.middle(true).resnets[0]) !== undefined;
  const transformers = [...down.flatMap(({ places }) => places), names.middle(true).transformer];
  const key = transformers
    .map((place) => at(`${place}.transformer_blocks.0.attn2.to_k.weight`))
    .find((shape) => shape !== undefined);
  const entry = transformers.map((place) => at(`${place}.proj_in.weight`)).find((shape) => shape !== undefined);
  const named = names.vector.findIndex((name) => at(`${name[0]}.weight`)?.length === 2);
  return {
    inputChannels: start?.[1] ?? 4,
    outputChannels: at(`${names.end}.weight`)?.[0] ?? 4,
    width,
    timeWidth: at(`${names.time[0]}.weight`)?.[0] ?? 4 * width,
    levels: down.map(({ channels, depths }, i) => ({ channels, down: depths, up: up[down.length - 1 - i]! })),
    middle: hasMiddle ? depthAt(names.middle(true).transformer) : undefined,
    contextWidth: key?.[1] ?? 0,
    vector: named < 0 ? undefined : { width: at(`${names.vector[named]![0]}.weight`)![1]!, named },
    guidanceWidth: at(`${names.guidance}.weight`)?.[1],
    linearEntry: entry?.length === 2,
  };
}

function* listUnet(sizes: UnetSizes, names: UnetNames): Generator<Expected> {
  const { width, timeWidth, levels, vector } = sizes;
  const { resnet: r } = names;
  function* resnet(place: string, of: number, to: number): Generator<Expected> {
    yield* scales(`${place}.${r.norm1}`, of);
    yield* convolution(`${place}.${r.conv1}`, to, of);
    yield* linear(`${place}.${r.time}`, to, timeWidth);
    yield* scales(`${place}.${r.norm2}`, to);
    yield* convolution(`${place}.${r.conv2}`, to, to);
    if (of !== to) yield* convolution(`${place}.${r.shortcut}`, to, of, 1);
  }
  const transformer = (place: string, channels: number, depth: number) =>
    depth === 0 ? [] : listTransformer(place, channels, depth, sizes);

  yield* linear(names.time[0], timeWidth, width);
  yield* linear(names.time[1], timeWidth, timeWidth);
  if (sizes.guidanceWidth !== undefined) yield [`${names.guidance}.weight`, [width, sizes.guidanceWidth]];
  if (vector !== undefined) {
    const [first, second] = names.vector[vector.named]!;
    yield* linear(first, timeWidth, vector.width);
    yield* linear(second, timeWidth, timeWidth);
  }
  yield* convolution(names.start, width, sizes.inputChannels);
  const skips = [width];
  let channels = width;
  let index = 1;
  for (const [level, { channels: to, down }] of levels.entries()) {
    for (const [block, depth] of down.entries()) {
      const place = names.down(level, block, index++);
      yield* resnet(place.resnet, channels, to);
      yield* transformer(place.transformer, to, depth);
      skips.push((channels = to));
    }
    if (level === levels.length - 1) break;
    yield* convolution(names.downsample(level, index++), channels, channels);
    skips.push(channels);
  }
  if (sizes.middle !== undefined) {
    const place = names.middle(sizes.middle > 0);
    yield* resnet(place.resnets[0], channels, channels);
    yield* transformer(place.transformer, channels, sizes.middle);
    yield* resnet(place.resnets[1], channels, channels);
  }
  index = 0;
  for (const [i, { channels: to, up }] of levels.toReversed().entries()) {
    for (const [block, depth] of up.entries()) {
      const place = names.up(i, block, index);
      yield* resnet(place.resnet, channels + skips.pop()!, to);
      yield* transformer(place.transformer, to, depth);
      channels = to;
      if (block === up.length - 1 && i < levels.length - 1) {
        yield* convolution(names.upsample(i, index, depth > 0), channels, channels);
      }
      index++;
    }
  }
  yield* scales(names.endNorm, width);
  yield* convolution(names.end, sizes.outputChannels, width);
}

function* listTransformer(place: string, channels: number, depth: number, sizes: UnetSizes): Generator<Expected> {
  const rank = sizes.linearEntry ? 2 : 4;
  yield* scales(`${place}.norm`, channels);
  yield* linear(`${place}.proj_in`, channels, channels, rank);
  for (let i = 0; i < depth; i++) {
    const block = `${place}.transformer_blocks.${i}`;
    for (const [attention, of] of [
      ['attn1', channels],
      ['attn2', sizes.contextWidth],
    ] as const) {
      yield [`${block}.${attention}.to_q.weight`, [channels, channels]];
      yield [`${block}.${attention}.to_k.weight`, [channels, of]];
      yield [`${block}.${attention}.to_v.weight`, [channels, of]];
      yield* linear(`${block}.${attention}.to_out.0`, channels, channels);
    }
    yield* linear(`${block}.ff.net.0.proj`, 8 * channels, channels);
    yield* linear(`${block}.ff.net.2`, channels, 4 * channels);
    for (const norm of ['norm1', 'norm2', 'norm3']) yield* scales(`${block}.${norm}`, channels);
  }
  yield* linear(`${place}.proj_out`, channels, channels, rank);
}
