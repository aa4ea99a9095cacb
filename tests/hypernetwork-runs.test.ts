// Hypernetworks on the bundled checkpoint, against diffusers with networks of torch before its keys and values (oracles/hypernetwork_runs.py).
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { input, constant } from '@danqing/engine/graph/value';
import { activations } from '@danqing/engine/hypernetworks/activations';
import {
  AppliedHypernetworks,
  attendedWidths,
  type HypernetworkUse,
} from '@danqing/engine/hypernetworks/apply-hypernetworks';
import { effectGraph, effectOf } from '@danqing/engine/hypernetworks/fit-hypernetwork';
import { type Hypernetwork, openHypernetwork } from '@danqing/engine/hypernetworks/hypernetwork-file';
import { elementCount, type Tensor } from '@danqing/engine/tensor/tensor';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import { openModel } from '@danqing/node/files/open-model';
import { runGraph } from '@danqing/node/runtime/run-graph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fixture from './fixtures/hypernetwork-runs.json' with { type: 'json' };
import { relativeError } from './relative-error.ts';
import { seededIntegers } from './seeded-weights.ts';
import { Starter } from './starter-run.ts';
import { readTensors } from './stored-tensors.ts';
import { writeFloat32 } from './write-float32.ts';

type FileName = keyof typeof fixture.files;
type RunName = keyof typeof fixture.runs;

const folder = mkdtempSync(join(tmpdir(), 'danqing-hypernetworks-'));
const recorded = join(import.meta.dirname, 'fixtures/hypernetwork.pt');
let starter: Starter;
let expected: Record<string, Tensor>;
let files: Record<string, Hypernetwork>;

/** The weights of a small network by their keys, as torch.nn.Sequential counts its steps. */
function shapesOf(width: number, rule: (typeof fixture.files)[FileName]): [key: string, shape: number[]][] {
  const { structure, activation, norm, output, dropout } = rule;
  const shapes: [string, number[]][] = [];
  let step = 0;
  for (let i = 0; i + 1 < structure.length; i++) {
    const [within, out] = [Math.trunc(width * structure[i]!), Math.trunc(width * structure[i + 1]!)];
    shapes.push([`${step}.weight`, [out, within]], [`${step++}.bias`, [out]]);
    if ((i + 2 < structure.length || output) && activation !== 'linear') {
      if (activation === 'prelu') shapes.push([`${step}.weight`, [1]]);
      step++;
    }
    if (norm) shapes.push([`${step}.weight`, [out]], [`${step++}.bias`, [out]]);
    if (dropout[i + 1]! > 0) step++;
  }
  return shapes;
}

/** A file that the oracle made too: the same names, shapes and values. */
async function makeFile(name: FileName): Promise<Hypernetwork> {
  const rule = fixture.files[name];
  const tensors = rule.widths.flatMap((width) =>
    [0, 1].flatMap((part) =>
      shapesOf(width, rule).map(([key, shape]) => {
        const own = `${width}.${part}.linear.${key}`;
        const whole = seededIntegers(`${name} ${own}`, elementCount(shape));
        const value = (number: number): number =>
          shape.length > 1 ? number / 8 : key.endsWith('weight') ? 1 + number / 4 : number / 8;
        return { name: own, shape, data: Float32Array.from(whole, (number) => value(number / 1024)) };
      }),
    ),
  );
  const path = join(folder, `${name}.safetensors`);
  writeFloat32(path, tensors, { activation_func: rule.activation, activate_output: String(rule.output) });
  return open(path);
}

async function open(path: string): Promise<Hypernetwork> {
  const { index, files: sources, close } = await openModel(path);
  try {
    return await openHypernetwork(index, async (entry) => readTensorBytes(index, entry, sources));
  } finally {
    await close();
  }
}

beforeAll(async () => {
  starter = await Starter.open();
  expected = await readTensors(join(import.meta.dirname, 'fixtures/hypernetwork-runs.safetensors'));
  const made = (Object.keys(fixture.files) as FileName[]).map(async (name) => [name, await makeFile(name)] as const);
  files = Object.fromEntries(await Promise.all(made));
}, 60_000);

afterAll(async () => {
  await starter.close();
  rmSync(folder, { recursive: true });
});

const draw = async (uses: readonly HypernetworkUse[]): Promise<Float32Array> => {
  const applied = new AppliedHypernetworks(uses);
  return starter.draw({ ...fixture, adapt: (hands) => applied.adapt(hands) });
};

const usesOf = (run: RunName): HypernetworkUse[] =>
  fixture.runs[run].map(({ file, strength }) => ({ hypernetwork: files[file]!, strength }));

describe('HN-02, HN-03: runs with hypernetworks', () => {
  it.each(Object.keys(fixture.runs) as RunName[])('%s: the latent that torch has', async (run) => {
    expect(relativeError(await draw(usesOf(run)), expected[run]!.data)).toBeLessThan(1e-4);
  });

  it('HN-02: the checkpoint is locked: without, with and again without are equal to the byte, as is strength 0', async () => {
    const held = await starter.beginning();
    const before = await draw([]);
    expect(await draw(usesOf('plain'))).not.toEqual(before);
    expect(await draw([])).toEqual(before);
    expect(await draw([{ hypernetwork: files['plain']!, strength: 0 }])).toEqual(before);
    expect(await starter.beginning()).toEqual(held);
  });

  it('HN-03: another strength needs no new session, and a half is not the whole', async () => {
    const [{ hypernetwork }] = usesOf('text') as [HypernetworkUse];
    const whole = await draw([{ hypernetwork, strength: 1 }]);
    const { sessionCount } = starter;
    expect(await draw([{ hypernetwork, strength: 0.5 }])).not.toEqual(whole);
    expect(starter.sessionCount).toBe(sessionCount);
  });

  it('their order matters', () => {
    expect(relativeError(expected['chain']!.data, expected['back']!.data)).toBeGreaterThan(1e-3);
  });
});

describe('HN-01: a file of A1111', () => {
  it('is read with its notes; dropout leaves holes in the numbers of its layers and does nothing', async () => {
    const { byWidth, activationName, activatesOutput, step, trainedOn, tensorCount } = await open(recorded);
    expect({ activationName, activatesOutput, step, trainedOn, tensorCount }).toEqual({
      activationName: 'relu',
      activatesOutput: true,
      step: 1200,
      trainedOn: 'animefull',
      tensorCount: 16,
    });
    const { keys, values } = byWidth.get(64)!;
    for (const layers of [keys, values]) {
      expect(layers.map(({ weight, norm }) => [weight.shape, norm?.weight.shape])).toEqual([
        [[16, 64], [16]],
        [[64, 16], [64]],
      ]);
    }
  });

  it('looks at text and picture alike, by width', () => {
    expect([...attendedWidths(starter.parts.denoiser().graph())].sort((a, b) => a - b)).toEqual([64, 128, 256]);
  });

  it('its effect is ‖network(x)‖ / ‖x‖ of noise', async () => {
    const { graph, feeds } = effectGraph(files['plain']!, new Set([64]));
    const results = await runGraph(graph, feeds);
    const norm = (data: Float32Array): number => Math.hypot(...data);
    const [keys, values] = [norm(results['keys 64']!.data), norm(results['values 64']!.data)];
    const noise = norm(feeds['x 64']!.data);
    expect(effectOf(feeds, results)).toBeCloseTo(Math.hypot(keys, values) / (Math.SQRT2 * noise), 6);
    expect(effectOf(feeds, results)).toBeGreaterThan(0.01);
  });
});

describe('activations', () => {
  const { x, answers, slope } = fixture.activations;

  it('are all that torch has and can be', () => {
    expect(Object.keys(activations).sort()).toEqual(Object.keys(answers).sort());
  });

  it.each(Object.entries(answers))('%s is that of torch', async (name, answer) => {
    const value = input('x', [2, 3, 5]);
    const graph = {
      name,
      inputs: [value],
      outputs: { y: activations[name]!(value, constant([1], [slope])) },
    };
    const { y } = await runGraph(graph, { x: { shape: [2, 3, 5], data: Float32Array.from(x) } });
    y!.data.forEach((found, i) => expect(found).toBeCloseTo(answer[i]!, 5));
  });
});
