import { DanqingError } from '../errors.ts';
import { decodeLatin1, decodeUtf8, encodeLatin1, encodeUtf8, hasAscii, joinBytes, viewOf } from './bytes.ts';
import { crc32 } from './crc32.ts';
import { MAX_TEXT_BYTES } from './picture-file.ts';
import type { Inflate, PictureFile, PictureText } from './picture-file.ts';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const HEADER_BYTES = 13;

/** Whether bytes begin as a PNG file. */
export const isPng = (bytes: Uint8Array): boolean => SIGNATURE.every((byte, i) => bytes[i] === byte);

/**
 * Reads size and text chunks (tEXt, zTXt, iTXt, eXIf) of a PNG file, wherever they stand; pixels are not looked at.
 * What is damaged after the header is left out and named in the notes.
 * @throws bad-file when the signature or the header is damaged.
 */
export function readPng(bytes: Uint8Array, inflate: Inflate): PictureFile {
  const header = readHeader(bytes);
  const texts: PictureText[] = [];
  const notes: string[] = [];
  let exif: Uint8Array | undefined;
  for (const chunk of walkChunks(bytes, notes)) {
    if (!Object.hasOwn(TEXT_READERS, chunk.type) && chunk.type !== 'eXIf') continue;
    if (chunk.crc !== crc32(chunk.typeBytes, chunk.data)) {
      notes.push(`A ${chunk.type} chunk at byte ${chunk.at} fails its checksum and was not read.`);
    } else if (chunk.type === 'eXIf') exif = chunk.data;
    else {
      try {
        texts.push(TEXT_READERS[chunk.type as TextChunk](chunk.data, inflate));
      } catch (error) {
        if (!(error instanceof DanqingError)) throw error;
        notes.push(`A ${chunk.type} chunk at byte ${chunk.at} could not be read: ${error.message}`);
      }
    }
  }
  return { format: 'png', ...header, texts, notes, ...(exif && { exif }) };
}

/**
 * Puts text chunks behind the header of a PNG file. A text in Latin-1 becomes tEXt, any other iTXt, as Pillow does.
 * @throws bad-file for a damaged header, bad-value for a keyword that the format cannot hold.
 */
export function insertPngTexts(bytes: Uint8Array, texts: readonly PictureText[]): Uint8Array<ArrayBuffer> {
  readHeader(bytes);
  const headerEnd = SIGNATURE.length + 12 + HEADER_BYTES;
  return joinBytes(bytes.subarray(0, headerEnd), ...texts.map(textChunk), bytes.subarray(headerEnd));
}

interface Chunk {
  readonly type: string;
  readonly typeBytes: Uint8Array;
  readonly data: Uint8Array;
  readonly crc: number;
  readonly at: number;
}

type TextChunk = 'tEXt' | 'zTXt' | 'iTXt';

const TEXT_READERS: Readonly<Record<TextChunk, (data: Uint8Array, inflate: Inflate) => PictureText>> = {
  tEXt: (data) => {
    const [keyword, end] = readKeyword(data);
    return { keyword, text: decodeLatin1(data.subarray(end)) };
  },
  zTXt: (data, inflate) => {
    const [keyword, end] = readKeyword(data);
    return { keyword, text: decodeLatin1(inflateText(keyword, data[end], data.subarray(end + 1), inflate)) };
  },
  iTXt: (data, inflate) => {
    const [keyword, end] = readKeyword(data);
    const language = data.indexOf(0, end + 2);
    const translated = language < 0 ? -1 : data.indexOf(0, language + 1);
    if (translated < 0) throw badText(keyword, 'a language and a translated keyword', 'the end of the chunk');
    const rest = data.subarray(translated + 1);
    return { keyword, text: decodeUtf8(data[end] === 1 ? inflateText(keyword, data[end + 1], rest, inflate) : rest) };
  },
};

/** Yields chunks after the header up to IEND; a cut or nonsensical one ends the walk with a note. */
function* walkChunks(bytes: Uint8Array, notes: string[]): Generator<Chunk> {
  const view = viewOf(bytes);
  let at = SIGNATURE.length + 12 + HEADER_BYTES;
  while (at + 12 <= bytes.length) {
    const length = view.getUint32(at);
    const typeBytes = bytes.subarray(at + 4, at + 8);
    const type = decodeLatin1(typeBytes);
    if (!/^[A-Za-z]{4}$/.test(type) || at + 12 + length > bytes.length) break;
    if (type === 'IEND') return;
    yield { type, typeBytes, data: bytes.subarray(at + 8, at + 8 + length), crc: view.getUint32(at + 8 + length), at };
    at += 12 + length;
  }
  notes.push(`The file is damaged or cut from byte ${at} on; what stands before was read.`);
}

function readHeader(bytes: Uint8Array): { width: number; height: number } {
  const expected = 'a PNG signature and an IHDR chunk';
  if (!isPng(bytes)) throw badPng(expected, bytes.length === 0 ? 'an empty file' : 'other bytes');
  const view = viewOf(bytes);
  const end = SIGNATURE.length + 12 + HEADER_BYTES;
  if (bytes.length < end) throw badPng(expected, `a file of ${bytes.length} bytes`);
  if (view.getUint32(8) !== HEADER_BYTES || !hasAscii(bytes, 12, 'IHDR')) throw badPng(expected, 'another first chunk');
  if (view.getUint32(end - 4) !== crc32(bytes.subarray(12, end - 4)))
    throw badPng(expected, 'a header that fails its checksum');
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (width === 0 || height === 0) throw badPng('a size', `${width} x ${height} pixels`);
  return { width, height };
}

/** Reads the keyword of a text chunk and says where the rest begins. */
function readKeyword(data: Uint8Array): [keyword: string, end: number] {
  const end = data.subarray(0, 80).indexOf(0);
  if (end < 1) throw badText('text chunk', 'a keyword of 1 to 79 characters', 'none');
  return [decodeLatin1(data.subarray(0, end)), end + 1];
}

function inflateText(keyword: string, method: number | undefined, data: Uint8Array, inflate: Inflate): Uint8Array {
  if (method !== 0) throw badText(keyword, 'compression method 0 (deflate)', `method ${method ?? 'missing'}`);
  return inflate(data, MAX_TEXT_BYTES);
}

function textChunk({ keyword, text }: PictureText): Uint8Array {
  const key = encodeLatin1(keyword);
  if (key === undefined || key.length < 1 || key.length > 79 || key.includes(0)) {
    throw new DanqingError('bad-value', {
      where: `PNG keyword ${JSON.stringify(keyword)}`,
      expected: '1 to 79 Latin-1 characters without a zero',
      found: `${keyword.length} characters`,
    });
  }
  const latin = encodeLatin1(text);
  return latin
    ? makeChunk('tEXt', joinBytes(key, Uint8Array.of(0), latin))
    : // Not compressed, no language, no translated keyword.
      makeChunk('iTXt', joinBytes(key, Uint8Array.of(0, 0, 0, 0, 0), encodeUtf8(text)));
}

function makeChunk(type: string, data: Uint8Array): Uint8Array {
  const typeBytes = encodeUtf8(type);
  const frame = new Uint8Array(8);
  viewOf(frame).setUint32(0, data.length);
  viewOf(frame).setUint32(4, crc32(typeBytes, data));
  return joinBytes(frame.subarray(0, 4), typeBytes, data, frame.subarray(4));
}

const badPng = (expected: string, found: string): DanqingError =>
  new DanqingError('bad-file', { where: 'PNG file', expected, found });

const badText = (where: string, expected: string, found: string): DanqingError =>
  new DanqingError('bad-file', { where: `PNG text "${where}"`, expected, found });
