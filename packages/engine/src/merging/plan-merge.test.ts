import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkpointShapes } from '../../../../tests/examples/checkpoints.ts';
import { indexOfShapes } from '../../../../tests/examples/example.ts';
import fixture from '../../../../tests/fixtures/merge-checkpoints.json' with { type: 'json' };
import { makeModel, type MemoryModel, modelOf, tensorOf, type TensorOfTest } from '../../../../tests/made-files.ts';
import type { DType } from '../tensor/dtype.ts';
import type { TensorIndex } from '../weights/tensor-index.ts';
import { parseBlockWeights } from './block-weights.ts';
import type { Interpolation } from './merge-choices.ts';
import { type MergePlan, planMerge } from './plan-merge.ts';

/** The values of oracles/merge_checkpoints.py: from -4 to 4, by FNV-1a of a text. */
function seeded(text: string, dtype: DType, shape: readonly number[]): TensorOfTest {
  let state = 0x811c9dc5;
  for (const letter of text) state = Math.imul(state ^ letter.codePointAt(0)!, 0x01000193) >>> 0;
  const isWhole = dtype === 'I64' || dtype === 'I32';
  return tensorOf(
    shape,
    (i) => (isWhole ? i : Math.fround((Math.imul(i + 1, state | 1) >>> 9) / (1 << 20)) - 4),
    dtype,
  );
}

type Shapes = Readonly<Record<string, readonly [DType, readonly number[]]>>;

const load = (name: string, shapes: Shapes): Promise<MemoryModel> =>
  modelOf(
    name,
    Object.fromEntries(
      Object.entries(shapes).map(([key, [dtype, shape]]) => [key, seeded(`${name} ${key}`, dtype, shape)]),
    ),
  );

const model = (name: string): Promise<MemoryModel> =>
  load(name, (fixture.models as unknown as Record<string, Shapes>)[name]!);

/** A case of the fixture, with what only some have. */
interface Case {
  readonly mode: string;
  readonly models: readonly string[];
  readonly multiplier?: number;
  readonly half: boolean;
  readonly blocks?: readonly number[];
  readonly weights?: readonly number[];
  readonly vae?: boolean;
  readonly discard?: string;
  readonly tensors: Readonly<Record<string, unknown>>;
}

async function merged({ mode, models: names, multiplier, half, blocks, weights, vae, discard }: Case) {
  const models = await Promise.all(names.map(model));
  const other = vae === true ? await load('VAE', fixture.vae as unknown as Shapes) : undefined;
  const interpolation = {
    mode,
    models: models.map(({ index }) => index),
    ...(multiplier !== undefined && { multiplier }),
    ...(blocks && { blocks: parseBlockWeights(blocks.join(',')).blocks }),
    ...(weights && { weights }),
  } as unknown as Interpolation;
  const plan = planMerge({
    interpolation,
    half,
    ...(other && { vae: other.index }),
    ...(discard !== undefined && { discard: new RegExp(discard) }),
  });
  const sources = [...models, ...(other ? [other] : [])].map(({ source }) => source);
  return { plan, made: await makeModel('merged', plan.tensors, sources) };
}

async function recorded({ index, source }: MemoryModel): Promise<Record<string, unknown>> {
  const rows = [...index.tensors.values()].map(async ({ name, dtype, shape, offset, length }) => {
    const hash = createHash('sha256').update(await source.read(offset, length));
    return [name, [dtype, shape, hash.digest('hex').slice(0, 16)]] as const;
  });
  return Object.fromEntries(await Promise.all(rows));
}

const said = ({ notes }: MergePlan): string => notes.map(({ en }) => en).join('\n');

describe('planMerge', () => {
  const cases = fixture.cases as readonly Case[];
  it.each(
    cases.map(
      (one) =>
        [
          `${one.mode} of ${one.models.join(', ')}${one.half ? ' to half' : ''}${one.blocks ? ' by blocks' : ''}`,
          one,
        ] as const,
    ),
  )('FMT-08: merges as A1111 does, bit for bit: %s', async (_, one) => {
    const { made } = await merged(one);
    expect(await recorded(made)).toEqual(one.tensors);
  });

  it('says what it merged and what it kept', async () => {
    const { plan } = await merged({ ...cases[0]!, models: ['A', 'B'] });
    expect(said(plan).split('\n')).toEqual([
      'merged 12 tensors',
      'kept 1 tensor of the first model that not every other has',
      'kept 1 tensor of whole numbers as in the first model',
      'left out 1 tensor that the first model has not',
    ]);
    expect(plan.special).toBeUndefined();
  });

  it('makes the kind of model that A is, and asks for it in the first place', async () => {
    expect((await merged({ ...cases[0]!, models: ['inpainting', 'B'] })).plan.special).toBe('inpainting');
    expect((await merged({ ...cases[0]!, models: ['pix2pix', 'B'] })).plan.special).toBe('instruct-pix2pix');
    await expect(merged({ ...cases[0]!, models: ['B', 'inpainting'] })).rejects.toThrow(
      'inpainting: expected a plain model, as the first one is, found an inpainting model. Name it first',
    );
    await expect(merged({ ...cases[0]!, models: ['inpainting', 'pix2pix'] })).rejects.toMatchObject({
      code: 'bad-shape',
    });
  });
});

describe('planMerge refuses', () => {
  const plan = (a: TensorIndex, b: TensorIndex): MergePlan =>
    planMerge({ interpolation: { mode: 'weighted-sum', models: [a, b], multiplier: 0.5 } });

  it('add-ons', async () => {
    const { index: a } = await model('A');
    const to = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q';
    const addOns = {
      LoRA: { [`${to}.lora_down.weight`]: tensorOf([4, 320]), [`${to}.lora_up.weight`]: tensorOf([320, 4]) },
      LyCORIS: {
        [`${to}.hada_w1_a`]: tensorOf([320, 4]),
        [`${to}.hada_w1_b`]: tensorOf([4, 320]),
        [`${to}.hada_w2_a`]: tensorOf([320, 4]),
        [`${to}.hada_w2_b`]: tensorOf([4, 320]),
      },
      embedding: { emb_params: tensorOf([2, 768]) },
    };
    for (const tensors of Object.values(addOns)) {
      const { index: addOn } = await modelOf('add-on.safetensors', tensors);
      expect(() => plan(a, addOn)).toThrow(
        /^add-on\.safetensors: expected a checkpoint, found .*(?:LoRA|LoHa|LyCORIS|embedding)/i,
      );
      expect(() => plan(addOn, a)).toThrow(
        'Only whole models are merged with one another; a LoRA is put into one with `--lora`.',
      );
    }
  });

  it('models that have nothing in common', async () => {
    const { index: a } = await model('A');
    const { index: b } = await modelOf('vae.safetensors', { 'decoder.conv_in.weight': tensorOf([2]) });
    expect(() => plan(a, b)).toThrow(
      /^vae\.safetensors: expected tensors of the same names as in A, such as .+, found none; its own are decoder\.conv_in\.weight …\./,
    );
  });

  it('shapes that differ, naming the families', async () => {
    const [sd1, sdxl] = (['sd1', 'sdxl'] as const).map((name) =>
      indexOfShapes(`${name}.safetensors`, checkpointShapes(name)),
    );
    expect(() => plan(sd1!, sdxl!)).toThrow(
      /^sdxl\.safetensors › model\.diffusion_model\..*: expected shape .*, as in sd1\.safetensors, found .*\. Only models of one family and size can be merged; these are .*Stable Diffusion 1\.x.* and .*Stable Diffusion XL/,
    );
    const { index: a } = await model('A');
    const { index: b } = await modelOf('b.safetensors', { 'model.diffusion_model.out.2.weight': tensorOf([4, 26]) });
    expect(() => plan(a, b)).toThrow(
      'out.2.weight: expected shape [4, 13], as in A, found [4, 26]. Only models of one family and size can be merged.',
    );
  });
});

describe('parseBlockWeights', () => {
  it('reads 25 or 19 numbers, and one more for all else', () => {
    const text = (count: number): string => Array.from({ length: count }, (_, i) => i / 100).join(', ');
    expect(parseBlockWeights(text(25))).toMatchObject({ blocks: { blocks: { inputs: 12, outputs: 12 } } });
    expect(parseBlockWeights(text(25)).base).toBeUndefined();
    expect(parseBlockWeights(text(20))).toMatchObject({ base: 0, blocks: { blocks: { inputs: 9, outputs: 9 } } });
    expect(parseBlockWeights(text(26)).blocks.weights[0]).toBe(0.01);
    expect(() => parseBlockWeights(text(24))).toThrow('found 24');
    expect(() => parseBlockWeights('1,x')).toThrow('expected numbers, found x');
  });

  it('is refused for a model with more blocks', async () => {
    const { index: a } = await model('A');
    const blocks = { ...parseBlockWeights(new Array(19).fill(0.5).join()).blocks };
    const run = (): MergePlan =>
      planMerge({ interpolation: { mode: 'weighted-sum', models: [a, a], multiplier: 0.5, blocks } });
    expect(run).toThrow(
      'block weights: expected a model of 9 input and 9 output blocks for 19 weights, found 12 input and 12 output blocks.',
    );
  });
});
