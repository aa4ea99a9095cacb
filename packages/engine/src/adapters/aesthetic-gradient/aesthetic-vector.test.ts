import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import fixture from '../../../../../tests/fixtures/aesthetic.json' with { type: 'json' };
import { type MemoryModel, modelOf, tensorOf, type TensorOfTest } from '../../../../../tests/made-files.ts';
import { memorySource } from '../../weights/memory-source.ts';
import { openIndex } from '../../weights/open-index.ts';
import { aestheticFile, readAestheticVector } from './aesthetic-vector.ts';

const read = async ({ index, source }: Pick<MemoryModel, 'index' | 'source'>, width = 768): Promise<Float32Array> =>
  readAestheticVector(index, width, async ({ offset, length }) => source.read(offset, length));

const madeOf = async (tensors: Readonly<Record<string, TensorOfTest>>): Promise<MemoryModel> =>
  modelOf('mood.safetensors', tensors);

describe('AG-01: aesthetic embeddings', () => {
  it('AG-01: is written as torch reads it, and read again with the length 1', async () => {
    const values = new Float32Array(768).map((_, i) => i / 8);
    const bytes = aestheticFile(values);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(fixture.written);
    const source = memorySource('mood.pt', bytes);
    const vector = await read({ index: await openIndex(source), source });
    const length = Math.hypot(...values);
    vector.forEach((value, i) => expect(value).toBeCloseTo(values[i]! / length, 6));
  });

  it('with one axis or two, in half precision too', async () => {
    const values = Array.from({ length: 768 }, (_, i) => (i % 7) - 3);
    const vectors = [];
    for (const [shape, dtype] of [
      [[768], 'F16'],
      [[1, 768], 'F16'],
      [[1, 768], 'F32'],
    ] as const) {
      vectors.push(await read(await madeOf({ 0: tensorOf([...shape], values, dtype) })));
    }
    expect(vectors[0]).toEqual(vectors[1]);
    expect(vectors[0]).toEqual(vectors[2]);
  });

  it.each<[string, Record<string, TensorOfTest>, RegExp]>([
    ['of another CLIP', { 0: tensorOf([1, 1024]) }, /a vector of 768 numbers.*found \[1, 1024\].*ViT-L\/14 have 768/],
    [
      'with a value that is no number',
      { 0: tensorOf([1, 768], (i) => (i === 5 ? NaN : 1)) },
      /finite values.*found NaN/,
    ],
    ['infinite', { 0: tensorOf([1, 768], (i) => (i === 5 ? Infinity : 1)) }, /finite values.*found Infinity/],
    ['of zeros', { 0: tensorOf([1, 768], () => 0) }, /not all of them 0, found nothing but zeros/],
    [
      'an embedding',
      { emb_params: tensorOf([1, 768]) },
      /a .pt file of one vector.*found .*embedding.*into the prompt/i,
    ],
    ['several vectors', { 0: tensorOf([2, 768]) }, /a .pt file of one vector and nothing else/],
    ['two tensors', { 0: tensorOf([1, 768]), 1: tensorOf([1, 768]) }, /a .pt file of one vector and nothing else/],
    ['nothing', {}, /found a file without tensors/],
  ])('refuses one %s', async (_, tensors, message) => {
    await expect(read(await madeOf(tensors))).rejects.toThrow(message);
  });
});
