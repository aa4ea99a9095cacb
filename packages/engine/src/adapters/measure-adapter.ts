import { add } from '../graph/ops/add.ts';
import { type Graph, scalar, type Value } from '../graph/value.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { BasePart } from './base-modules.ts';
import { baseWeight, matchedDelta, type MatchedAdapter } from './match-adapter.ts';
import type { DeltaOptions } from './module-delta.ts';
import { squaredSize } from './squared-size.ts';

/** ‖ΔW‖ / ‖W‖ over the layers that an adapter changes at strength 1, by part; parts that it does not change are left out. */
export type RelativeSizes = ReadonlyMap<BasePart, number>;

/** The graph that measures an adapter: two sums of squares for each part. */
export function measuringGraph({ modules }: MatchedAdapter, options: DeltaOptions): Graph {
  const sums = new Map<BasePart, { change: Value; base: Value }>();
  for (const module of modules) {
    const delta = matchedDelta(module, options);
    if (delta === undefined) continue;
    const { part } = module.base;
    const { change, base } = sums.get(part) ?? { change: scalar(0), base: scalar(0) };
    sums.set(part, {
      change: add(change, squaredSize(delta)),
      base: add(base, squaredSize(baseWeight(module.base))),
    });
  }
  const outputs = [...sums].flatMap(([part, { change, base }]) => [
    [`${part} change`, change] as const,
    [`${part} base`, base] as const,
  ]);
  return { name: 'adapter sizes', inputs: [], outputs: Object.fromEntries(outputs) };
}

/** The relative sizes in the results of a measuring graph. */
export function relativeSizes(results: Readonly<Record<string, Tensor>>): RelativeSizes {
  const parts = (['denoiser', 'text-encoder-1', 'text-encoder-2'] as const).filter(
    (part) => results[`${part} change`] !== undefined,
  );
  return new Map(
    parts.map((part) => {
      const [change, base] = ['change', 'base'].map((what) => results[`${part} ${what}`]!.data[0]!) as [number, number];
      return [part, Math.sqrt(change) / Math.sqrt(base)];
    }),
  );
}
