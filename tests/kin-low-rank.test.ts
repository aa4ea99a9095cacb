import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAdapter } from '@danqing/engine/adapters/adapter-file';
import { baseModules } from '@danqing/engine/adapters/base-modules';
import { kinds } from '@danqing/engine/adapters/kinds/index';
import { families } from '@danqing/engine/families/index';
import { findDirections } from '@danqing/engine/low-rank/directions';
import type { MatrixHands } from '@danqing/engine/low-rank/low-rank';
import type { RankRule } from '@danqing/engine/low-rank/rank-rule';
import { joinLoras } from '@danqing/engine/merging/loras/join-loras';
import { layersOf, type LoraBase } from '@danqing/engine/merging/loras/lora-layers';
import type { LowRankLayer } from '@danqing/engine/merging/loras/low-rank-layer';
import { approximateLayer } from '@danqing/engine/merging/loras/new-layers';
import { elementCount, type Tensor } from '@danqing/engine/tensor/tensor';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import { openModel } from '@danqing/node/files/open-model';
import { runInDoubles } from '@danqing/node/runtime/run-graph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fixture from './fixtures/adapters.json' with { type: 'json' };
import { modelOf, type TensorOfTest } from './made-files.ts';
import { relativeError } from './relative-error.ts';
import { seededIntegers } from './seeded-weights.ts';
import { readTensors } from './stored-tensors.ts';

// LoRA's kin as LoRAs: the best of a rank of what lycoris-lora and peft add to a weight, by torch (oracles/kin_low_rank.py).

const hands: MatrixHands = { run: runInDoubles, findDirections: (ask) => Promise.resolve(findDirections(ask)) };
const ofRank = (most: number): RankRule => ({ by: 'rank', value: most, most });

const UNET = 'model.diffusion_model';
/** Layers by whether they are convolutions: as kohya calls them, and as a checkpoint does. */
const PLACES = {
  linear: {
    name: 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q',
    key: `${UNET}.input_blocks.1.1.transformer_blocks.0.attn1.to_q.weight`,
  },
  convolution: { name: 'lora_unet_down_blocks_0_resnets_0_conv1', key: `${UNET}.input_blocks.1.0.in_layers.2.weight` },
} as const;

const LEVEL = [
  'input_blocks.0.0',
  'input_blocks.1.0.in_layers.2',
  'input_blocks.2.0.in_layers.2',
  'input_blocks.3.0.op',
];

const OFFSETS: Readonly<Record<string, number>> = { rescale: 1, dora_scale: 2, magnitude: 2 };

type Case = (typeof fixture.cases)[number];

const folder = mkdtempSync(join(tmpdir(), 'danqing-kin-'));
let expected: Record<string, Tensor>;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  expected = await readTensors(join(import.meta.dirname, 'fixtures/kin-low-rank.safetensors'));
});

afterAll(async () => {
  for (const model of opened) await model.close();
  rmSync(folder, { recursive: true });
});

async function open(name: string, tensors: Record<string, TensorOfTest>) {
  const path = join(folder, `${name.replaceAll(' ', '-')}.safetensors`);
  writeFileSync(path, (await modelOf(path, tensors)).bytes);
  const model = await openModel(path);
  opened.push(model);
  return model;
}

const made = (name: string, shape: readonly number[], size: number, offset = 0): TensorOfTest => ({
  dtype: 'F32',
  shape,
  values: [...seededIntegers(name, elementCount(shape))].map((whole) => offset + (whole / 1024) * size),
});

const caseOf = (name: string): Case => fixture.cases.find((one) => one.name === name)!;

const placeOf = ({ shape }: Case) => PLACES[shape.length > 2 ? 'convolution' : 'linear'];

async function adapterOf(one: Case) {
  const { name: layer } = placeOf(one);
  const tensors = Object.entries(one.tensors).map(([key, [shape, size]]) => [
    `${layer}.${key.replace('boft', 'oft')}`,
    made(`${one.name} ${key}`, shape as number[], size as number, OFFSETS[key]),
  ]);
  const numbers = Object.entries(one.numbers).map(([key, value]) => [
    `${layer}.${key}`,
    { dtype: 'F32', shape: [], values: [value] },
  ]);
  const { index, files } = await open(one.name, Object.fromEntries([...tensors, ...numbers]));
  return openAdapter(index, (entry) => readTensorBytes(index, entry, files));
}

/** A checkpoint with the layer of a case. */
async function baseOf(one: Case): Promise<LoraBase> {
  const { index } = await open(`base of ${one.name}`, {
    // By these it is known how long a level is.
    ...Object.fromEntries(LEVEL.map((layer) => [`${UNET}.${layer}.weight`, made(layer, [4, 4, 3, 3], 1)])),
    [placeOf(one).key]: made(`${one.name} base`, one.shape, 1),
  });
  return {
    modules: baseModules(index),
    family: families.sd1,
    families: Object.values(families),
    ways: families.sd1.addOns!.kohya!,
  };
}

/** The layer's new product, as it is applied. */
async function product(layer: LowRankLayer, rank: number): Promise<Float64Array> {
  const found = (await approximateLayer(layer, { rule: ofRank(rank), convolutions: ofRank(rank) }, hands))!;
  const [out, within] = [found.up.length / found.rank, found.down.length / found.rank];
  const result = new Float64Array(out * within);
  for (let i = 0; i < out; i++) {
    for (let k = 0; k < found.rank; k++) {
      const factor = (found.up[i * found.rank + k]! * found.alpha) / found.rank;
      for (let j = 0; j < within; j++) result[i * within + j]! += factor * found.down[k * within + j]!;
    }
  }
  return result;
}

const names = fixture.cases
  .filter(({ kind, shape, ...one }) => {
    const isShown = ['20,12', '8,6,3,3', '24,10'].includes(shape.join());
    return isShown && kind !== 'norm' && !('magnitudes' in one) && !('ranks' in one);
  })
  .map(({ name }) => name);

const hangsOnBase = ({ kind, tensors }: Case): boolean =>
  kinds[kind as keyof typeof kinds].isOfBase === true || 'dora_scale' in tensors || 'magnitude' in tensors;

describe('LO-06: an add-on of another kind is made a LoRA, the best of its rank', () => {
  it.each(names)('%s', async (name) => {
    const one = caseOf(name);
    const adapter = await adapterOf(one);
    const base = await baseOf(one);
    const { layers, biases, misfits } = layersOf(adapter, base);
    expect([layers.length, biases, misfits]).toEqual([1, [], []]);
    expect([layers[0]!.name, layers[0]!.kernel]).toEqual([placeOf(one).name, one.shape.slice(2)]);
    expect(relativeError(await product(layers[0]!, 3), expected[name]!.data)).toBeLessThan(1e-5);
  });

  it.each(names.filter((name) => !hangsOnBase(caseOf(name))))('%s, without its base', async (name) => {
    const one = caseOf(name);
    const [layer] = layersOf(await adapterOf(one)).layers;
    expect([layer!.name, layer!.kernel]).toEqual([placeOf(one).name, one.shape.slice(2)]);
    expect(relativeError(await product(layer!, 3), expected[name]!.data)).toBeLessThan(1e-5);
  });

  it.each(names.filter((name) => hangsOnBase(caseOf(name))))('bad input: not %s without its base', async (name) => {
    const adapter = await adapterOf(caseOf(name));
    expect(() => layersOf(adapter)).toThrow(/what it adds is made of the weights that it changes. Name .* --base/);
  });

  it('all that were recorded are there', () => {
    expect(Object.keys(expected).filter((name) => !name.startsWith('0.'))).toEqual(names.toSorted());
    expect(new Set(names.map((name) => caseOf(name).kind))).toEqual(
      new Set(['boft', 'full', 'glora', 'ia3', 'loha', 'lokr', 'lora', 'oft']),
    );
  });
});

describe('LO-06: add-ons of several kinds become one LoRA', () => {
  it.each([
    ['lora linear', 'loha linear'],
    ['loha conv3', 'lora conv3'],
  ])('%s and %s', async (a, b) => {
    const loras = [
      { adapter: await adapterOf(caseOf(a)), weight: 0.75 },
      { adapter: await adapterOf(caseOf(b)), weight: -0.5 },
    ];
    const { layers } = joinLoras(loras);
    expect(layers).toHaveLength(1);
    expect(relativeError(await product(layers[0]!, 5), expected[`0.75 ${a} - 0.5 ${b}`]!.data)).toBeLessThan(1e-5);
  });
});

describe('what no LoRA can hold', () => {
  const layer = PLACES.linear.name;
  const openAs = async (name: string, tensors: Record<string, TensorOfTest>) => {
    const { index, files } = await open(name, tensors);
    return openAdapter(index, (entry) => readTensorBytes(index, entry, files));
  };

  it('changes of biases and norms are told of', async () => {
    const adapter = await openAs('biases', {
      [`${layer}.diff`]: made('diff', [6, 4], 1),
      [`${layer}.diff_b`]: made('diff_b', [6], 1),
      'lora_unet_conv_norm_out.w_norm': made('w_norm', [6], 1),
      'lora_unet_conv_norm_out.b_norm': made('b_norm', [6], 1),
    });
    const { layers, biases } = layersOf(adapter);
    expect([layers.map(({ name }) => name), biases.toSorted()]).toEqual([[layer], ['lora_unet_conv_norm_out', layer]]);
  });

  it('bad input: half a layer is refused, and what is half wrong', async () => {
    const half = await openAs('half', { [`${layer}.lora_up.weight`]: made('up', [6, 2], 1) });
    expect(() => layersOf(half)).toThrow(/attn1_to_q: expected all of a layer of LoRA, found lora_up: no lora_down/);
    const odd = await openAs('odd', {
      [`${layer}.lora_up.weight`]: made('up', [6, 2], 1),
      [`${layer}.lora_down.weight`]: made('down', [3, 4], 1),
    });
    expect(() => layersOf(odd)).toThrow(/lora_down has rank 3, lora_up 2/);
  });
});
