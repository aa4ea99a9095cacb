import { createHash } from 'node:crypto';
import { UNKNOWN_PARAMETERS } from '@danqing/engine/image/generation-parameters';
import type { GenerationParameters } from '@danqing/engine/image/generation-parameters';
import { writeInfotext } from '@danqing/engine/image/infotext';
import { readPicture } from '@danqing/engine/image/picture';
import type { Pixels } from '@danqing/engine/image/pixels';
import { printReceipt } from '@danqing/engine/image/receipt';
import type { Receipt } from '@danqing/engine/image/receipt';
import { describe, expect, it } from 'vitest';
import { decodePicture } from './decode-picture.ts';
import { encodePicture } from './encode-picture.ts';
import { hashLatent, hashPixels, hashText } from './hash-pixels.ts';
import { pictureHands } from './picture-hands.ts';
import { resizePicture } from './resize-picture.ts';

const pixels: Pixels = {
  width: 24,
  height: 16,
  channels: 3,
  data: Uint8Array.from({ length: 24 * 16 * 3 }, (_, i) => (i * 7 + (i >> 5) * 13) & 255),
};
/** White space at the ends of lines and a line that looks like the other prompt: more than an infotext can keep. */
const parameters: GenerationParameters = {
  ...UNKNOWN_PARAMETERS,
  prompt: 'a cat 名 \n\nNegative prompt: no',
  steps: 4,
  samplerName: 'Euler',
  seed: 2n ** 63n,
  size: { width: 24, height: 16 },
  rng: 'NV',
  version: 'danqing-0.1.0',
};
const receipt: Receipt = {
  format: 1,
  engine: 'danqing-0.1.0',
  runtime: { name: 'onnxruntime-node 1.30.0', provider: 'cpu', mode: 'fast' },
  checkpoint: { name: 'starter', sha256: 'a'.repeat(64) },
  vae: { name: 'built-in', why: 'no other was chosen' },
  addOns: [],
  text: { prompt: { tokens: 2, chunks: 1 }, negativePrompt: { tokens: 0, chunks: 1 }, clipSkip: 1, ignoredTags: [] },
  sampling: { samplerName: 'Euler', scheduler: 'Uniform', sigmas: 5, noise: 'nv', options: {} },
  parameters,
  notes: [],
  pixelSha256: hashPixels(pixels),
};
const infotext = writeInfotext(parameters);
const printed = printReceipt(receipt);

describe('encoding', () => {
  it.each(['png', 'jpeg', 'webp'] as const)('GEN-02: a %s keeps infotext and receipt, exactly', async (format) => {
    const { bytes, format: used, notes } = await encodePicture(pixels, { format, infotext, receipt: printed });
    expect([used, notes]).toEqual([format, []]);
    const picture = await readPicture(bytes, pictureHands);
    expect(picture).toMatchObject({ format, width: 24, height: 16, program: 'Danqing 0.1.0', notes: [] });
    expect(picture.texts.get(format === 'png' ? 'parameters' : 'UserComment')).toBe(infotext);
    expect(picture.receipt).toEqual(receipt);
    // Not what an infotext can keep, but what was really asked for.
    expect(picture.parameters).toEqual(parameters);
  });

  it('GEN-02: the same picture gives the same bytes', async () => {
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const [one, other] = await Promise.all(
        [1, 2].map(() => encodePicture(pixels, { format, infotext, receipt: printed })),
      );
      expect(Buffer.from(one!.bytes).equals(other!.bytes)).toBe(true);
    }
  });

  it('believes an infotext that somebody has changed more than the receipt', async () => {
    const { bytes } = await encodePicture(pixels, {
      format: 'png',
      infotext: infotext.replace('Steps: 4', 'Steps: 9'),
      receipt: printed,
    });
    expect((await readPicture(bytes, pictureHands)).parameters).toMatchObject({
      steps: 9,
      prompt: 'a cat 名\n',
      negativePrompt: 'no',
    });
  });

  it('keeps the pixels of PNG and lossless WebP, nearly those of the others', async () => {
    for (const options of [{ format: 'png' }, { format: 'webp', lossless: true }] as const) {
      const { bytes } = await encodePicture(pixels, { ...options, infotext });
      const decoded = await decodePicture(bytes);
      expect(decoded).toMatchObject({ width: 24, height: 16, channels: 3 });
      expect(Buffer.from(decoded.data).equals(pixels.data)).toBe(true);
      expect(hashPixels(decoded)).toBe(receipt.pixelSha256);
    }
    const grey: Pixels = { width: 8, height: 8, channels: 3, data: new Uint8Array(192).fill(100) };
    for (const format of ['jpeg', 'webp'] as const) {
      const decoded = await decodePicture((await encodePicture(grey, { format })).bytes);
      expect(decoded.data.every((value) => Math.abs(value - 100) <= 1)).toBe(true);
    }
  });

  it('keeps opacity where the format can, and does without where it cannot', async () => {
    const clear: Pixels = { width: 4, height: 4, channels: 4, data: new Uint8Array(64).fill(128) };
    const channels = (format: 'png' | 'jpeg' | 'webp') =>
      encodePicture(clear, { format, infotext, lossless: true }).then(
        async ({ bytes }) => (await decodePicture(bytes)).channels,
      );
    expect([await channels('png'), await channels('webp'), await channels('jpeg')]).toEqual([4, 4, 3]);
  });

  it('saves as PNG what another format cannot hold, and says so', async () => {
    const wide: Pixels = { width: 16_384, height: 1, channels: 3, data: new Uint8Array(16_384 * 3) };
    expect(await encodePicture(wide, { format: 'webp' })).toMatchObject({
      format: 'png',
      notes: ['Saved as PNG: WEBP holds at most 16383 pixels a side.'],
    });
    const long = await encodePicture(pixels, { format: 'jpeg', infotext: 'x'.repeat(40_000) });
    expect(long.format).toBe('png');
    expect(long.notes[0]).toContain('JPEG holds at most 65527 bytes of generation data');
    expect((await readPicture(long.bytes, pictureHands)).texts.get('parameters')).toHaveLength(40_000);
    const fits = await encodePicture(pixels, { format: 'webp', infotext: 'x'.repeat(200_000) });
    expect((await readPicture(fits.bytes, pictureHands)).texts.get('UserComment')).toHaveLength(200_000);
  });
});

describe('decoding', () => {
  it('refuses damaged pictures with one clear error', async () => {
    const { bytes } = await encodePicture(pixels, { format: 'png' });
    await expect(decodePicture(bytes.subarray(0, bytes.length - 30))).rejects.toThrow(
      'picture: expected a picture that can be decoded',
    );
    await expect(decodePicture(new Uint8Array(0))).rejects.toThrow('picture: expected');
    await expect(decodePicture(new TextEncoder().encode('no picture'))).rejects.toMatchObject({ code: 'bad-file' });
  });

  it('turns pictures of one channel, of 16 bits and turned ones into RGB', async () => {
    const { default: sharp } = await import('sharp');
    const grey = await sharp(Buffer.from([0, 255]), { raw: { width: 2, height: 1, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    expect([...(await decodePicture(grey)).data]).toEqual([0, 0, 0, 255, 255, 255]);
    const deep = await sharp(Uint16Array.of(65_535, 0, 0x8080), { raw: { width: 1, height: 1, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect((await sharp(deep).metadata()).depth).toBe('ushort');
    expect([...(await decodePicture(deep)).data]).toEqual([255, 0, 128]);
    const turned = await sharp(pixels.data, { raw: pixels }).withMetadata({ orientation: 6 }).png().toBuffer();
    expect(await decodePicture(turned)).toMatchObject({ width: 16, height: 24 });
  });
});

it('resizes to any shape', async () => {
  const half = await resizePicture(pixels, 12, 4, 'nearest');
  expect(half).toMatchObject({ width: 12, height: 4, channels: 3 });
  expect(half.data).toHaveLength(12 * 4 * 3);
  const flat = await resizePicture({ width: 3, height: 3, channels: 3, data: new Uint8Array(27).fill(77) }, 7, 5);
  expect(new Set(flat.data)).toEqual(new Set([77]));
});

it('hashes colours without opacity, latents and texts', () => {
  const sha = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
  const data = new Uint8Array([1, 2, 3, 99, 4, 5, 6, 99]);
  expect(hashPixels({ width: 2, height: 1, channels: 4, data })).toBe(sha(Uint8Array.of(1, 2, 3, 4, 5, 6)));
  expect(hashLatent(Float32Array.of(1, -2))).toBe(sha(Uint8Array.of(0, 0, 128, 63, 0, 0, 0, 192)));
  expect(hashText('名')).toBe(sha(Uint8Array.of(0xe5, 0x90, 0x8d)));
});
