import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../tensor/tensor.ts';
import { samplingDefaults } from '../options.ts';
import { arrangeCalls, type Row } from './arrange-calls.ts';

/** A context of width 1 with these numbers. */
const context = (...data: number[]): Tensor => ({ shape: [data.length, 1], data: Float32Array.from(data) });
const rows = (...contexts: Tensor[]): Row[] => contexts.map((value, image) => ({ image, context: value }));
const arrange = (conds: Row[], unconds: Row[], options = {}, empty?: Tensor) =>
  arrangeCalls(conds, unconds, unconds.length || conds.length, { ...samplingDefaults, ...options }, empty).map(
    ({ images, context: { shape, data } }) => ({ images, shape, data: [...data] }),
  );

describe('calls of the model', () => {
  it('GEN-14: one call for texts of one length, conds first', () => {
    expect(arrange(rows(context(1, 2), context(3, 4)), rows(context(5, 6), context(7, 8)))).toEqual([
      { images: [0, 1, 0, 1], shape: [4, 2, 1], data: [1, 2, 3, 4, 5, 6, 7, 8] },
    ]);
  });

  it('GEN-14: without batching, as many rows as images', () => {
    const calls = arrange(rows(context(1), context(2)), rows(context(3), context(4)), { batchCondUncond: false });
    expect(calls.map(({ data }) => data)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('GEN-14: texts of different lengths: the conds in twos per image, the unconds on their own', () => {
    const conds = [0, 0, 0, 1].map((image) => ({ image, context: context(1, 2) }));
    const unconds = rows(context(9), context(8));
    expect(arrange(conds, unconds).map(({ images, shape }) => [images, shape])).toEqual([
      [
        [0, 0, 0, 1],
        [4, 2, 1],
      ],
      [
        [0, 1],
        [2, 1, 1],
      ],
    ]);
    expect(arrange(conds, unconds, { batchCondUncond: false }).map(({ images }) => images)).toEqual([
      [0, 0],
      [0, 1],
      [0, 1],
    ]);
  });

  it('GEN-14: a shorter part of a prompt repeats its last vector', () => {
    expect(arrange(rows(context(1, 2, 3), context(4)), [])).toEqual([
      { images: [0, 1], shape: [2, 3, 1], data: [1, 2, 3, 4, 4, 4] },
    ]);
  });

  it('GEN-14: padding with empty chunks, on either side', () => {
    const empty = context(0, -1);
    expect(arrange(rows(context(1, 2, 3, 4)), rows(context(5, 6)), { padCondUncond: true }, empty)).toEqual([
      { images: [0, 0], shape: [2, 4, 1], data: [1, 2, 3, 4, 5, 6, 0, -1] },
    ]);
    expect(arrange(rows(context(5, 6)), rows(context(1, 2, 3, 4)), { padCondUncond: true }, empty)).toEqual([
      { images: [0, 0], shape: [2, 4, 1], data: [5, 6, 0, -1, 1, 2, 3, 4] },
    ]);
    expect(() => arrange(rows(context(1, 2)), rows(context(1)), { padCondUncond: true })).toThrow(/empty prompt/);
  });

  it('GEN-14: padding as in A1111 1.5 repeats or cuts the negative prompt', () => {
    const v0 = { padCondUncondV0: true };
    expect(arrange(rows(context(1, 2, 3)), rows(context(5, 6)), v0)[0]!.data).toEqual([1, 2, 3, 5, 6, 6]);
    expect(arrange(rows(context(1)), rows(context(5, 6)), v0)[0]!.data).toEqual([1, 5]);
  });
});
