import { inflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import fixture from '../../../../../tests/fixtures/gguf.json' with { type: 'json' };
import { DanqingError } from '../../errors.ts';
import { GGML_DTYPES } from '../../tensor/dtype.ts';
import { memorySource } from '../memory-source.ts';
import { openIndex } from '../open-index.ts';
import { ggufFormat } from './gguf.ts';

const bytesOf = (name: 'every type' | 'metadata' | 'big endian') =>
  new Uint8Array(inflateSync(Buffer.from(fixture[name].deflated, 'base64')));
const read = (bytes: Uint8Array) => ggufFormat.read(memorySource('x.gguf', bytes));
const troubleOf = (bytes: Uint8Array) =>
  read(bytes).then(
    () => 'none',
    (error: unknown) => (error instanceof DanqingError ? error.message : `other: ${String(error)}`),
  );

/** Changes a little-endian 32-bit number that follows a text. */
function changed(bytes: Uint8Array, after: string, skip: number, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = Buffer.from(copy).indexOf(after) + after.length + skip;
  new DataView(copy.buffer).setUint32(at, value, true);
  return copy;
}

describe('ggufFormat', () => {
  it('FMT-01: reads the table of tensors as the gguf package does, every type by name', async () => {
    for (const name of ['every type', 'metadata'] as const) {
      const { tensors, format } = await openIndex(memorySource('any name', bytesOf(name)));
      expect(format).toBe('GGUF');
      const rows = [...tensors.values()].map((each) => [each.name, each.dtype, each.shape, each.offset, each.length]);
      expect(rows).toEqual(fixture[name].tensors);
    }
  });

  it('knows the sizes of all quantised types', () => {
    const wanted = Object.entries(fixture.types).map(([name, [, elements, bytes]]) => [name, { elements, bytes }]);
    expect(Object.fromEntries(wanted)).toMatchObject(GGML_DTYPES);
  });

  it('reads metadata of every kind as text', async () => {
    const { metadata } = await read(bytesOf('metadata'));
    expect(Object.fromEntries(metadata)).toEqual({
      'general.architecture': 'flux',
      'a.u8': '255',
      'a.i8': '-1',
      'a.u16': '65535',
      'a.i16': '-2',
      'a.u32': '4294967295',
      'a.i32': '-3',
      'a.f32': '0.5',
      'a.u64': '9223372036854775808',
      'a.i64': '-1099511627776',
      'a.f64': '0.1',
      'a.bool': 'true',
      'a.text': '丹青',
      'a.list': '[1, 2, 3]',
      'a.names': '["x", "y"]',
      'a.long': '100 × i32',
      'a.many': '50 × text',
    });
  });

  it('refuses what it cannot read, by name', async () => {
    expect(await troubleOf(bytesOf('big endian'))).toContain('found big-endian numbers');
    expect(await troubleOf(changed(bytesOf('metadata'), 'GGUF', 0, 1))).toContain('found version 1');
    expect(await troubleOf(changed(bytesOf('metadata'), 'weight', 20, 99))).toContain('found number 99');
  });

  it('refuses a damaged table', async () => {
    const bytes = bytesOf('metadata');
    expect(await troubleOf(changed(bytes, 'weight', 24, 16))).toContain('a multiple of 32, found 16');
    expect(await troubleOf(changed(bytes, 'weight', 24, 64))).toContain('it was cut short');
    expect(await troubleOf(changed(bytes, 'weight', 0, 200))).toContain('at most 8 axes');
    expect(await troubleOf(changed(bytes, 'GGUF', 4, 5_000_000))).toContain('at most 1000000 tensors');
    expect(await troubleOf(changed(bytesOf('every type'), 't.Q4_0', 4, 33))).toContain('rows of a multiple of 32');
    expect(await troubleOf(changed(bytesOf('every type'), 't.Q4_0', 24, 0))).toContain('an overlap');
  });

  it('answers every truncation and many changes with a DanqingError or an index', async () => {
    const bytes = bytesOf('metadata');
    // The last two bytes only fill up to the alignment.
    for (let length = 4; length < bytes.length - 2; length += 3) {
      expect(await troubleOf(bytes.slice(0, length))).toMatch(/^x\.gguf/);
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(255), async (at, first, second) => {
        const copy = Uint8Array.from(bytes);
        copy[at] = first;
        copy[at + 3] = second;
        expect(await troubleOf(copy)).not.toContain('other:');
      }),
    );
  });
});
