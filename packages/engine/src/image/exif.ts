import { DanqingError } from '../errors.ts';
import {
  decodeLatin1,
  decodeUtf16,
  decodeUtf8,
  encodeUtf16,
  encodeUtf8,
  hasAscii,
  joinBytes,
  tryDecodeUtf8,
  viewOf,
} from './bytes.ts';
import type { PictureText } from './picture-file.ts';

// An EXIF block is a TIFF file without a picture: directories of (tag, type, count, value or offset of it).

/** Fields that programs keep generation data in, by tag. */
const FIELD_NAMES: ReadonlyMap<number, string> = new Map([
  [0x010e, 'ImageDescription'],
  [0x010f, 'Make'],
  [0x0110, 'Model'],
  [0x0131, 'Software'],
  [0x013b, 'Artist'],
  [0x927c, 'MakerNote'],
  [0x9286, 'UserComment'],
  [0x9c9b, 'XPTitle'],
  [0x9c9c, 'XPComment'],
]);
const EXIF_DIRECTORY = 0x8769;
const MAKER_NOTE = 0x927c;
const USER_COMMENT = 0x9286;

/** Bytes of one element by TIFF type number. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
const LONG = 4;
const UNDEFINED = 7;
const ENTRY_BYTES = 12;

/**
 * Reads the text fields of an EXIF block, in either byte order.
 * @throws bad-file when it is not one, or points outside itself.
 */
export function readExif(block: Uint8Array): PictureText[] {
  const littleEndian = hasAscii(block, 0, 'II');
  if (!littleEndian && !hasAscii(block, 0, 'MM')) throw badExif('the byte order II or MM', 'other bytes');
  const view = viewOf(block);
  if (block.length < 8 || view.getUint16(2, littleEndian) !== 42) throw badExif('the number 42 behind it', 'another');
  const texts: PictureText[] = [];
  const directories = [view.getUint32(4, littleEndian)];
  // Each tag once: entries may overlap, and a hostile file could ask for the same bytes many thousand times.
  const seen = new Set<number>();
  for (let start = directories.pop(); start !== undefined; start = directories.pop()) {
    for (const { tag, value } of readDirectory(view, start, littleEndian)) {
      if (seen.has(tag)) continue;
      seen.add(tag);
      if (tag === EXIF_DIRECTORY && value.length >= 4) directories.push(viewOf(value).getUint32(0, littleEndian));
      const keyword = FIELD_NAMES.get(tag);
      if (keyword === undefined) continue;
      const text = decodeField(tag, value, littleEndian);
      if (text !== '') texts.push({ keyword, text });
    }
  }
  return texts;
}

/**
 * Builds an EXIF block, high byte first, with the infotext as UserComment (UTF-16 behind `UNICODE\0`, as A1111 writes
 * it) and, if given, bytes of our own as MakerNote.
 */
export function buildExif(userComment: string, makerNote?: Uint8Array): Uint8Array<ArrayBuffer> {
  const comment = joinBytes(encodeUtf8('UNICODE\0'), encodeUtf16(userComment));
  const fields = [...(makerNote ? [{ tag: MAKER_NOTE, value: makerNote }] : []), { tag: USER_COMMENT, value: comment }];
  // Header, one directory that points to the other, that one, then the values on even offsets.
  const exifDirectory = 8 + 2 + ENTRY_BYTES + 4;
  let valueAt = exifDirectory + 2 + fields.length * ENTRY_BYTES + 4;
  const block = new Uint8Array(fields.reduce((end, { value }) => end + value.length + (value.length & 1), valueAt));
  const view = viewOf(block);
  block.set(encodeUtf8('MM'));
  view.setUint16(2, 42);
  view.setUint32(4, 8);
  writeEntry(view, 8, 0, { tag: EXIF_DIRECTORY, type: LONG, count: 1, value: exifDirectory });
  view.setUint16(8, 1);
  view.setUint16(exifDirectory, fields.length);
  fields.forEach(({ tag, value }, i) => {
    writeEntry(view, exifDirectory, i, { tag, type: UNDEFINED, count: value.length, value: valueAt });
    block.set(value, valueAt);
    valueAt += value.length + (value.length & 1);
  });
  return block;
}

interface Entry {
  readonly tag: number;
  readonly value: Uint8Array;
}

function* readDirectory(view: DataView, start: number, littleEndian: boolean): Generator<Entry> {
  const inside = (at: number, length: number): boolean => at + length <= view.byteLength;
  if (!inside(start, 2)) throw badExif('a directory inside the block', `one at byte ${start} of ${view.byteLength}`);
  const count = view.getUint16(start, littleEndian);
  if (!inside(start + 2, count * ENTRY_BYTES)) throw badExif(`a directory of ${count} entries`, 'the end of the block');
  for (let i = 0; i < count; i++) {
    const at = start + 2 + i * ENTRY_BYTES;
    const tag = view.getUint16(at, littleEndian);
    const length = view.getUint32(at + 4, littleEndian) * (TYPE_BYTES[view.getUint16(at + 2, littleEndian)] ?? 0);
    const valueAt = length <= 4 ? at + 8 : view.getUint32(at + 8, littleEndian);
    // Fields of no interest may be damaged; cameras do that.
    if (inside(valueAt, length)) yield { tag, value: new Uint8Array(view.buffer, view.byteOffset + valueAt, length) };
    else if (FIELD_NAMES.has(tag)) {
      throw badExif(`${length} bytes of ${FIELD_NAMES.get(tag)}`, `a block that ends at ${view.byteLength}`);
    }
  }
}

function writeEntry(
  view: DataView,
  directory: number,
  index: number,
  entry: { tag: number; type: number; count: number; value: number },
): void {
  const at = directory + 2 + index * ENTRY_BYTES;
  view.setUint16(at, entry.tag);
  view.setUint16(at + 2, entry.type);
  view.setUint32(at + 4, entry.count);
  view.setUint32(at + 8, entry.value);
}

function decodeField(tag: number, value: Uint8Array, littleEndian: boolean): string {
  if (tag === USER_COMMENT) return decodeUserComment(value, littleEndian);
  // Windows keeps its own fields in UTF-16, low byte first.
  if (tag >= 0x9c9b) return trimZeros(decodeUtf16(value, true));
  return trimZeros(tryDecodeUtf8(value) ?? decodeLatin1(value));
}

/** UserComment says its character set in its first eight bytes; several programs leave that out. */
function decodeUserComment(value: Uint8Array, littleEndian: boolean): string {
  const rest = value.subarray(8);
  if (hasAscii(value, 0, 'UNICODE\0')) return trimZeros(decodeUnicode(rest, littleEndian));
  const named =
    hasAscii(value, 0, 'ASCII\0\0\0') || hasAscii(value, 0, 'JIS\0\0\0\0\0') || hasAscii(value, 0, '\0\0\0\0\0\0\0\0');
  return trimZeros(decodeUtf8(named ? rest : value));
}

/**
 * The standard leaves the byte order open: some write that of the block, A1111 always high byte first. A byte order mark decides,
 * or that the other order shows far more Latin letters; a few it shows by chance, for 一 is `N` from the other side.
 */
function decodeUnicode(bytes: Uint8Array, littleEndian: boolean): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeUtf16(bytes.subarray(2), true);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeUtf16(bytes.subarray(2), false);
  let [highFirst, lowFirst] = [0, 0];
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    const [one, other] = [bytes[i]!, bytes[i + 1]!];
    if (one === 0 && isAscii(other)) highFirst++;
    if (other === 0 && isAscii(one)) lowFirst++;
  }
  const [own, swapped] = littleEndian ? [lowFirst, highFirst] : [highFirst, lowFirst];
  return decodeUtf16(bytes, swapped > 4 * own ? !littleEndian : littleEndian);
}

const isAscii = (byte: number): boolean => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a;

const trimZeros = (text: string): string => {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
};

const badExif = (expected: string, found: string): DanqingError =>
  new DanqingError('bad-file', { where: 'EXIF block', expected, found });
