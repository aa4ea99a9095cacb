import { readFileSync } from 'node:fs';
import { deflateSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { encodeUtf8, joinBytes, viewOf } from './bytes.ts';
import { crc32 } from './crc32.ts';
import { insertPngTexts, readPng } from './png.ts';

const picture = (name: string): Uint8Array => new Uint8Array(readFileSync(sharedData(`images/${name}`)));
const plain = picture('parsers_AUTOMATIC1111_automatic1111_cropped.png');
const fixture = JSON.parse(
  readFileSync(new URL('../../../../tests/fixtures/image/texts.json', import.meta.url), 'utf8'),
) as { png: [string, string, string][] };
const inflate = (data: Uint8Array, maxBytes: number): Uint8Array => inflateSync(data, { maxOutputLength: maxBytes });

function chunk(type: string, data: Uint8Array, crc = crc32(encodeUtf8(type), data)): Uint8Array {
  const ends = new Uint8Array(8);
  viewOf(ends).setUint32(0, data.length);
  viewOf(ends).setUint32(4, crc);
  return joinBytes(ends.subarray(0, 4), encodeUtf8(type), data, ends.subarray(4));
}

/** The picture with other chunks between header and pixels. */
const withChunks = (...chunks: Uint8Array[]): Uint8Array =>
  joinBytes(plain.subarray(0, 33), ...chunks, plain.subarray(33));

describe('reading', () => {
  it('finds text before and behind the pixels', () => {
    expect(readPng(plain, inflate)).toMatchObject({ format: 'png', width: 1, height: 1, notes: [] });
    const { texts, notes } = readPng(picture('bad_images_text_after_idat.png'), inflate);
    expect(notes).toEqual([]);
    expect(texts.find(({ keyword }) => keyword === 'parameters')?.text).toBe(
      'photo of a duck\nNegative prompt: monochrome\nSteps: 15, Sampler: UniPC, CFG scale: 5, Seed: 235284042, ' +
        'Size: 512x400, Model hash: c0d1994c73, Model: realistic_realisticVisionV20_v20',
    );
  });

  it('reads all three kinds of text', () => {
    const file = withChunks(
      chunk('tEXt', Uint8Array.of(...encodeUtf8('latin\0'), 0xe9)),
      chunk('zTXt', joinBytes(encodeUtf8('packed\0\0'), deflateSync(Uint8Array.of(0xe9, 0x61)))),
      chunk('iTXt', encodeUtf8('utf\0\0\0en\0übersetzt\0名 😀')),
      chunk('iTXt', joinBytes(encodeUtf8('both\0\x01\0\0\0'), deflateSync(encodeUtf8('名'.repeat(9))))),
      chunk('eXIf', encodeUtf8('MM')),
    );
    const { texts, exif, notes } = readPng(file, inflate);
    expect(Object.fromEntries(texts.slice(0, 4).map(({ keyword, text }) => [keyword, text]))).toEqual({
      latin: 'é',
      packed: 'éa',
      utf: '名 😀',
      both: '名'.repeat(9),
    });
    expect(exif).toEqual(encodeUtf8('MM'));
    expect(notes).toEqual([]);
  });

  it('leaves out what is damaged and says so', () => {
    const broken = [
      chunk('tEXt', encodeUtf8('a\0b'), 1),
      chunk('tEXt', encodeUtf8('\0no keyword')),
      chunk('zTXt', encodeUtf8('a\0\x07method')),
      chunk('iTXt', encodeUtf8('a\0\0\0no translated keyword')),
    ];
    for (const one of broken) {
      const { texts, notes } = readPng(withChunks(one), inflate);
      expect(texts.map(({ keyword }) => keyword)).toEqual(['parameters']);
      expect(notes).toHaveLength(1);
    }
    const cut = readPng(plain.subarray(0, plain.length - 20), inflate);
    expect(cut.texts).toHaveLength(1);
    expect(cut.notes[0]).toContain('damaged or cut');
  });

  it('refuses what is no PNG file with one clear error', () => {
    expect(() => readPng(picture('bad_images_empty_file.png'), inflate)).toThrow(
      'PNG file: expected a PNG signature and an IHDR chunk, found an empty file.',
    );
    expect(() => readPng(plain.subarray(0, 20), inflate)).toThrow('found a file of 20 bytes');
    const flipped = plain.slice();
    flipped[19]! ^= 1;
    expect(() => readPng(flipped, inflate)).toThrow('a header that fails its checksum');
  });
});

describe('writing', () => {
  it.each(fixture.png)('writes the text %s %j as Pillow does', (keyword, text, hex) => {
    const written = Buffer.from(insertPngTexts(plain, [{ keyword, text }]));
    const length = hex.length / 2;
    expect(written.subarray(33, 33 + length).toString('hex')).toBe(hex);
    expect(written.subarray(33 + length).equals(plain.subarray(33))).toBe(true);
    expect(readPng(written, inflate).texts[0]).toEqual({ keyword, text });
  });

  it.each(['', 'x'.repeat(80), '名', 'a\0b'])('refuses the keyword %j', (keyword) => {
    expect(() => insertPngTexts(plain, [{ keyword, text: '' }])).toThrow('1 to 79 Latin-1 characters');
  });
});
