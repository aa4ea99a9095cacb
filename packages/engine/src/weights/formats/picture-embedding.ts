import { DanqingError } from '../../errors.ts';
import { readSideBands } from '../../image/side-bands.ts';
import type { Format, ReadOptions } from '../format.ts';
import { memorySource } from '../memory-source.ts';
import type { PlainValue } from '../plain-value.ts';
import type { ByteSource, TensorEntry, TensorIndex } from '../tensor-index.ts';

/**
 * A picture that carries an embedding, as A1111 saves it: a PNG with a text chunk of base64 of JSON, numbers written out, or any picture
 * without losses that has the same JSON, packed, in bands at its sides.
 */
export const pictureEmbeddingFormat: Format = {
  name: 'picture with an embedding',
  endings: [],
  recognise: (head) => isPng(head) || isWebp(head) || isAvif(head),
  read,
};

const isPng = (head: Uint8Array): boolean => SIGNATURE.every((byte, i) => head[i] === byte);
const isWebp = (head: Uint8Array): boolean => letters(head, 0, 4) === 'RIFF' && letters(head, 8, 12) === 'WEBP';
const isAvif = (head: Uint8Array): boolean => letters(head, 4, 12) === 'ftypavif';
const letters = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to));

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const KEYWORD = 'sd-ti-embedding\0';
const CHUNK_LIMIT = 100_000;
/** 32 MiB are more than a thousand vectors. */
const TEXT_LIMIT_BYTES = 32 * 2 ** 20;
/** Larger pictures are none that someone shares a word with. */
const PICTURE_LIMIT_BYTES = 64 * 2 ** 20;

async function read(source: ByteSource, options: ReadOptions = {}): Promise<TensorIndex> {
  const text = await findText(source);
  const json = text === undefined ? await findInPixels(source, options) : decodeText(source.file, text);
  if (json === undefined) {
    throw new DanqingError('bad-file', {
      where: source.file,
      expected: 'a picture that carries an embedding (chunk sd-ti-embedding)',
      found: 'a picture without one',
      advice:
        'Pictures that were saved again lose it: get the original file. How a picture was drawn tells `danqing info`.',
    });
  }
  const value = parse(source.file, json);
  const tensors = new Map<string, TensorEntry>();
  const derived = new Map<string, ByteSource>();
  const extras = new Map<string, PlainValue>();
  for (const [key, item] of Object.entries(value)) {
    if (key !== 'string_to_param') {
      if (item === null || ['string', 'number', 'boolean'].includes(typeof item)) extras.set(key, item as PlainValue);
      continue;
    }
    for (const [word, vectors] of Object.entries(item ?? {})) {
      const name = `${key}.${word}`;
      const place = `${source.file} › ${name}`;
      const { shape, bytes } = readVectors(place, vectors);
      tensors.set(name, { name, dtype: 'F32', shape, file: place, offset: 0, length: bytes.length });
      derived.set(place, memorySource(place, bytes));
    }
  }
  return { format: pictureEmbeddingFormat.name, file: source.file, tensors, metadata: new Map(), derived, extras };
}

/** The text of the chunk, where there is one; pixels are passed over unread. */
async function findText(source: ByteSource): Promise<Uint8Array | undefined> {
  if (!isPng(await source.read(0, Math.min(SIGNATURE.length, source.size)))) return undefined;
  let at = SIGNATURE.length;
  for (let count = 0; at + 12 <= source.size && count < CHUNK_LIMIT; count++) {
    const head = await source.read(at, 8);
    const length = new DataView(head.buffer, head.byteOffset, 8).getUint32(0);
    const type = String.fromCharCode(...head.subarray(4));
    if (at + 12 + length > source.size) break;
    if (type === 'tEXt' && length > KEYWORD.length) {
      const keyword = String.fromCharCode(...(await source.read(at + 8, KEYWORD.length)));
      if (keyword === KEYWORD) {
        if (length > TEXT_LIMIT_BYTES) {
          throw trouble(source.file, `at most ${TEXT_LIMIT_BYTES} bytes in the chunk`, `${length}`);
        }
        return source.read(at + 8 + KEYWORD.length, length - KEYWORD.length);
      }
    }
    at += 12 + length;
  }
  return undefined;
}

/** JSON from the bands at the sides of a picture, where it has such. */
async function findInPixels(source: ByteSource, { decodePicture, inflate }: ReadOptions): Promise<string | undefined> {
  if (decodePicture === undefined || inflate === undefined || source.size > PICTURE_LIMIT_BYTES) return undefined;
  const packed = readSideBands(await decodePicture(await source.read(0, source.size)));
  // zlib's header; what is behind the data is noise, its checksum as well.
  if (packed === undefined || packed.length < 8 || packed[0] !== 0x78) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await inflate(packed.subarray(2), TEXT_LIMIT_BYTES));
  } catch {
    return undefined;
  }
}

function decodeText(file: string, text: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(decodeBase64(text));
  } catch {
    throw trouble(file, 'base64 of JSON', 'something else');
  }
}

function parse(file: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw trouble(file, 'base64 of JSON', 'something else');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw trouble(file, 'a JSON object', 'another value');
  }
  return value as Record<string, unknown>;
}

function readVectors(where: string, value: unknown): { shape: number[]; bytes: Uint8Array<ArrayBuffer> } {
  const rows: unknown =
    typeof value === 'object' && value !== null && 'TORCHTENSOR' in value ? value.TORCHTENSOR : value;
  const width = Array.isArray(rows) && Array.isArray(rows[0]) ? rows[0].length : undefined;
  if (!Array.isArray(rows) || width === undefined) throw trouble(where, 'a list of vectors', 'something else');
  const numbers = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) {
    if (!Array.isArray(row) || row.length !== width) throw trouble(where, `vectors of ${width} numbers`, 'another one');
    for (const [j, number] of row.entries()) {
      if (typeof number !== 'number') throw trouble(where, 'numbers', typeof number);
      numbers[i * width + j] = number;
    }
  }
  return { shape: [rows.length, width], bytes: new Uint8Array(numbers.buffer) };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const SIXTETS: ReadonlyMap<number, number> = new Map([...ALPHABET].map((letter, i) => [letter.charCodeAt(0), i]));

/** @throws Error at a byte that is no digit of base64. */
function decodeBase64(text: Uint8Array): Uint8Array {
  let end = text.length;
  while (end > 0 && (text[end - 1] === 0x3d || text[end - 1] === 0x0a)) end--;
  const bytes = new Uint8Array(Math.floor((end * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < end; i++) {
    const sixtet = SIXTETS.get(text[i]!);
    if (sixtet === undefined) throw new Error(`byte ${i} is no digit of base64`);
    held = ((held << 6) | sixtet) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 0xff;
    }
  }
  return bytes;
}

const trouble = (where: string, expected: string, found: string): DanqingError =>
  new DanqingError('bad-file', { where, expected, found, advice: 'Get the original picture again.' });
