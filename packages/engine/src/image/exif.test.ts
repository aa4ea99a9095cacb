import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { DanqingError } from '../errors.ts';
import { encodeUtf8, joinBytes, viewOf } from './bytes.ts';
import { buildExif, readExif } from './exif.ts';
import { insertJpegExif, MAX_JPEG_EXIF_BYTES, readJpeg } from './jpeg.ts';
import { insertWebpExif, readWebp } from './webp.ts';

const jpeg = readFileSync(sharedData('images/bad_images_empty_image.jpg'));

const fixture = JSON.parse(
  readFileSync(new URL('../../../../tests/fixtures/image/texts.json', import.meta.url), 'utf8'),
) as { comments: [string, string][] };

/** A block with one entry in its only directory. */
function blockOf(littleEndian: boolean, tag: number, type: number, value: Uint8Array): Uint8Array {
  const head = new Uint8Array(26);
  const view = viewOf(head);
  head.set(encodeUtf8(littleEndian ? 'II' : 'MM'));
  view.setUint16(2, 42, littleEndian);
  view.setUint32(4, 8, littleEndian);
  view.setUint16(8, 1, littleEndian);
  view.setUint16(10, tag, littleEndian);
  view.setUint16(12, type, littleEndian);
  view.setUint32(14, type === 4 ? value.length / 4 : value.length, littleEndian);
  if (value.length > 4) view.setUint32(18, 26, littleEndian);
  else head.set(value, 18);
  return value.length > 4 ? joinBytes(head, value) : head;
}

const utf16 = (text: string, littleEndian: boolean): Uint8Array => {
  const bytes = Buffer.from(text, 'utf16le');
  return littleEndian ? bytes : bytes.swap16();
};

describe('reading', () => {
  it('reads the comment of A1111', () => {
    const file = readJpeg(readFileSync(sharedData('images/parsers_AUTOMATIC1111_automatic1111_cropped.jpg')));
    expect(file).toMatchObject({ format: 'jpeg', width: 1, height: 1, notes: [] });
    expect(readExif(file.exif!)).toEqual([
      {
        keyword: 'UserComment',
        text:
          'photo of a duck\nNegative prompt: monochrome\nSteps: 15, Sampler: UniPC, CFG scale: 5, Seed: 235284042, ' +
          'Size: 512x400, Model hash: c0d1994c73, Model: realistic_realisticVisionV20_v20',
      },
    ]);
  });

  it.each([
    ['high byte first in a block of the same order', false, joinBytes(encodeUtf8('UNICODE\0'), utf16('duck é', false))],
    ['low byte first in a block of the other order', false, joinBytes(encodeUtf8('UNICODE\0'), utf16('duck é', true))],
    ['high byte first in a block of the other order', true, joinBytes(encodeUtf8('UNICODE\0'), utf16('duck é', false))],
    ['with a byte order mark', false, joinBytes(encodeUtf8('UNICODE\0'), utf16('\ufeffduck é', true))],
    ['ASCII that is UTF-8', true, joinBytes(encodeUtf8('ASCII\0\0\0'), encodeUtf8('duck é'))],
    ['without a character set', true, joinBytes(new Uint8Array(8), encodeUtf8('duck é'))],
    ['without anything in front', false, encodeUtf8('duck é')],
  ])('reads a comment %s', (_, littleEndian, value) => {
    expect(readExif(blockOf(littleEndian, 0x9286, 7, value))).toEqual([{ keyword: 'UserComment', text: 'duck é' }]);
  });

  it('reads a comment whose letters look like Latin ones from the other side', () => {
    expect(readExif(buildExif('a一一Ā'))).toEqual([{ keyword: 'UserComment', text: 'a一一Ā' }]);
  });

  it('reads short values that stand in their entry, Latin-1, and the fields of Windows', () => {
    expect(readExif(blockOf(true, 0x0131, 2, encodeUtf8('ab\0')))).toEqual([{ keyword: 'Software', text: 'ab' }]);
    expect(readExif(blockOf(false, 0x010e, 2, Uint8Array.of(0xe9, 0x61, 0x62, 0x63, 0)))).toEqual([
      { keyword: 'ImageDescription', text: 'éabc' },
    ]);
    expect(readExif(blockOf(false, 0x9c9c, 1, utf16('名前\0', true)))).toEqual([
      { keyword: 'XPComment', text: '名前' },
    ]);
  });

  it('refuses what points outside itself', () => {
    const block = blockOf(false, 0x9286, 7, encodeUtf8('UNICODE\0'));
    expect(() => readExif(block.subarray(0, 30))).toThrow('EXIF block: expected 8 bytes of UserComment');
    expect(() => readExif(encodeUtf8('XX'))).toThrow('the byte order II or MM');
    const endless = blockOf(false, 0x8769, 4, Uint8Array.of(0, 0, 0, 8));
    expect(readExif(endless)).toEqual([]);
  });

  test('any bytes give texts or a DanqingError, in reasonable time', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, littleEndian) => {
        const block = joinBytes(
          littleEndian ? Uint8Array.of(0x49, 0x49, 42, 0) : Uint8Array.of(0x4d, 0x4d, 0, 42),
          bytes,
        );
        try {
          readExif(block);
        } catch (error) {
          if (!(error instanceof DanqingError)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
    // Every entry claims the whole of a large block.
    const entries = 65_535;
    const large = new Uint8Array(10 + entries * 12);
    const view = viewOf(large);
    large.set([0x4d, 0x4d, 0, 42, 0, 0, 0, 8]);
    view.setUint16(8, entries);
    for (let i = 0; i < entries; i++) {
      view.setUint32(10 + i * 12, (0x9286 << 16) | 7);
      view.setUint32(14 + i * 12, large.length);
    }
    expect(readExif(large)).toHaveLength(1);
  });
});

describe('writing', () => {
  const maker = encodeUtf8('danqing\0{"a":1}');

  it.each(fixture.comments)('writes the comment %j as A1111 does', (text, hex) => {
    expect(Buffer.from(buildExif(text)).toString('hex').endsWith(hex)).toBe(true);
  });

  it('writes a block that can be read again', () => {
    fc.assert(
      fc.property(
        fc
          .string({ unit: 'binary', minLength: 1 })
          .filter((text) => !text.includes('\0') && !text.startsWith('\ufeff')),
        (text) => {
          // A text of nothing but far Eastern letters does not show its byte order; then that of the block holds.
          expect(readExif(buildExif(`a${text}`))).toEqual([{ keyword: 'UserComment', text: `a${text}` }]);
        },
      ),
    );
    expect(readExif(buildExif('a', maker))).toEqual([
      { keyword: 'MakerNote', text: 'danqing\0{"a":1}' },
      { keyword: 'UserComment', text: 'a' },
    ]);
  });

  it('puts it into a JPEG file, before everything but the JFIF segment', () => {
    const exif = buildExif('cat', maker);
    const written = insertJpegExif(jpeg, exif);
    expect([...written.subarray(20, 24)]).toEqual([0xff, 0xe1, (exif.length + 8) >> 8, (exif.length + 8) & 0xff]);
    expect(readJpeg(written).exif).toEqual(exif);
    expect(Buffer.from(written.subarray(20 + 10 + exif.length)).equals(jpeg.subarray(20))).toBe(true);
    expect(() => insertJpegExif(jpeg, new Uint8Array(MAX_JPEG_EXIF_BYTES + 1))).toThrow('Save as PNG or WebP.');
    expect(readJpeg(insertJpegExif(jpeg, new Uint8Array(MAX_JPEG_EXIF_BYTES))).exif).toHaveLength(MAX_JPEG_EXIF_BYTES);
  });

  it('puts it into a WebP file, simple or extended', () => {
    const lossless = Buffer.from('UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==', 'base64');
    const exif = buildExif('cat', maker);
    const once = insertWebpExif(lossless, exif);
    expect(readWebp(once)).toMatchObject({ width: 1, height: 1, notes: [], exif });
    expect([...once.subarray(12, 30)]).toEqual([...encodeUtf8('VP8X'), 10, 0, 0, 0, 0x18, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(viewOf(once).getUint32(4, true)).toBe(once.length - 8);
  });

  it('refuses damaged files with one clear error', () => {
    expect(() => readJpeg(jpeg.subarray(0, 30))).toThrow('JPEG file: expected a frame header');
    expect(() => readWebp(encodeUtf8('RIFF\0\0\0\0WEBP'))).toThrow('WebP file: expected a chunk VP8, VP8L or VP8X');
  });
});
