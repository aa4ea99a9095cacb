import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sharedData } from '../../../../../tests/shared-data.ts';
import { memorySource } from '../memory-source.ts';
import { openIndex } from '../open-index.ts';
import type { ByteSource } from '../tensor-index.ts';

const picture = (): Uint8Array => readFileSync(sharedData('ti/gasai-yuno-200.png'));

/** A PNG of one text chunk with a checksum that nobody looks at. */
function pngOf(text: string): Uint8Array {
  const data = Buffer.from(`sd-ti-embedding\0${text}`, 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([picture().subarray(0, 8), length, Buffer.from('tEXt'), data, Buffer.alloc(4)]);
}
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');
const open = (bytes: Uint8Array) => openIndex(memorySource('word.png', bytes));

describe('a picture that carries an embedding', () => {
  it('has the vectors of the file that it was saved with', async () => {
    const index = await open(picture());
    expect(index.format).toBe('picture with an embedding');
    expect(Object.fromEntries(index.extras!)).toMatchObject({ name: 'gasai yuno', step: 200 });
    const entry = index.tensors.get('string_to_param.*')!;
    expect([entry.dtype, entry.shape]).toEqual(['F32', [8, 768]]);
    const bytes = readFileSync(sharedData('ti/gasai-yuno-200.pt'));
    const file = await openIndex(memorySource('word.pt', bytes));
    const stored = file.tensors.get('string_to_param.*')!;
    const read = async (source: ByteSource, { offset, length }: { offset: number; length: number }) =>
      Buffer.from(await source.read(offset, length)).toString('hex');
    const own = await read(index.derived!.get(entry.file)!, entry);
    expect(own).toBe(await read(memorySource('word.pt', bytes), stored));
  });

  it('is read without its pixels', async () => {
    const bytes = picture();
    let total = 0;
    const source: ByteSource = {
      ...memorySource('word.png', bytes),
      read: async (offset, length) => {
        total += length;
        return memorySource('word.png', bytes).read(offset, length);
      },
    };
    await openIndex(source);
    expect(total).toBeLessThan(300_000);
    expect(bytes.length).toBeGreaterThan(500_000);
  });

  it.each([
    ['no chunk', picture().subarray(0, 8), 'found a picture without one'],
    ['no base64', pngOf('%%%'), 'expected base64 of JSON'],
    ['no JSON', pngOf(Buffer.from('{').toString('base64')), 'expected base64 of JSON'],
    ['no object', pngOf(base64([1])), 'expected a JSON object'],
    ['no vectors', pngOf(base64({ string_to_param: { '*': 5 } })), 'expected a list of vectors'],
    [
      'vectors of two widths',
      pngOf(base64({ string_to_param: { '*': [[1, 2], [3]] } })),
      'expected vectors of 2 numbers',
    ],
    ['words for numbers', pngOf(base64({ string_to_param: { '*': [['a']] } })), 'expected numbers, found string'],
    ['endless nesting', pngOf(Buffer.from('['.repeat(2e6)).toString('base64')), 'expected base64 of JSON'],
  ])('with %s is refused', async (_, bytes, message) => {
    await expect(open(bytes)).rejects.toThrow(message);
  });
});
