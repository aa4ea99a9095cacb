import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inflateRawSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import fixture from '../../../../tests/fixtures/torch-files.json' with { type: 'json' };
import { sharedData } from '../../../../tests/shared-data.ts';
import type { ReadOptions } from './format.ts';
import { memorySource } from './memory-source.ts';
import { openIndex } from './open-index.ts';
import type { PlainValue } from './plain-value.ts';
import { readTensorBytes, sourceOf } from './read-tensor.ts';
import type { ByteSource, TensorIndex } from './tensor-index.ts';

const options: ReadOptions = {
  inflate: (packed, sizeBytes) => Promise.resolve(inflateRawSync(packed, { maxOutputLength: sizeBytes })),
};
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

async function rowsOf(index: TensorIndex, source: ByteSource): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  for (const entry of index.tensors.values()) {
    const bytes = await readTensorBytes(index, entry, [source]);
    rows.push([entry.name, entry.dtype, entry.shape, sha256(bytes)]);
  }
  return rows;
}

const made = new Map(
  Object.entries(fixture.made).map(([name, { deflated, tensors }]) => [
    name,
    { source: memorySource(name, inflateSync(Buffer.from(deflated, 'base64'))), tensors },
  ]),
);
const byName = (rows: unknown[][]) => new Map(rows.map((row) => [row[0], row]));
function asObject(value: PlainValue): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, asObject(item)]));
  return Array.isArray(value) ? value.map(asObject) : value;
}

const open = (name: string) => openIndex(made.get(name)!.source, options);

describe('first 5: openIndex on torch files', () => {
  it.each(Object.entries(fixture.real))('FMT-01: reads %s as torch does', async (path, { count, sha256: wanted }) => {
    const source = memorySource(path, readFileSync(sharedData(path)));
    const index = await openIndex(source);
    const rows = await rowsOf(index, source);
    expect(rows).toHaveLength(count);
    expect(sha256(rows.map((row) => JSON.stringify(row)).join('\n'))).toBe(wanted);
  });

  it.each([...made])('FMT-01: reads what torch saves: %s', async (name, { source, tensors }) => {
    const index = await open(name);
    expect(byName(await rowsOf(index, source))).toEqual(byName(tensors));
  });

  it.each([...made])('lists the same tensors without looking for their bytes: %s', async (name, { source }) => {
    const listed = await openIndex(source, { ...options, placed: false });
    const facts = ({ tensors }: TensorIndex) => [...tensors.values()].map(({ dtype, shape }) => ({ dtype, shape }));
    expect(facts(listed)).toEqual(facts(await open(name)));
    expect([...listed.tensors.values()].every((entry) => Number.isNaN(entry.offset))).toBe(true);
  });

  it.each([
    ['textual inversion', { string_to_token: { '*': 265 }, name: '丹青', step: 12, sd_checkpoint: null }],
    ['hypernetwork', { layer_structure: [1, 2, 1], activation_func: 'relu', is_layer_norm: false, step: 100 }],
    [
      'lightning',
      {
        epoch: 3,
        global_step: 840000,
        'pytorch-lightning_version': '1.4.2',
        optimizer_states: [
          {
            state: { 0: { step: 'F32 []', exp_avg: 'F32 [3, 4]' } },
            param_groups: [{ lr: 1e-4, params: [0] }],
          },
        ],
        lr_schedulers: [],
        callbacks: { best: { monitor: 'val/loss', best_model_score: 'F32 []' } },
      },
    ],
    ['params', { params: { a: 'F32 [3]' } }],
    ['numpy protocol 2', { loss: 0.25, step: 7, name: 'x' }],
    ['list', {}],
  ])('keeps what stands beside the tensors: %s', async (name, wanted) => {
    expect(asObject((await open(name)).extras!)).toEqual(wanted);
  });

  it('leaves tensors in the file where they stand there as they are', async () => {
    const { tensors, derived } = await open('views');
    const inPlace = [...tensors.values()].filter((entry) => entry.file === 'views').map((entry) => entry.name);
    expect(inPlace).toEqual(['whole', 'row', 'scalar', 'empty', 'one']);
    expect(derived!.size).toBe(6);
    expect((await open('views, legacy')).derived!.size).toBe(6);
    expect((await open('deflated')).derived!.size).toBe(11);
    expect((await open('tar with views')).derived!.size).toBe(0);
    expect((await open('numpy protocol 4')).tensors.get('long')!.file).toBe('numpy protocol 4');
  });

  it('shows tensors that share a storage at one place', async () => {
    const { tensors } = await open('shared');
    expect(tensors.get('tied.b')!.offset).toBe(tensors.get('tied.a')!.offset);
    expect(tensors.get('tied.c')!.offset).toBe(tensors.get('tied.a')!.offset + 16);
  });

  it('refuses packed members when nothing can unpack them', async () => {
    await expect(openIndex(made.get('deflated')!.source)).rejects.toThrow('found packing method 8');
  });

  it('reads a derived tensor in pieces', async () => {
    const index = await open('views');
    const entry = index.tensors.get('transposed')!;
    const source = sourceOf(index, entry, []);
    const whole = await source.read(0, entry.length);
    const pieces = [await source.read(0, 10), await source.read(10, entry.length - 10)];
    expect(Buffer.concat(pieces).equals(whole)).toBe(true);
  });

  it('names the container', async () => {
    const formats = new Map<string, string>();
    for (const name of made.keys()) formats.set(name, (await open(name)).format);
    expect(formats.get('zip protocol 2')).toBe('torch zip');
    expect(formats.get('legacy protocol 1')).toBe('torch legacy');
    expect(formats.get('tar')).toBe('torch tar');
    expect(formats.get('numpy protocol 4')).toBe('pickle');
  });
});
