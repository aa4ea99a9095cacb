import { createHash } from 'node:crypto';
import { addDims, floorDivideDim, multiplyDims, symbol } from '@danqing/engine/graph/dim';
import { evaluate } from '@danqing/engine/graph/evaluate';
import { nearestPlaces, resizeNearest } from '@danqing/engine/graph/ops/resize-nearest';
import { type Graph, input, type InputValue, type Value } from '@danqing/engine/graph/value';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { describe, expect, it } from 'vitest';
import { toFeeds } from './feeds.ts';
import fixture from './fixtures/resize-nearest.json' with { type: 'json' };

const ramp = (size: number) => ({ shape: [1, 1, 1, size], data: Float64Array.from({ length: size }, (_, i) => i) });

describe('resizeNearest', () => {
  it(`picks the pixels that torch picks, from up to ${fixture.largestFrom} to ${fixture.largestTo}`, () => {
    const digest = createHash('sha256');
    for (let from = 1; from <= fixture.largestFrom; from++) {
      for (let to = 1; to <= fixture.largestTo; to++) digest.update(Int32Array.from(nearestPlaces(from, to)));
    }
    expect(digest.digest('hex')).toBe(fixture.sha256);
  });

  it('resizes a block as torch does', () => {
    const x = input('x', [2, 3, 5, 7]);
    const data = Float64Array.from({ length: 2 * 3 * 5 * 7 }, (_, i) => i);
    const { y } = evaluate(
      { name: 'block', inputs: [x], outputs: { y: resizeNearest(x, 8, 4) } },
      { x: { shape: [2, 3, 5, 7], data } },
    );
    expect([...y!.data]).toEqual(fixture.block);
  });

  it('cuts where a size was halved and doubled, whatever it is', () => {
    const h = symbol('h');
    const half = floorDivideDim(addDims(h, 1), 2);
    const quarter = floorDivideDim(addDims(half, 1), 2);
    for (const [from, to] of [
      [multiplyDims(half, 2), h],
      [multiplyDims(quarter, 2), half],
      [64, 63],
    ] as const) {
      const resized = resizeNearest(input('x', [1, 1, from, 4]), to, 4);
      expect(resized).toMatchObject({ op: { name: 'slice' }, attributes: { axis: 2, range: [0, to] } });
    }
    for (let size = 2; size <= 2048; size++) {
      expect(nearestPlaces(2 * Math.ceil(size / 2), size)).toEqual(Array.from({ length: size }, (_, i) => i));
    }
  });

  // ONNX's Resize alone is wrong by one pixel for some of these, such as 30 to 58 and 2 to 122.
  it('is exact in ONNX Runtime for sizes known when the graph is built and not', async () => {
    const pairs = [1, 2, 3, 5, 7, 8, 15, 16, 29, 30, 31, 54].flatMap((from) =>
      [1, 2 * from - 2, 2 * from - 1, 2 * from, 2 * from + 1, 3 * from, Math.ceil(from / 2), 122, 214]
        .filter((to) => to > 0)
        .map((to) => [from, to] as const),
    );
    const inputs: Record<string, InputValue> = {};
    const outputs: Record<string, Value> = {};
    const feeds: Record<string, ReturnType<typeof ramp>> = {};
    for (const [from, to] of pairs) {
      const fixed = (inputs[`x${from}`] ??= input(`x${from}`, [1, 1, 1, from]));
      const free = (inputs[`free${from}`] ??= input(`free${from}`, [1, 1, 1, symbol(`from${from}`)]));
      const size = (inputs[`size${to}`] ??= input(`size${to}`, [1, 1, 1, symbol(`to${to}`)]));
      Object.assign(feeds, { [fixed.name]: ramp(from), [free.name]: ramp(from), [size.name]: ramp(to) });
      outputs[`fixed ${from} to ${to}`] = resizeNearest(fixed, 1, to);
      outputs[`free ${from} to ${to}`] = resizeNearest(free, 1, symbol(`to${to}`));
    }
    const graph: Graph = { name: 'resize', inputs: Object.values(inputs), outputs };
    const session = await openOnCpu(graph, 'quick', 1);
    const found = await session.run(toFeeds(graph, feeds));
    await session.release();
    for (const [from, to] of pairs) {
      for (const kind of ['fixed', 'free']) {
        const name = `${kind} ${from} to ${to}`;
        expect([...found[name]!.data], name).toEqual(nearestPlaces(from, to));
      }
    }
  });
});
