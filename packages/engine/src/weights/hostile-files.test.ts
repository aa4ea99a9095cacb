import { inflateRawSync, inflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import fixture from '../../../../tests/fixtures/pickles.json' with { type: 'json' };
import { DanqingError } from '../errors.ts';
import type { ReadOptions } from './format.ts';
import { memorySource } from './memory-source.ts';
import { openIndex } from './open-index.ts';
import { readTensorBytes } from './read-tensor.ts';

const options: ReadOptions = {
  inflate: async (packed, sizeBytes) =>
    new Uint8Array(inflateRawSync(packed, { maxOutputLength: Math.max(1, sizeBytes) })),
};

const { dangerous, containers, deceitful, broken, harmless, unknown } = fixture.files;
const bytesOf = ({ deflated }: { deflated: string }) => new Uint8Array(inflateSync(Buffer.from(deflated, 'base64')));
const titled = (files: Record<string, { deflated: string }>) =>
  Object.entries(files).map(([name, file]): [string, Uint8Array] => [name, bytesOf(file)]);
const all = [dangerous, containers, deceitful, broken, harmless, unknown].flatMap(titled);

/** What reading says: the message of a DanqingError, or how many tensors there are. Reads the tensors too. */
async function readingOf(bytes: Uint8Array, more: ReadOptions = {}): Promise<string> {
  const source = memorySource('x', bytes);
  try {
    const index = await openIndex(source, { ...options, ...more });
    for (const entry of index.tensors.values()) await readTensorBytes(index, entry, [source]);
    return `${index.tensors.size} tensors`;
  } catch (error) {
    return error instanceof DanqingError ? error.message : `other: ${String(error)}`;
  }
}

describe('first 5: openIndex on hostile files', () => {
  it.each(all)(
    'answers in good time: %s',
    async (_, bytes) => {
      expect(await readingOf(bytes)).not.toContain('other:');
      expect(await readingOf(bytes, { foreign: 'ignore' })).not.toContain('other:');
      expect(await readingOf(bytes, { placed: false })).not.toContain('other:');
    },
    30_000,
  );

  // The first pickle of these is whole and harmless, and no reader of models goes on to the rest.
  const firstIsHarmless = ['in the second pickle', 'in the third pickle', 'zip behind a pickle'];
  const refused = [dangerous, containers, deceitful, unknown].flatMap(titled);

  it.each(refused.filter(([name]) => !firstIsHarmless.includes(name)))('FMT-02: refuses %s', async (_, bytes) => {
    expect(await readingOf(bytes)).toMatch(/^x.*: expected .*, found .*\./s);
  });

  it.each([
    ['stack_global from memo', dangerous, 'found os.system at byte 22.'],
    ['getattr', dangerous, 'found builtins.getattr at byte 2, os.path at byte 20.'],
    ['rebuild with a foreign function', dangerous, 'found os.system at byte 40.'],
    ['called before it breaks', dangerous, 'found os.system at byte 2.'],
    ['a class of somebody', unknown, 'found somewhere.models.Net at byte 2. Programs that run pickles would run'],
    [
      'tar, between storages',
      containers,
      'x › storages: expected tensors and plain data, found os.system at byte 1591.',
    ],
    ['legacy, in the keys', containers, 'found os.system at byte 35.'],
  ])('FMT-02: names each foreign function and where it stands: %s', async (name, files, message) => {
    expect(await readingOf(bytesOf(new Map(Object.entries(files)).get(name)!))).toContain(message);
  });

  it.each([
    ['overlapping members', deceitful, 'members overlap'],
    ['another name in the header', deceitful, 'a header of this name'],
    ['two data.pkl', deceitful, 'found 2 of them'],
    ['packed size that lies', deceitful, 'at most 9288 bytes from 9 packed ones, found a size of 1073741824'],
    ['packed size that lies a little', deceitful, 'x › archive/data.pkl: expected 90 bytes once unpacked'],
    ['bomb', deceitful, 'a pickle of at most 2000000 steps'],
    ['storage that is missing', deceitful, 'expected a member archive/data/data/7'],
    ['storage too short', deceitful, 'x › storage 0: expected 16 bytes, found 4'],
    ['text longer than the file', broken, 'a length of at most 67108864, found 2147483647'],
    ['bytes of 2**63 bytes', broken, 'a length of at most 15'],
    ['deep tuples', broken, 'at most 64 levels'],
    ['billion laughs', broken, 'at most 200000 values'],
    ['list in itself', broken, 'at most 64 levels'],
    ['tensor outside its storage', broken, 'a tensor inside its storage of 16 bytes, found a reach of 20 bytes'],
    ['tensor of a trillion', broken, 'at most the 16 bytes that are stored'],
    ['storage of two sizes', broken, '16 bytes in storage 0, as before, found 8'],
    ['two tensors of one name', broken, 'x › a/data.pkl › a.b: expected one tensor of each name'],
    ['sparse tensor', broken, 'expected a plain tensor, found a sparse tensor. Save it as plain tensors'],
    ['numpy of __proto__', broken, 'found elements of kind __proto__'],
  ])('says what is wrong: %s', async (name, files, message) => {
    expect(await readingOf(bytesOf(new Map(Object.entries(files)).get(name)!))).toContain(message);
  });

  it('reads the tensors beside foreign objects when it is told to ignore those', async () => {
    const source = memorySource('x', bytesOf(dangerous['in a state dict']));
    const index = await openIndex(source, { foreign: 'ignore' });
    expect(index.foreign).toEqual(['posix.system']);
  });

  it.each([...titled(harmless), ...titled(broken).slice(-12)])(
    'reads no half file as a whole one: %s',
    async (_, bytes) => {
      const whole = await readingOf(bytes);
      const readings = new Set<string>();
      for (let length = 0; length < bytes.length; length += Math.ceil(bytes.length / 2000)) {
        const reading = await readingOf(bytes.slice(0, length));
        expect(reading).not.toContain('other:');
        readings.add(reading);
      }
      expect(whole.endsWith('1 tensors') && readings.has(whole)).toBe(false);
    },
  );

  it('answers every change of a file with an index or a DanqingError', async () => {
    const files = all.map(([, bytes]) => bytes).filter((bytes) => bytes.length > 0 && bytes.length < 5000);
    const change = fc.tuple(fc.constantFrom(...files), fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { maxLength: 4 }));
    await fc.assert(
      fc.asyncProperty(change, async ([bytes, changes]) => {
        const copy = Uint8Array.from(bytes);
        for (const [at, value] of changes) copy[at % copy.length] = value;
        expect(await readingOf(copy, { foreign: 'ignore' })).not.toContain('other:');
      }),
      { numRuns: 300 },
    );
  });
});
