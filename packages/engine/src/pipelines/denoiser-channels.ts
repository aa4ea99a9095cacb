import { DanqingError } from '../errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Model } from './model.ts';

/** Pictures that a model may look at while it draws; each for all images of a batch. */
export interface SeenPictures {
  /** A picture to edit or to paint into, [1, 3, height, width] in −1…1. */
  readonly picture?: Tensor;
  /** Where it is painted anew: 1 there and 0 elsewhere, [1, 1, height, width]. Without one, everywhere. */
  readonly mask?: Tensor;
  /** Depth in latent cells, −1 far to 1 near, [1, 1, height / factor, width / factor]. */
  readonly depth?: Tensor;
}

/** What a denoiser takes in behind the noisy latent. */
export interface DenoiserChannels {
  /** [c, height / factor, width / factor]; undefined for a model that takes in nothing else. */
  readonly channels: Float32Array | undefined;
  /** Whether they are a picture that guidance can pull towards (InstructPix2Pix). */
  readonly isEdit: boolean;
  readonly notes: readonly string[];
}

/**
 * The channels for a model, known by how many it takes: mask and masked picture for inpainting (as A1111 without a picture:
 * all masked, mid-grey), the picture itself for InstructPix2Pix, a depth map.
 * @throws missing for a model that draws nothing without a picture; unsupported for other numbers of channels.
 */
export async function denoiserChannels(
  model: Model,
  { width, height }: { readonly width: number; readonly height: number },
  seen: SeenPictures,
): Promise<DenoiserChannels> {
  const { family } = model.parts;
  const { channels, factor, scale } = family.latent;
  const extra = model.parts.denoiser().inputChannels - channels;
  const cells = (height / factor) * (width / factor);
  if (extra === 0) return { channels: undefined, isEdit: false, notes: [] };
  if (extra === channels + 1) {
    const { data } = await model.encode(maskedPicture(seen, width, height));
    return { channels: concat(latentMask(seen.mask, width, height, factor), data), isEdit: false, notes: [] };
  }
  if (extra === channels) {
    if (seen.picture === undefined) {
      const note = 'This model edits pictures; without one it draws from the text alone.';
      return { channels: new Float32Array(extra * cells), isEdit: false, notes: [note] };
    }
    const { data } = await model.encode(seen.picture);
    // It was trained on latents without the factor.
    return { channels: data.map((value) => value / scale), isEdit: true, notes: [] };
  }
  if (extra === 1 && seen.depth !== undefined) return { channels: seen.depth.data, isEdit: false, notes: [] };
  if (extra === 1) {
    throw new DanqingError('missing', {
      where: `${family.title}, depth to picture`,
      expected: 'a depth map',
      found: 'none',
      advice: 'This model draws nothing without one; choose another checkpoint to draw from text alone.',
    });
  }
  throw new DanqingError('unsupported', {
    where: family.title,
    expected: `a denoiser with ${channels}, ${channels + 1}, ${2 * channels} or ${2 * channels + 1} input channels`,
    found: `one with ${channels + extra}`,
    advice: 'It is made for something else than drawing, such as enlarging pictures.',
  });
}

/** The picture with mid-grey where it is painted anew. */
function maskedPicture({ picture, mask }: SeenPictures, width: number, height: number): Tensor {
  const shape = [1, 3, height, width];
  const area = width * height;
  if (picture === undefined || mask === undefined) return { shape, data: new Float32Array(3 * area) };
  return { shape, data: picture.data.map((value, i) => value * (1 - Math.round(mask.data[i % area]!))) };
}

/** The mask in latent cells, each as the first pixel in it is. */
function latentMask(mask: Tensor | undefined, width: number, height: number, factor: number): Float32Array {
  const [rows, columns] = [height / factor, width / factor];
  const cells = new Float32Array(rows * columns).fill(1);
  if (mask === undefined) return cells;
  return cells.map((_, i) => Math.round(mask.data[Math.floor(i / columns) * factor * width + (i % columns) * factor]!));
}

function concat(first: Float32Array, second: Float32Array): Float32Array {
  const joined = new Float32Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
