/** Polynomial of zip's checksum, bits reversed. */
const POLYNOMIAL = 0xedb88320;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? POLYNOMIAL ^ (value >>> 1) : value >>> 1;
  return value;
});

/** CRC-32 of `bytes`, or of `before` bytes and these, when `crc` is that of the former. */
export function crc32(bytes: Uint8Array, crc = 0): number {
  let value = ~crc;
  for (let i = 0; i < bytes.length; i++) value = TABLE[(value ^ bytes[i]!) & 0xff]! ^ (value >>> 8);
  return ~value >>> 0;
}

/**
 * CRC-32 of two stretches of bytes one after the other, from that of each and the length of the second: the first one is
 * carried through as many zeros, which is a linear map that is squared for each bit of the length.
 */
export function joinCrc32(first: number, second: number, secondLength: number): number {
  let power = byteStep;
  let value = first;
  for (let length = secondLength; length > 0; length = Math.floor(length / 2)) {
    if (length % 2 === 1) value = apply(power, value);
    power = square(power);
  }
  return (value ^ second) >>> 0;
}

/** A linear map of 32 bits: what each bit becomes. */
type Matrix = Uint32Array;

/** What one zero byte does. */
const byteStep: Matrix = Uint32Array.from({ length: 32 }, (_, bit) => {
  const value = (1 << bit) >>> 0;
  return TABLE[value & 0xff]! ^ (value >>> 8);
});

function apply(matrix: Matrix, value: number): number {
  let result = 0;
  for (let bit = 0; bit < 32; bit++) if ((value >>> bit) & 1) result ^= matrix[bit]!;
  return result >>> 0;
}

function square(matrix: Matrix): Matrix {
  return matrix.map((column) => apply(matrix, column));
}
