import { symbol } from '@danqing/engine/graph/dim';
import { linear } from '@danqing/engine/graph/ops/linear';
import { type Graph, input, weight } from '@danqing/engine/graph/value';
import type { MemoryState } from '@danqing/node/system/memory-state';
import { describe, expect, it } from 'vitest';
import { chooseMemoryPlan, planMemory, type PlannedNetwork } from './memory-plan.ts';
import { sessionMemory } from './session-memory.ts';

/** A network of one matrix of so many millions of fp16 values. */
function networkOf(millions: number, phase: 'encode prompt' | 'sample' | 'decode', rows = 1): PlannedNetwork {
  const width = 1000;
  const length = millions * 1e6 * 2;
  const stored = weight({ name: 'w', dtype: 'F16', shape: [millions * 1000, width], file: '/f', offset: 0, length });
  const x = input('x', [symbol('batch'), width]);
  const graph: Graph = { name: phase, inputs: [x], outputs: { y: linear(x, stored) } };
  const opening = ({ 'encode prompt': 'open text encoder', sample: 'open denoiser', decode: 'open VAE' } as const)[
    phase
  ];
  return { opening, running: phase, graph, sizes: new Map([['batch', rows]]), preparation: 'none' };
}

const networks = [networkOf(100, 'encode prompt'), networkOf(800, 'sample'), networkOf(50, 'decode')];

const free = (gigabytes: number): MemoryState => ({ freeBytes: gigabytes * 1e9, totalBytes: 16e9, ownBytes: 0 });
const choose = (gigabytes: number, asked = networks) =>
  chooseMemoryPlan(asked, ['fast', 'quick', 'small'], free(gigabytes), '512×512');

describe('first 8: sessionMemory', () => {
  const memoryOf = (mode: 'fast' | 'quick' | 'small', { graph, sizes }: PlannedNetwork = networks[1]!) =>
    sessionMemory(graph, mode, sizes);

  it('holds stored weights as float32, but not in the mode that converts them while it runs', () => {
    expect(memoryOf('fast').restingBytes).toBeCloseTo(800e6 * 4, -8);
    expect(memoryOf('small').restingBytes).toBeLessThan(10e6);
    expect(memoryOf('small').runBytes).toBeGreaterThan(800e6 * 4);
  });

  it('grows with the size of a run', () => {
    const [one, many] = [networkOf(1, 'sample', 1), networkOf(1, 'sample', 1000)];
    expect(memoryOf('fast', many).runBytes).toBeCloseTo(1000 * memoryOf('fast', one).runBytes, 0);
    expect(memoryOf('fast', many).restingBytes).toBe(memoryOf('fast', one).restingBytes);
  });

  it('has the weights mapped once they are prepared, after they were in memory for that', () => {
    const { graph, sizes } = networks[1]!;
    const memoryWith = (preparation: 'made' | 'possible' | 'none') => sessionMemory(graph, 'fast', sizes, preparation);
    expect(memoryWith('made').openingBytes).toBeLessThan(10e6);
    expect(memoryWith('possible').openingBytes).toBe(memoryWith('none').openingBytes);
    expect(memoryWith('possible').restingBytes).toBe(memoryWith('made').restingBytes);
  });
});

describe('first 8: planMemory', () => {
  it('adds up what stays open, phase by phase', () => {
    const { phases, peakBytes } = planMemory(networks, 'fast', Infinity);
    expect(phases.map(({ phase }) => phase)).toEqual([
      'open text encoder',
      'encode prompt',
      'open denoiser',
      'sample',
      'open VAE',
      'decode',
    ]);
    const bytesOf = (phase: string) => phases.find((each) => each.phase === phase)!.bytes;
    expect(bytesOf('sample') - bytesOf('encode prompt')).toBeCloseTo(3.2e9, -8);
    expect(bytesOf('decode') - bytesOf('sample')).toBeCloseTo(0.2e9, -8);
    expect(peakBytes).toBe(bytesOf('decode'));
  });

  it('closes the oldest first where little may stay open', () => {
    const { phases, budgetBytes } = planMemory(networks, 'fast', 'least');
    const bytesOf = (phase: string) => phases.find((each) => each.phase === phase)!.bytes;
    expect(budgetBytes).toBeCloseTo(3.2e9, -8);
    expect(bytesOf('decode')).toBeLessThan(0.5e9);
    expect(bytesOf('sample')).toBeCloseTo(planMemory(networks.slice(1, 2), 'fast', Infinity).peakBytes, -1);
  });

  it('keeps open together what runs in turn', () => {
    const beside = { ...networkOf(10, 'sample'), opening: 'sample', isBeside: true } as const;
    const { phases } = planMemory([...networks.slice(0, 2), beside, networks[2]!], 'fast', 'least');
    expect(phases.find(({ phase }) => phase === 'sample')!.bytes).toBeGreaterThan(3.24e9);
  });
});

describe('first 8: chooseMemoryPlan', () => {
  it('takes the first mode that fits, and lets sessions keep what is left', () => {
    const plan = choose(12);
    expect(plan.mode).toBe('fast');
    expect(plan.budgetBytes).toBeCloseTo(11.57e9, -7);
  });

  it('closes sessions before it takes a slower mode', () => {
    const roomy = planMemory(networks, 'fast', Infinity).peakBytes;
    const least = planMemory(networks, 'fast', 'least').peakBytes;
    expect(least).toBeLessThan(roomy);
    const plan = choose((roomy + least) / 2 / 1e9 + 0.3);
    expect(plan).toMatchObject({ mode: 'fast', peakBytes: least });
  });

  it('takes a smaller mode where the faster ones do not fit', () => {
    // Ten matrices that are converted one at a time instead of all at once.
    const x = input('x', [symbol('batch'), 1000]);
    let y = linear(x, weight({ name: 'w', dtype: 'F16', shape: [1000, 1000], file: '/f', offset: 0, length: 2e6 }));
    for (let i = 1; i < 500; i++) {
      const entry = { name: 'w', dtype: 'F16', shape: [1000, 1000], file: '/f', offset: i * 2e6, length: 2e6 } as const;
      y = linear(y, weight(entry));
    }
    const deep = { ...networks[1]!, graph: { name: 'deep', inputs: [x], outputs: { y } } };
    expect(choose(8, [deep]).mode).toBe('fast');
    expect(choose(1, [deep]).mode).toBe('quick');
  });

  it('refuses with the numbers when nothing fits', () => {
    expect(() => choose(0.5)).toThrow(
      expect.objectContaining({
        code: 'no-memory',
        message: expect.stringMatching(
          /^memory for 512×512: expected at least \d\.\d GB free \(in mode \w+, to [a-z ]+\), found 0\.5 GB free of 16\.0 GB\. /,
        ),
      }),
    );
  });

  it('counts what the process holds already as free, for it is its own', () => {
    const state: MemoryState = { freeBytes: 1e9, totalBytes: 16e9, ownBytes: 11e9 };
    expect(chooseMemoryPlan(networks, ['fast', 'quick', 'small'], state, 'x').mode).toBe('fast');
  });
});
