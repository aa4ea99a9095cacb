import { DanqingError } from '../errors.ts';
import { decodeUtf8, encodeUtf8, hasAscii, joinBytes, viewOf } from './bytes.ts';
import type { PictureFile, PictureText } from './picture-file.ts';

const EXIF_LABEL = 'Exif\0\0';
const APP1 = 0xe1;
const COMMENT = 0xfe;
const START_OF_SCAN = 0xda;
const END = 0xd9;

/** The most bytes of an EXIF block that one JPEG segment holds. */
export const MAX_JPEG_EXIF_BYTES = 65_535 - 2 - EXIF_LABEL.length;

/** Whether bytes begin as a JPEG file. */
export const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;

/**
 * Reads size, EXIF block and comment of a JPEG file; pixels are not looked at.
 * @throws bad-file when the segments are damaged before the size is known.
 */
export function readJpeg(bytes: Uint8Array): PictureFile {
  const texts: PictureText[] = [];
  const notes: string[] = [];
  let exif: Uint8Array | undefined;
  let size: { width: number; height: number } | undefined;
  for (const { marker, data } of walkSegments(bytes, notes)) {
    if (marker === APP1 && hasAscii(data, 0, EXIF_LABEL)) exif ??= data.subarray(EXIF_LABEL.length);
    else if (marker === COMMENT) texts.push({ keyword: 'comment', text: decodeUtf8(data) });
    else if (isFrame(marker) && data.length >= 5)
      size ??= { height: viewOf(data).getUint16(1), width: viewOf(data).getUint16(3) };
  }
  if (size === undefined || size.width === 0) {
    throw new DanqingError('bad-file', {
      where: 'JPEG file',
      expected: 'a frame header with the size of the picture',
      found: `none in ${bytes.length} bytes`,
    });
  }
  return { format: 'jpeg', ...size, texts, notes, ...(exif && { exif }) };
}

/**
 * Puts an EXIF block into a JPEG file that has none, behind the JFIF segment if there is one.
 * @throws unsupported when the block is longer than a segment can be.
 */
export function insertJpegExif(bytes: Uint8Array, exif: Uint8Array): Uint8Array<ArrayBuffer> {
  if (exif.length > MAX_JPEG_EXIF_BYTES) {
    throw new DanqingError('unsupported', {
      where: 'JPEG file',
      expected: `at most ${MAX_JPEG_EXIF_BYTES} bytes of generation data`,
      found: `${exif.length} bytes`,
      advice: 'Save as PNG or WebP.',
    });
  }
  const at = bytes[2] === 0xff && bytes[3] === 0xe0 ? 4 + viewOf(bytes).getUint16(4) : 2;
  const head = new Uint8Array(4);
  viewOf(head).setUint16(0, 0xff00 | APP1);
  viewOf(head).setUint16(2, 2 + EXIF_LABEL.length + exif.length);
  return joinBytes(bytes.subarray(0, at), head, encodeUtf8(EXIF_LABEL), exif, bytes.subarray(at));
}

/** Start-of-frame markers, without the three of that range that mean something else. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** Yields the segments before the picture data. */
function* walkSegments(bytes: Uint8Array, notes: string[]): Generator<{ marker: number; data: Uint8Array }> {
  const view = viewOf(bytes);
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1]!;
    if (marker === START_OF_SCAN || marker === END) return;
    // Fill bytes and markers without a length.
    if (marker === 0xff) at += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) at += 2;
    else {
      const length = view.getUint16(at + 2);
      if (length < 2 || at + 2 + length > bytes.length) break;
      yield { marker, data: bytes.subarray(at + 4, at + 2 + length) };
      at += 2 + length;
    }
  }
  notes.push(`The file is damaged or cut from byte ${at} on; what stands before was read.`);
}
