// Whole runs on the bundled checkpoint with add-ons, against diffusers with the weights that lycoris-lora works out (oracles/adapter_runs.py).
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Adaptation } from '@danqing/engine/adapters/adaptation';
import { AdaptedWeights } from '@danqing/engine/adapters/adapted-weights';
import { openAdapter } from '@danqing/engine/adapters/adapter-file';
import type { AdapterUse } from '@danqing/engine/adapters/adapter-use';
import { type BaseModule, type BaseModules, baseModules } from '@danqing/engine/adapters/base-modules';
import { type MatchedAdapter, matchAdapter } from '@danqing/engine/adapters/match-adapter';
import { measuringGraph, relativeSizes } from '@danqing/engine/adapters/measure-adapter';
import { formOf } from '@danqing/engine/adapters/tensor-form';
import type { Graph } from '@danqing/engine/graph/value';
import type { Session } from '@danqing/engine/runtime';
import { elementCount, type Tensor } from '@danqing/engine/tensor/tensor';
import { openIndex } from '@danqing/engine/weights/open-index';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import { openFile } from '@danqing/node/files/file-source';
import { openGraph, runGraph } from '@danqing/node/runtime/run-graph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fixture from './fixtures/adapter-runs.json' with { type: 'json' };
import { relativeError } from './relative-error.ts';
import { seededIntegers } from './seeded-weights.ts';
import { Starter } from './starter-run.ts';
import { readTensors } from './stored-tensors.ts';
import { writeFloat32 } from './write-float32.ts';

interface FileRule {
  readonly kind: string;
  readonly rank: number;
  readonly alpha: number;
  readonly layers: string;
  readonly text: boolean;
  readonly modules: number;
}

const folder = mkdtempSync(join(tmpdir(), 'danqing-adapters-'));
let starter: Starter;
let base: BaseModules;
let matched: Record<string, MatchedAdapter>;
let expected: Record<string, Tensor>;
let unet: Graph;

/** A file that the oracle made too: the same names, shapes and values. */
async function makeFile(name: string, { kind, rank, alpha, layers, text, modules }: FileRule): Promise<MatchedAdapter> {
  const isChosen = ({ part, name: layer, weight }: BaseModule): boolean =>
    weight.shape.length > 1 &&
    (part === 'denoiser'
      ? /attentions/.test(layer) || (layers === 'everything' && /resnets|samplers/.test(layer))
      : text && /self_attn|mlp/.test(layer));
  const chosen = base.all.filter(isChosen);
  expect(chosen.length).toBe(modules);
  const tensors = chosen.flatMap(({ part, name: layer, weight: { shape } }) => {
    const module = (part === 'denoiser' ? 'lora_unet_' : 'lora_te_text_model_') + layer.replaceAll('.', '_');
    const made = Object.entries(tensorsOf(kind, shape, rank)).map(([key, [of, size]]) => ({
      name: `${module}.${key}`,
      shape: of,
      data: Float32Array.from(
        seededIntegers(`${name} ${module}.${key}`, elementCount(of)),
        (whole) => (whole / 1024) * size,
      ),
    }));
    return [...made, { name: `${module}.alpha`, shape: [], data: Float32Array.of(alpha) }];
  });
  const path = join(folder, `${name}.safetensors`);
  writeFloat32(path, tensors);
  return openMatched(path);
}

function tensorsOf(
  kind: string,
  [out = 0, within = 0, ...kernel]: readonly number[],
  rank: number,
): Record<string, readonly [number[], number]> {
  const ones = kernel.map(() => 1);
  if (kind === 'lora') {
    return { 'lora_up.weight': [[out, rank, ...ones], 0.25], 'lora_down.weight': [[rank, within, ...kernel], 0.25] };
  }
  if (kind === 'lokr') return { lokr_w1: [[4, 4], 0.25], lokr_w2: [[out / 4, within / 4, ...kernel], 0.125] };
  const [a, b] = [
    [out, rank],
    [rank, within * elementCount(kernel)],
  ];
  return { hada_w1_a: [a, 0.25], hada_w1_b: [b, 0.25], hada_w2_a: [a, 0.25], hada_w2_b: [b, 0.25] };
}

async function openMatched(path: string): Promise<MatchedAdapter> {
  const source = await openFile(path);
  const file = await openIndex(source);
  const adapter = await openAdapter(file, async (entry) => readTensorBytes(file, entry, [source]));
  await source.close();
  return matchAdapter(adapter, base);
}

beforeAll(async () => {
  starter = await Starter.open();
  base = baseModules(starter.index);
  unet = starter.parts.denoiser().graph();
  expected = await readTensors(join(import.meta.dirname, 'fixtures/adapter-runs.safetensors'));
  const made = Object.entries(fixture.files).map(async ([name, rule]) => [name, await makeFile(name, rule)] as const);
  matched = Object.fromEntries(await Promise.all(made));
}, 60_000);

afterAll(async () => {
  await starter.close();
  rmSync(folder, { recursive: true });
});

async function draw(uses: readonly AdapterUse[], form = formOf): Promise<Float32Array> {
  if (uses.length === 0) return starter.draw(fixture);
  const adaptation = new Adaptation(uses, base, new AdaptedWeights(openGraph), form);
  return starter.draw({
    ...fixture,
    adapt: (hands) => adaptation.adapt(hands),
    beginStep: (step) => adaptation.beginStep(step),
  });
}

const usesOf = (run: keyof typeof fixture.runs): AdapterUse[] =>
  fixture.runs[run].map(({ file, textEncoder, denoiser }) => ({ matched: matched[file]!, textEncoder, denoiser }));

describe('PR-03, PR-04, LO-04, LY-03: runs with add-ons', () => {
  it.each(Object.keys(fixture.runs) as (keyof typeof fixture.runs)[])(
    '%s: the latent that diffusers has',
    async (run) => {
      expect(relativeError(await draw(usesOf(run)), expected[run]!.data)).toBeLessThan(1e-3);
    },
    60_000,
  );

  it.each(['beside', 'within', 'whole'] as const)('comes to the same %s', async (form) => {
    const uses = [...usesOf('parts'), ...usesOf('conv')];
    expect(relativeError(await draw(uses, () => form), await draw(uses))).toBeLessThan(1e-5);
  });

  it('LO-02, PR-04: without, with and again without add-ons: the first and the last are equal to the byte, as is strength 0', async () => {
    const before = await draw([]);
    const held = await starter.beginning();
    expect(await draw(usesOf('style'))).not.toEqual(before);
    expect(await draw([])).toEqual(before);
    expect(await draw([{ matched: matched['style']!, textEncoder: 0, denoiser: 0 }])).toEqual(before);
    expect(await starter.beginning()).toEqual(held);
  });

  it('PR-03: the order of add-ons does not matter', async () => {
    const [forth, back] = [await draw(usesOf('three')), await draw(usesOf('three').reverse())];
    expect(relativeError(forth, back)).toBeLessThan(1e-5);
  });

  it('a step range that leaves no step is as none, one that holds all is as no range', async () => {
    const [use] = usesOf('kron') as [AdapterUse];
    const [none, always] = [await draw([]), await draw([use])];
    const never = await draw([{ ...use, steps: { from: 100, to: 200 } }]);
    expect(relativeError(never, none)).toBeLessThan(1e-5);
    expect(await draw([{ ...use, steps: { from: 1, to: fixture.steps } }])).toEqual(always);
    const half = await draw([{ ...use, steps: { from: 3, to: fixture.steps } }]);
    expect(half).not.toEqual(always);
    expect(half).not.toEqual(none);
  });
});

describe('other strengths and other sets between pictures', () => {
  /** Digests of what a denoiser is fed through the adapters in use. */
  async function fedBy(uses: readonly AdapterUse[], weights: AdaptedWeights): Promise<Record<string, string>> {
    let fed: Record<string, string> = {};
    const run: Session['run'] = async (feeds) => {
      const digests = Object.entries(feeds).map(([name, { shape, data }]) => [
        `${name} ${shape.join()}`,
        createHash('sha1').update(data).digest('hex'),
      ]);
      fed = Object.fromEntries(digests) as Record<string, string>;
      return Promise.resolve({});
    };
    const hands = new Adaptation(uses, base, weights).adapt({
      ...starter.hands,
      withSession: async (_, work) => work({ run, release: async () => Promise.resolve() }),
    });
    const network = { name: 'denoiser', variant: '', graph: () => unet } as const;
    await hands.withSession(network, async (session) => session.run({}));
    return fed;
  }

  it('LO-04: each is what it is alone, other strengths open nothing, and in the end nothing is open', async () => {
    let [opened, open] = [0, 0];
    const shared = new AdaptedWeights(async (graph) => {
      const session = await openGraph(graph);
      opened++;
      open++;
      return { ...session, release: async () => session.release().then(() => void open--) };
    });
    const alone = async (uses: readonly AdapterUse[]) => fedBy(uses, new AdaptedWeights(openGraph));
    const [style, three] = [usesOf('style'), usesOf('three')];
    const stronger = style.map((use) => ({ ...use, denoiser: 1.5 }));
    for (const uses of [three, style, three.slice(0, 2), three, style]) {
      expect(await fedBy(uses, shared)).toEqual(await alone(uses));
    }
    const before = opened;
    expect(await fedBy(stronger, shared)).toEqual(await alone(stronger));
    expect(opened).toBe(before);
    expect(open).toBeGreaterThan(0);
    await shared.clear();
    expect(open).toBe(0);
  });

  it('the memory that is foretold is that of what is fed', async () => {
    const style = usesOf('style').map((use) => ({ ...use, textEncoder: 0 }));
    const sizes = Object.keys(await fedBy(style, new AdaptedWeights(openGraph))).map((name) =>
      elementCount(name.split(' ').at(-1)!.split(',').map(Number)),
    );
    const { bytes } = new Adaptation(style, base, new AdaptedWeights(openGraph));
    expect(bytes).toBe(4 * sizes.reduce((a, b) => a + b, 0));
  });

  it('what changes low-rank products alone stays open for the next set, and what is long out of use does not', async () => {
    const open = new Set<Session>();
    const shared = new AdaptedWeights(async (graph) => {
      const session = await openGraph(graph);
      const kept = { ...session, release: async () => session.release().then(() => void open.delete(kept)) };
      open.add(kept);
      return kept;
    });
    const [use] = usesOf('style') as [AdapterUse];
    for (let ranks = 1; ranks <= 4; ranks++) {
      for (const magnitudes of [undefined, 'a1111', 'lycoris'] as const)
        await fedBy([{ ...use, ranks, ...(magnitudes && { magnitudes }) }], shared);
    }
    expect(open.size).toBe(9);
    await shared.clear();
  });
});

describe('measuring', () => {
  it('the effect of a LoRA is ‖ΔW‖ / ‖W‖ of the layers that it changes', async () => {
    const { modules } = matched['style']!;
    const sizes = relativeSizes(await runGraph(measuringGraph(matched['style']!, {}), {}));
    const own = modules.filter((one) => one.base.part === 'text-encoder-1');
    const weights = await readTensors(starter.source.file, ({ name }) =>
      own.some((one) => one.base.weight.name === name),
    );
    const factors = await readTensors(join(folder, 'style.safetensors'));
    let [change, total] = [0, 0];
    for (const { base: layer, module } of own) {
      const up = factors[module.keys.get('lora_up')!]!;
      const down = factors[module.keys.get('lora_down')!]!;
      const [out, rank, within] = [up.shape[0]!, up.shape[1]!, down.shape[1]!];
      for (let i = 0; i < out; i++) {
        for (let j = 0; j < within; j++) {
          let sum = 0;
          for (let k = 0; k < rank; k++) sum += up.data[i * rank + k]! * down.data[k * within + j]!;
          change += (sum * (2 / 4)) ** 2;
        }
      }
      total += weights[layer.weight.name]!.data.reduce((sum, value) => sum + value * value, 0);
    }
    expect(sizes.get('text-encoder-1')! / Math.sqrt(change / total)).toBeCloseTo(1, 4);
    expect(sizes.get('denoiser')).toBeGreaterThan(0);
  });
});
