import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import fixture from '../../../../../tests/fixtures/torch-zip-written.json' with { type: 'json' };
import { makeModel, modelOf, tensorOf, valuesOf } from '../../../../../tests/made-files.ts';
import { crcOfZeros, largeExample, torchZipExamples } from '../../../../../tests/torch-zip-examples.ts';
import { type DType, isSafetensorsDType } from '../../tensor/dtype.ts';
import { planTorchZip } from './torch-zip-plan.ts';

const every: readonly DType[] = [
  ...(['F64', 'F32', 'F16', 'BF16', 'I64', 'I32', 'I16', 'I8', 'U8', 'BOOL', 'C64', 'C128'] as const),
  ...(['F8_E4M3', 'F8_E5M2', 'U16', 'U32', 'U64', 'C32'] as const),
];

it('writes what its own reader reads, for every element type', async () => {
  const tensors = Object.fromEntries(
    every.map((dtype) => [
      `层.${dtype}`,
      { dtype, shape: [3, 2], bytes: new Uint8Array(96).fill(every.indexOf(dtype)) },
    ]),
  );
  for (const [name, tensor] of Object.entries(tensors)) {
    const length = { F64: 48, I64: 48, C64: 48, U64: 48, C128: 96, F32: 24, I32: 24, U32: 24, C32: 24 } as Partial<
      Record<string, number>
    >;
    const bytes = length[tensor.dtype] ?? (tensor.dtype.endsWith('16') ? 12 : 6);
    tensors[name] = { ...tensor, bytes: tensor.bytes.subarray(0, bytes) };
  }
  const { index, source } = await modelOf('all.pt', tensors, {}, 'torch');
  expect(index.format).toBe('torch zip');
  expect([...index.tensors.keys()]).toEqual(Object.keys(tensors));
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    const entry = index.tensors.get(name)!;
    expect(entry).toMatchObject({ dtype, shape, file: 'all.pt' });
    expect(await source.read(entry.offset, entry.length)).toEqual(bytes);
  }
});

it('keeps scalars, empty tensors and long shapes', async () => {
  const shapes = [[], [0], [2, 0, 3], [1, 1, 1, 1, 1, 1, 7], [70_000]];
  const tensors = Object.fromEntries(shapes.map((shape, i) => [`t${i}`, tensorOf(shape)]));
  const { index } = await modelOf('shapes.pt', tensors, {}, 'torch');
  expect([...index.tensors.values()].map(({ shape }) => shape)).toEqual(shapes);
});

it('refuses types that torch has no name for', () => {
  expect(() => planTorchZip([{ name: 'w', dtype: 'Q4_0', shape: [32] }])).toThrow(
    'w: expected an element type that torch has, found Q4_0',
  );
});

it('FMT-04: comes back from a torch file to safetensors bit for bit', async () => {
  const original = await modelOf('a.safetensors', {
    'model.a': tensorOf([5, 7], (i) => Math.sin(i), 'F32'),
    'model.b': tensorOf([300], (i) => i - 150, 'F16'),
    'model.ids': tensorOf([1, 77], (i) => i, 'I64'),
  });
  const through = async (from: typeof original, file: string, container: 'torch' | 'safetensors') =>
    makeModel(
      file,
      [...from.index.tensors.values()].map((entry) => ({ ...entry, formula: { from: 'tensor', entry } })),
      [from.source],
      new Map(),
      container,
    );
  const torch = await through(original, 'a.ckpt', 'torch');
  expect(await valuesOf(torch, 'model.a')).toEqual(await valuesOf(original, 'model.a'));
  const back = await through(torch, 'b.safetensors', 'safetensors');
  expect(Buffer.compare(back.bytes, original.bytes)).toBe(0);
});

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

it.each(Object.keys(torchZipExamples))(
  'FMT-04: writes, byte for byte, the file that torch has read: %s',
  async (name) => {
    const { bytes, index, source } = await modelOf(name, torchZipExamples[name]!, {}, 'torch');
    const recorded = (fixture.files as Record<string, { sha256: string; A1111: boolean; tensors: object }>)[name]!;
    expect(sha256(bytes)).toBe(recorded.sha256);
    // What torch saved again as safetensors.
    const rows = [...index.tensors.values()]
      .filter(({ dtype }) => isSafetensorsDType(dtype))
      .map(
        async ({ name: key, dtype, shape, offset, length }) =>
          [key, `${key} ${dtype} [${shape.join(', ')}] ${sha256(await source.read(offset, length))}`] as const,
      );
    const sorted = (await Promise.all(rows)).sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    expect({ count: sorted.length, sha256: sha256(sorted.join('\n')) }).toEqual(recorded.tensors);
    // A1111 refuses the types that are younger than its list.
    expect(recorded.A1111).toBe(name !== 'new types.pt');
  },
);

it('lays out more than 4 GiB as torch and zipfile have read it', () => {
  const plan = planTorchZip(largeExample);
  const [large] = plan.tensors;
  expect({ size: plan.size, crc: crcOfZeros(large!.length) }).toEqual(fixture.large);
});
