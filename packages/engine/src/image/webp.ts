import { DanqingError } from '../errors.ts';
import { decodeLatin1, encodeUtf8, hasAscii, joinBytes, viewOf } from './bytes.ts';
import type { PictureFile } from './picture-file.ts';

const RIFF_BYTES = 12;
const HAS_EXIF = 0x08;
const HAS_ALPHA = 0x10;

/** Whether bytes begin as a WebP file. */
export const isWebp = (bytes: Uint8Array): boolean => hasAscii(bytes, 0, 'RIFF') && hasAscii(bytes, 8, 'WEBP');

/**
 * Reads size and EXIF block of a WebP file; pixels are not looked at.
 * @throws bad-file when no chunk that tells the size can be read.
 */
export function readWebp(bytes: Uint8Array): PictureFile {
  const notes: string[] = [];
  let exif: Uint8Array | undefined;
  let size: { width: number; height: number } | undefined;
  for (const { type, data } of walkChunks(bytes, notes)) {
    size ??= readSize(type, data);
    // The label of JPEG does not belong here, but is common.
    if (type === 'EXIF') exif ??= hasAscii(data, 0, 'Exif\0\0') ? data.subarray(6) : data;
  }
  if (size === undefined) throw badWebp('a chunk VP8, VP8L or VP8X', `none in ${bytes.length} bytes`);
  return { format: 'webp', ...size, texts: [], notes, ...(exif && { exif }) };
}

/**
 * Puts an EXIF block into a WebP file that has none; a simple file becomes an extended one.
 * @throws bad-file as readWebp.
 */
export function insertWebpExif(bytes: Uint8Array, exif: Uint8Array): Uint8Array<ArrayBuffer> {
  const { width, height } = readWebp(bytes);
  const chunks = [...walkChunks(bytes, [])];
  const extended = chunks.find(({ type }) => type === 'VP8X');
  const lossless = chunks.find(({ type }) => type === 'VP8L');
  const header = new Uint8Array(10);
  // Bit 28 of the lossless header says whether there is transparency.
  if (extended) header.set(extended.data.subarray(0, 10));
  else if (lossless && ((lossless.data[4] ?? 0) & 0x10) !== 0) header[0] = HAS_ALPHA;
  header[0]! |= HAS_EXIF;
  write24(header, 4, width - 1);
  write24(header, 7, height - 1);
  const others = chunks.filter(({ type }) => type !== 'VP8X').map(({ type, data }) => makeChunk(type, data));
  const body = joinBytes(encodeUtf8('WEBP'), makeChunk('VP8X', header), ...others, makeChunk('EXIF', exif));
  return makeChunk('RIFF', body);
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

function* walkChunks(bytes: Uint8Array, notes: string[]): Generator<Chunk> {
  const view = viewOf(bytes);
  let at = RIFF_BYTES;
  while (at + 8 <= bytes.length) {
    const length = view.getUint32(at + 4, true);
    if (at + 8 + length > bytes.length) break;
    yield { type: decodeLatin1(bytes.subarray(at, at + 4)), data: bytes.subarray(at + 8, at + 8 + length) };
    at += 8 + length + (length & 1);
  }
  if (at < bytes.length) notes.push(`The file is damaged or cut from byte ${at} on; what stands before was read.`);
}

/** Size as each kind of picture chunk writes it; undefined for other chunks and broken ones. */
function readSize(type: string, data: Uint8Array): { width: number; height: number } | undefined {
  const view = viewOf(data);
  if (type === 'VP8X' && data.length >= 10) return { width: 1 + read24(data, 4), height: 1 + read24(data, 7) };
  if (type === 'VP8L' && data.length >= 5 && data[0] === 0x2f) {
    const bits = view.getUint32(1, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  if (type === 'VP8 ' && data.length >= 10 && data[3] === 0x9d && data[4] === 0x01 && data[5] === 0x2a) {
    return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff };
  }
  return undefined;
}

function makeChunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = new Uint8Array(4);
  viewOf(length).setUint32(0, data.length, true);
  return joinBytes(encodeUtf8(type), length, data, new Uint8Array(data.length & 1));
}

const read24 = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);

function write24(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value & 0xff;
  bytes[at + 1] = (value >>> 8) & 0xff;
  bytes[at + 2] = value >>> 16;
}

const badWebp = (expected: string, found: string): DanqingError =>
  new DanqingError('bad-file', { where: 'WebP file', expected, found });
