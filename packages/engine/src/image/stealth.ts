import { decodeLatin1, decodeUtf8 } from './bytes.ts';
import { MAX_TEXT_BYTES } from './picture-file.ts';
import type { Inflate } from './picture-file.ts';
import type { Pixels } from './pixels.ts';

// "Stealth PNG info": text in the lowest bits of opacity, or of the colours, one pixel after the other down each column;
// a signature of 15 characters, the length in bits (32 bits, high first), the text, plain or as gzip.

const SIGNATURE_BYTES = 15;
const LENGTH_BYTES = 4;
const HEADER_BYTES = SIGNATURE_BYTES + LENGTH_BYTES;

/**
 * Reads text that is hidden in pixels.
 * @returns undefined when there is no signature, or the length cannot be.
 * @throws what `gunzip` throws, when the signature is there and the data is damaged.
 */
export function readStealth(pixels: Pixels, gunzip: Inflate): string | undefined {
  if (pixels.channels === 4) {
    const found = readLayer(pixels, [3], 'stealth_pnginfo', 'stealth_pngcomp', gunzip);
    if (found !== undefined) return found;
  }
  return readLayer(pixels, [0, 1, 2], 'stealth_rgbinfo', 'stealth_rgbcomp', gunzip);
}

function readLayer(
  pixels: Pixels,
  channels: readonly number[],
  plain: string,
  compressed: string,
  gunzip: Inflate,
): string | undefined {
  const header = readBits(pixels, channels, 0, HEADER_BYTES);
  const signature = decodeLatin1(header.subarray(0, SIGNATURE_BYTES));
  if (header.length < HEADER_BYTES || (signature !== plain && signature !== compressed)) return undefined;
  const length = new DataView(header.buffer).getUint32(SIGNATURE_BYTES) / 8;
  const payload = readBits(pixels, channels, HEADER_BYTES, length);
  if (!Number.isInteger(length) || payload.length < length) return undefined;
  return decodeUtf8(signature === compressed ? gunzip(payload, MAX_TEXT_BYTES) : payload);
}

/** Reads whole bytes from the lowest bits of the channels, from byte `from` on; fewer when the picture ends. */
function readBits(pixels: Pixels, channels: readonly number[], from: number, count: number): Uint8Array<ArrayBuffer> {
  const { width, height, data } = pixels;
  const available = Math.floor((width * height * channels.length) / 8);
  const bytes = new Uint8Array(Math.max(0, Math.min(Math.floor(count), available - from)));
  for (let i = 0; i < bytes.length * 8; i++) {
    const bit = from * 8 + i;
    const pixel = Math.floor(bit / channels.length);
    const [x, y] = [Math.floor(pixel / height), pixel % height];
    const value = data[(y * width + x) * pixels.channels + channels[bit % channels.length]!]!;
    bytes[i >> 3]! |= (value & 1) << (7 - (i & 7));
  }
  return bytes;
}
