import { clipText, openClipText } from '@danqing/engine/identify/structures/clip-text';
import { diffusersKl, kl, type KlSizes } from '@danqing/engine/identify/structures/kl';
import { diffusersUnet, unet, type UnetSizes } from '@danqing/engine/identify/structures/unet';
import type { Shapes } from './example.ts';

// Sizes of the published networks. tests/identify-structures.test.ts holds the lists made of them against those of
// diffusers and transformers.

const level = (channels: number, depth: number, blocks = 2) => ({
  channels,
  down: Array.from({ length: blocks }, () => depth),
  up: Array.from({ length: blocks + 1 }, () => depth),
});

const sd1: UnetSizes = {
  inputChannels: 4,
  outputChannels: 4,
  width: 320,
  timeWidth: 1280,
  levels: [level(320, 1), level(640, 1), level(1280, 1), level(1280, 0)],
  middle: 1,
  contextWidth: 768,
  vector: undefined,
  guidanceWidth: undefined,
  linearEntry: false,
};
const sd2: UnetSizes = { ...sd1, contextWidth: 1024, linearEntry: true };
const sdxl: UnetSizes = {
  ...sd2,
  levels: [level(320, 0), level(640, 2), level(1280, 10)],
  middle: 10,
  contextWidth: 2048,
  vector: { width: 2816, named: 0 },
};

/** UNets by family and variant, as the fixtures call them. */
export const unetSizes = {
  sd1,
  'sd1 inpainting': { ...sd1, inputChannels: 9 },
  'sd1 instruct-pix2pix': { ...sd1, inputChannels: 8 },
  sd2,
  'sd2 inpainting': { ...sd2, inputChannels: 9 },
  'sd2 depth': { ...sd2, inputChannels: 5 },
  'sd2 unclip': { ...sd2, vector: { width: 2048, named: 0 } },
  sdxl,
  'sdxl inpainting': { ...sdxl, inputChannels: 9 },
  'sdxl-refiner': {
    ...sd2,
    width: 384,
    timeWidth: 1536,
    levels: [level(384, 0), level(768, 4), level(1536, 4), level(1536, 0)],
    middle: 4,
    contextWidth: 1280,
    vector: { width: 2560, named: 0 },
  },
} as const satisfies Record<string, UnetSizes>;

export type UnetName = keyof typeof unetSizes;

/** The same where only the diffusers library has names for them. */
export const diffusersUnetSizes = {
  'sd1 lcm': { ...sd1, guidanceWidth: 256 },
  'sdxl ssd-1b': { ...sdxl, levels: [level(320, 0), level(640, 2), level(1280, 4)], middle: 4 },
} as const satisfies Record<string, UnetSizes>;

export const klSizes = {
  '4 channels': {
    latentChannels: 4,
    channels: [128, 256, 512, 512],
    encoderBlocks: 2,
    decoderBlocks: 3,
    quantised: true,
  },
  '16 channels': {
    latentChannels: 16,
    channels: [128, 256, 512, 512],
    encoderBlocks: 2,
    decoderBlocks: 3,
    quantised: false,
  },
} as const satisfies Record<string, KlSizes>;

const text = (width: number, layers: number) => ({
  vocabulary: 49_408,
  tokens: 77,
  width,
  innerWidth: 4 * width,
  layers,
});

export const unetShapes = (name: UnetName): Shapes => Object.fromEntries(unet.list(unetSizes[name]));

/** Under the names of the diffusers library. */
export function diffusersUnetShapes(name: UnetName | keyof typeof diffusersUnetSizes): Shapes {
  const sizes: UnetSizes = { ...unetSizes, ...diffusersUnetSizes }[name];
  // A vector that is no sizes goes by another name.
  const vector = sizes.vector && { ...sizes.vector, named: name.startsWith('sd2') ? 1 : 0 };
  return Object.fromEntries(diffusersUnet.list({ ...sizes, vector }));
}

export const klShapes = (name: keyof typeof klSizes): Shapes => Object.fromEntries(kl.list(klSizes[name]));
export const diffusersKlShapes = (name: keyof typeof klSizes): Shapes =>
  Object.fromEntries(diffusersKl.list(klSizes[name]));

export const clipLShapes = (): Shapes => Object.fromEntries(clipText.list(text(768, 12)));
export const clipGShapes = (): Shapes => Object.fromEntries(clipText.list(text(1280, 32)));
export const clipHShapes = (): Shapes => Object.fromEntries(clipText.list(text(1024, 23)));
export const openClipHShapes = (): Shapes => Object.fromEntries(openClipText.list(text(1024, 24)));
export const openClipGShapes = (): Shapes => Object.fromEntries(openClipText.list(text(1280, 32)));
