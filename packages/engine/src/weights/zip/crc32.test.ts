import { expect, it } from 'vitest';
import { crc32, joinCrc32 } from './crc32.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

it('has the check value of the standard, in one go or several', () => {
  expect(crc32(text('123456789'))).toBe(0xcbf43926);
  expect(crc32(text('456789'), crc32(text('123')))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array())).toBe(0);
});

it('joins the checksums of two stretches of any length', () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 37) & 0xff);
  for (const cut of [0, 1, 2, 255, 256, 257, 999, 1000]) {
    const [first, second] = [bytes.subarray(0, cut), bytes.subarray(cut)];
    expect(joinCrc32(crc32(first), crc32(second), second.length)).toBe(crc32(bytes));
  }
});

it('carries a checksum over more bytes than 32 bits count', () => {
  const zeros = crc32(new Uint8Array(8192));
  let [half, length] = [zeros, 8192];
  for (; length < 2 ** 32; length *= 2) half = joinCrc32(half, half, length);
  // What Python's zlib.crc32 says of 2^33 zeros.
  expect(joinCrc32(half, half, 2 ** 32)).toBe(0x41d912ff);
});
