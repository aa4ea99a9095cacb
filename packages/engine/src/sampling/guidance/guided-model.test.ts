import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../tensor/tensor.ts';
import { samplingDefaults, type SamplingOptions } from '../options.ts';
import type { ImageConditioning } from './conditioning.ts';
import { GuidedModel, type Guidance, type Predict } from './guided-model.ts';

/** A context of one vector of width 1; the model below answers with it. */
const context = (value: number): Tensor => ({ shape: [1, 1], data: Float32Array.of(value) });
const always = (value: number) => {
  const constant = context(value);
  return { at: () => constant };
};
const image = (uncond: number, ...parts: [weight: number, value: number][]): ImageConditioning => ({
  parts: parts.map(([weight, value]) => ({ weight, ...always(value) })),
  uncond: always(uncond),
});

/** Answers each row with its text's number and counts the rows of each call. */
function answering() {
  const rows: number[] = [];
  const predict: Predict = async (x, _, { data }) => {
    rows.push(x.shape[0]!);
    return { shape: x.shape, data: x.data.map((_value, i) => data[Math.floor(i / 2)]!) };
  };
  return { rows, predict };
}

function setUp(
  conditioning: ImageConditioning[],
  scale: number,
  rest: Partial<Guidance> = {},
  options: Partial<SamplingOptions> = {},
) {
  const { rows, predict } = answering();
  const model = new GuidedModel({
    predict,
    conditioning,
    scale,
    shape: [1, 1, 2],
    totalSteps: 10,
    needsUncond: false,
    options: { ...samplingDefaults, ...options },
    ...rest,
  });
  const x = new Float32Array(2 * conditioning.length);
  const look = async (level = 1) => {
    const { guided, uncond } = await model.look({ x, input: x, time: 5, level, read: (_, result) => result });
    return { guided: [...guided], uncond: [...uncond] };
  };
  return { look, rows };
}

describe('classifier-free guidance', () => {
  it('GEN-14: pulls away from the negative prompt, at any scale', async () => {
    for (const scale of [0, 0.5, 1, 1.5, 2.25, 7, 30]) {
      const { look } = setUp([image(2, [1, 3])], scale);
      expect((await look()).guided).toEqual([2 + scale, 2 + scale]);
    }
  });

  it('GEN-14: parts joined by AND pull with their weights, each image on its own', async () => {
    const { look, rows } = setUp([image(1, [1, 3], [0.5, 5]), image(10, [2, 11])], 2);
    expect((await look()).guided).toEqual([9, 9, 14, 14]);
    expect(rows).toEqual([5]);
  });

  it('GEN-14: at scale 1 with weights of 1 in all, the prompt alone is looked at', async () => {
    const one = setUp([image(2, [1, 3])], 1);
    expect(await one.look()).toEqual({ guided: [3, 3], uncond: [3, 3] });
    expect(one.rows).toEqual([1]);
    const two = setUp([image(100, [0.25, 4], [0.75, 8])], 1);
    expect((await two.look()).guided).toEqual([7, 7]);
    expect(two.rows).toEqual([2]);
    const more = setUp([image(100, [0.5, 4], [0.25, 8])], 1);
    expect((await more.look()).guided).toEqual([29, 29]);
    expect(more.rows).toEqual([3]);
    const mixed = setUp([image(1, [1, 3]), image(1, [2, 3])], 1);
    expect((await mixed.look()).guided).toEqual([3, 3, 5, 5]);
    expect(mixed.rows).toEqual([4]);
  });

  it('GEN-14: a sampler that needs the negative prompt gets it at scale 1 too', async () => {
    const { look, rows } = setUp([image(2, [1, 3])], 1, { needsUncond: true });
    expect(await look()).toEqual({ guided: [3, 3], uncond: [2, 2] });
    expect(rows).toEqual([2]);
  });

  it('GEN-14: the negative prompt can be left out in the first share of the steps', async () => {
    const { look, rows } = setUp([image(2, [1, 3], [1, 4])], 7, {}, { skipEarlyCond: 0.2 });
    for (let i = 0; i < 4; i++) await look();
    // Steps 0, 1 and 2 of 10 are within a fifth.
    expect(rows).toEqual([2, 2, 2, 3]);
    const first = setUp([image(2, [1, 3], [1, 4])], 7, {}, { skipEarlyCond: 0.2 });
    expect((await first.look()).guided).toEqual([4, 4]);
  });

  it('GEN-14: the negative prompt can be left out at low noise, in each second step or in all', async () => {
    const second = setUp([image(2, [1, 3])], 7, {}, { sMinUncond: 0.5 });
    for (const level of [0.4, 0.4, 0.6, 0.6, 0.4, 0.4]) await second.look(level);
    expect(second.rows).toEqual([2, 1, 2, 2, 2, 1]);
    const all = setUp([image(2, [1, 3])], 7, {}, { sMinUncond: 0.5, sMinUncondAll: true });
    for (const level of [0.4, 0.6, 0.4]) await all.look(level);
    expect(all.rows).toEqual([1, 2, 1]);
  });

  it('PR-06: texts are asked for by the number of calls so far', async () => {
    const asked: number[] = [];
    const changing = {
      at: (step: number) => {
        asked.push(step);
        return context(step < 2 ? 1 : 5);
      },
    };
    const { look } = setUp([{ parts: [{ weight: 1, ...changing }], uncond: always(0) }], 2);
    const found: number[] = [];
    for (let i = 0; i < 4; i++) found.push((await look()).guided[0]!);
    expect(asked).toEqual([0, 1, 2, 3]);
    expect(found).toEqual([2, 2, 10, 10]);
  });

  it('GEN-14: texts of different lengths give what texts of one length give', async () => {
    const long: Tensor = { shape: [2, 1], data: Float32Array.of(3, 9) };
    const calls: number[] = [];
    const predict: Predict = async (x, _, { shape, data }) => {
      calls.push(x.shape[0]!);
      const tokens = shape[1]!;
      return { shape: x.shape, data: x.data.map((_value, i) => data[Math.floor(i / 2) * tokens]!) };
    };
    const { look } = setUp([{ parts: [{ weight: 1, at: () => long }], uncond: always(1) }], 3, { predict });
    expect((await look()).guided).toEqual([7, 7]);
    expect(calls).toEqual([1, 1]);
  });

  it('says where a result is not a number', async () => {
    const predict: Predict = async (x) => ({ shape: x.shape, data: x.data.map(() => NaN) });
    const { look } = setUp([image(2, [1, 3])], 7, { predict });
    await expect(look()).rejects.toThrow(/denoiser at time 5: expected finite numbers/);
  });
});
