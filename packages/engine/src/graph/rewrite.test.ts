import { describe, expect, it } from 'vitest';
import { evaluate } from './evaluate.ts';
import { add } from './ops/add.ts';
import { exp } from './ops/exp.ts';
import { multiply } from './ops/multiply.ts';
import { negate } from './ops/negate.ts';
import { rewrite, rewriteValues } from './rewrite.ts';
import { type Graph, input, scalar, topological, type Value, weight } from './value.ts';

const x = input('x', [2]);
const count = (graph: Graph) => topological(Object.values(graph.outputs)).length;

describe('rewrite', () => {
  it('returns the same values where nothing changes', () => {
    const y = add(exp(x), scalar(1));
    const graph: Graph = { name: 'same', inputs: [x], outputs: { y } };
    expect(rewrite(graph, (value) => value).outputs['y']).toBe(y);
  });

  it('visits each value once, rebuilt on changed inputs, and keeps sharing', () => {
    const shared = exp(x);
    const graph: Graph = {
      name: 'shared',
      inputs: [x],
      outputs: { y: add(shared, multiply(shared, shared)), z: shared },
    };
    const seen: string[] = [];
    const rewritten = rewrite(graph, (value) => {
      seen.push(value.kind === 'result' ? value.op.name : value.kind);
      return value.kind === 'result' && value.op.name === 'exp' ? negate(value.inputs[0]!) : value;
    });
    expect(seen).toEqual(['input', 'exp', 'multiply', 'add']);
    expect(count(rewritten)).toBe(count(graph));
    const { y, z } = evaluate(rewritten, { x: { shape: [2], data: Float64Array.of(1, 3) } });
    expect([...y!.data]).toEqual([0, 6]);
    expect([...z!.data]).toEqual([-1, -3]);
  });

  it('puts W + ΔW in the place of a weight W, as an adapter does', () => {
    const w = weight({ name: 'w', dtype: 'F32', shape: [2], file: 'f', offset: 0, length: 8 });
    const delta = input('delta', [2]);
    const graph: Graph = { name: 'adapted', inputs: [x], outputs: { y: multiply(x, w), z: negate(w) } };
    const adapted = { ...rewrite(graph, (value) => (value === w ? add(w, delta) : value)), inputs: [x, delta] };
    const one = (...data: number[]) => ({ shape: [2], data: Float64Array.from(data) });
    const { y, z } = evaluate(adapted, { x: one(1, 2), delta: one(10, 20) }, () => one(3, 4));
    expect([...y!.data]).toEqual([13, 48]);
    expect([...z!.data]).toEqual([-13, -24]);
    expect(count(adapted)).toBe(6);
  });

  it('does not overflow the stack on deep graphs', () => {
    let deep: Value = x;
    for (let i = 0; i < 50_000; i++) deep = negate(deep);
    const changed = rewriteValues([deep], (value) => (value === x ? scalar(1) : value));
    expect(changed.get(deep)!.shape).toEqual([]);
  });
});
