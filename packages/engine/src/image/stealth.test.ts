import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { encodeUtf8, joinBytes, viewOf } from './bytes.ts';
import type { Pixels } from './pixels.ts';
import { readStealth } from './stealth.ts';

const gunzip = (data: Uint8Array, maxBytes: number): Uint8Array => gunzipSync(data, { maxOutputLength: maxBytes });

/** Hides a payload as the format's own writers do, bit by bit down the columns. */
function hide(
  signature: string,
  payload: Uint8Array,
  channels: 3 | 4,
  layer: readonly number[],
  bits = payload.length * 8,
): Pixels {
  const length = new Uint8Array(4);
  viewOf(length).setUint32(0, bits);
  const bytes = joinBytes(encodeUtf8(signature), length, payload);
  const [width, height] = [40, 50];
  const data = new Uint8Array(width * height * channels).fill(254);
  [...bytes]
    .flatMap((byte) => Array.from({ length: 8 }, (_, i) => (byte >> (7 - i)) & 1))
    .forEach((bit, i) => {
      const pixel = Math.floor(i / layer.length);
      data[((pixel % height) * width + Math.floor(pixel / height)) * channels + layer[i % layer.length]!] = 254 | bit;
    });
  return { width, height, channels, data };
}

const text = 'a cat, 名\nSteps: 1';

it.each([
  ['stealth_pnginfo', encodeUtf8(text), 4, [3]],
  ['stealth_pngcomp', gzipSync(text), 4, [3]],
  ['stealth_rgbinfo', encodeUtf8(text), 3, [0, 1, 2]],
  ['stealth_rgbcomp', gzipSync(text), 4, [0, 1, 2]],
] as const)('reads %s', (signature, payload, channels, layer) => {
  expect(readStealth(hide(signature, payload, channels, layer), gunzip)).toBe(text);
});

it('finds nothing without a signature, or with a length that cannot be', () => {
  expect(readStealth({ width: 2, height: 2, channels: 4, data: new Uint8Array(16) }, gunzip)).toBeUndefined();
  expect(readStealth(hide('stealth_other__', encodeUtf8(text), 4, [3]), gunzip)).toBeUndefined();
  expect(readStealth(hide('stealth_pnginfo', encodeUtf8(text), 4, [3], 0xffffffff), gunzip)).toBeUndefined();
  expect(readStealth(hide('stealth_pnginfo', encodeUtf8(text), 4, [3], 7), gunzip)).toBeUndefined();
});
