import { describe, expect, it } from 'vitest';
import { makeModel, type MemoryModel, modelOf, tensorOf, valuesOf } from '../../../../../tests/made-files.ts';
import { decodeToFloat32 } from '../../tensor/dtype.ts';
import { encodeFloat32 } from '../../tensor/encode.ts';
import type { ConvertChoices } from './convert-choices.ts';
import { type ChangePlan, planConversion } from './plan-conversion.ts';

const POSITIONS = 'cond_stage_model.transformer.text_model.embeddings.position_ids';
const UNET = 'model.diffusion_model.input_blocks.1.0.in_layers.2.weight';
const EMA = 'model_ema.diffusion_modelinput_blocks10in_layers2weight';
const TEXT = 'cond_stage_model.transformer.text_model.final_layer_norm.weight';
const VAE = 'first_stage_model.decoder.conv_in.weight';

const checkpoint = (): Promise<MemoryModel> =>
  modelOf(
    'full.safetensors',
    {
      [UNET]: tensorOf([4, 6], (i) => Math.sin(i) * 3, 'F32'),
      [EMA]: tensorOf([4, 6], (i) => Math.cos(i), 'F32'),
      'model_ema.decay': tensorOf([], [0.9999], 'F32'),
      'model_ema.num_updates': tensorOf([], [470_000], 'I32'),
      [TEXT]: tensorOf([5], (i) => i / 3, 'F32'),
      [POSITIONS]: tensorOf([1, 77], (i) => i, 'F32'),
      [VAE]: tensorOf([3, 4], (i) => 1e5 * (i - 1), 'F32'),
      'first_stage_model.loss.logvar': tensorOf([], [0], 'F32'),
      alphas_cumprod: tensorOf([10], (i) => 1 - i / 11, 'F32'),
    },
    { author: '丹' },
  );

const names = ({ tensors }: ChangePlan): string[] => tensors.map(({ name }) => name);
const typesOf = ({ tensors }: ChangePlan): Record<string, string> =>
  Object.fromEntries(tensors.map(({ name, dtype }) => [name, dtype]));
const said = ({ notes }: ChangePlan): string => notes.map(({ en }) => en).join('\n');

async function converted(choices: Partial<ConvertChoices>, from?: MemoryModel) {
  const model = from ?? (await checkpoint());
  const plan = planConversion(model.index, { container: 'safetensors', ...choices });
  return { plan, made: await makeModel('new', plan.tensors, [model.source], plan.metadata, choices.container) };
}

describe('planConversion', () => {
  it('changes nothing unless asked', async () => {
    const original = await checkpoint();
    const { plan, made } = await converted({}, original);
    expect(Buffer.compare(made.bytes, original.bytes)).toBe(0);
    expect(said(plan)).toBe('kept 1 tensor of no use for drawing (first_stage_model.loss.logvar …)');
  });

  it.each(['F16', 'BF16', 'F8_E4M3', 'F8_E5M2', 'F64'] as const)(
    'FMT-05: stores weights as %s, rounded to nearest',
    async (dtype) => {
      const { plan, made } = await converted({ dtype });
      const types = typesOf(plan);
      // Whole numbers stay, also those that another program has written as float.
      expect(types[POSITIONS]).toBe('F32');
      expect(types['model_ema.num_updates']).toBe('I32');
      const values = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i) * 3);
      expect(types[UNET]).toBe(dtype);
      expect(await valuesOf(made, UNET)).toEqual([...decodeToFloat32(encodeFloat32(values, dtype).bytes, dtype)]);
    },
  );

  it('makes what is too large for F16 its largest value', async () => {
    expect(Math.max(...(await valuesOf((await converted({ dtype: 'F16' })).made, VAE)))).toBe(65504);
  });

  it('treats parts differently', async () => {
    const { plan } = await converted({
      dtype: 'F16',
      parts: { unet: 'convert', textEncoder: 'copy', vae: 'delete', other: 'delete' },
    });
    expect(typesOf(plan)).toEqual({
      [UNET]: 'F16',
      [EMA]: 'F16',
      'model_ema.decay': 'F16',
      'model_ema.num_updates': 'I32',
      [TEXT]: 'F32',
      [POSITIONS]: 'F32',
    });
  });

  it('FMT-06: drops the moving averages or keeps only them', async () => {
    const { plan: without, made: plain } = await converted({ prune: 'no-ema' });
    expect(names(without).filter((name) => name.startsWith('model_ema'))).toEqual([]);
    expect((await valuesOf(plain, UNET))[1]).toBe(Math.fround(Math.sin(1) * 3));
    expect(said(without)).toContain('left out 1 moving average (EMA)');
    const { plan: only, made } = await converted({ prune: 'ema-only' });
    expect(names(only)).toEqual(names(without));
    expect((await valuesOf(made, UNET))[1]).toBe(Math.fround(Math.cos(1)));
    expect(await valuesOf(made, TEXT)).toEqual(await valuesOf(plain, TEXT));
    expect(said(only)).toContain('put the moving average (EMA) in the place of 1 weight');
    await expect(converted({ prune: 'ema-only' }, plain)).rejects.toThrow(
      'expected moving averages of the weights (model_ema.…), found none',
    );
    expect(said((await converted({ prune: 'no-ema' }, plain)).plan)).toContain('there were no moving averages');
  });

  it('makes numbers of positions whole again', async () => {
    const broken = await modelOf('broken.safetensors', {
      [POSITIONS]: tensorOf([1, 77], (i) => i * 0.999, 'F16'),
      [TEXT]: tensorOf([2]),
    });
    const { plan, made } = await converted({ fixPositionIds: true }, broken);
    expect(typesOf(plan)[POSITIONS]).toBe('I64');
    expect(await valuesOf(made, POSITIONS)).toEqual(Array.from({ length: 77 }, (_, i) => i));
    expect(said(plan)).toContain(`${POSITIONS}: made whole numbers again`);
  });

  it('drops what drawing does not need, in a checkpoint only what is not its own', async () => {
    const { plan } = await converted({ dropJunk: true });
    expect(names(plan)).not.toContain('first_stage_model.loss.logvar');
    expect(names(plan)).toHaveLength(8);
    const control = await modelOf('control.safetensors', { 'control_model.input_blocks.0.0.weight': tensorOf([2]) });
    expect(names((await converted({ dropJunk: true }, control)).plan)).toHaveLength(1);
    const stray = await modelOf('stray.safetensors', { [UNET]: tensorOf([2]), 'control_model.a': tensorOf([2]) });
    expect(names((await converted({ dropJunk: true }, stray)).plan)).toEqual([UNET]);
  });

  it('FMT-09: bakes in a VAE, from its own file or a checkpoint', async () => {
    const other = await modelOf('vae.pt', {
      'decoder.conv_in.weight': tensorOf([3, 4], () => 0.25, 'F32'),
      'encoder.conv_in.weight': tensorOf([2]),
      'loss.logvar': tensorOf([]),
    });
    const model = await checkpoint();
    const plan = planConversion(model.index, { container: 'safetensors', dtype: 'F16', vae: other.index });
    const made = await makeModel('new', plan.tensors, [model.source, other.source]);
    expect(await valuesOf(made, VAE)).toEqual(new Array(12).fill(0.25));
    expect(typesOf(plan)[VAE]).toBe('F16');
    expect(names(plan)).not.toContain('first_stage_model.encoder.conv_in.weight');
    expect(said(plan)).toContain('baked in the VAE of vae.pt: 1 tensor');

    const bare = await modelOf('bare.safetensors', { [UNET]: tensorOf([2]) });
    const filled = planConversion(bare.index, { container: 'safetensors', vae: model.index });
    expect(names(filled)).toEqual([UNET, VAE, 'first_stage_model.loss.logvar']);
    expect(said(filled)).toContain('there was none before');

    const narrow = await modelOf('narrow.pt', { 'decoder.conv_in.weight': tensorOf([3, 16]) });
    expect(() => planConversion(model.index, { container: 'safetensors', vae: narrow.index })).toThrow(
      'narrow.pt › decoder.conv_in.weight: expected shape [3, 4], found [3, 16]. This VAE was made for another family',
    );
    const diffusers = await modelOf('d.safetensors', { 'decoder.mid_block.resnets.0.conv1.weight': tensorOf([2]) });
    expect(() => planConversion(model.index, { container: 'safetensors', vae: diffusers.index })).toThrow(
      'found one in the layout of diffusers',
    );
  });

  it('keeps metadata where there is a place for it, and says where not', async () => {
    expect((await converted({})).plan.metadata).toEqual(new Map([['author', '丹']]));
    const { plan } = await converted({ container: 'torch' });
    expect(plan.metadata.size).toBe(0);
    expect(said(plan)).toContain('a torch file has no place for metadata: left out author');
  });

  it('takes over what a torch file holds beside its tensors, and says what it cannot', async () => {
    const { index } = await modelOf('embedding.pt', { 'string_to_param.*': tensorOf([2, 8]) }, {}, 'torch');
    const extras = new Map<string, never>(
      Object.entries({
        name: '丹青',
        step: 200,
        layer_structure: [1, 2, 1],
        optimizer: new Map(),
        logvar: 'F32 [4]',
        on: true,
      }) as [string, never][],
    );
    const plan = planConversion({ ...index, extras }, { container: 'safetensors' });
    expect([...plan.metadata]).toEqual([
      ['name', '丹青'],
      ['step', '200'],
      ['layer_structure', '[1,2,1]'],
      ['on', 'true'],
      ['format', 'pt'],
    ]);
    expect(said(plan)).toBe('left out what is no tensor: optimizer, logvar');
  });

  it('says that shared bytes are shared no more, and which programs cannot read the result', async () => {
    const { index } = await modelOf('a.safetensors', { a: tensorOf([4], undefined, 'F8_E4M3') });
    const entry = index.tensors.get('a')!;
    const shared = {
      ...index,
      tensors: new Map([
        ['a', entry],
        ['b', { ...entry, name: 'b' }],
      ]),
    };
    const plan = planConversion(shared, { container: 'torch' });
    expect(said(plan)).toContain('1 tensor shared bytes with others; each has its own now');
    expect(said(plan)).toContain('holds F8_E4M3, which torch reads since 2.1 and A1111 refuses');
  });

  it('refuses to leave nothing', async () => {
    const lora = await modelOf('l.safetensors', {
      'lora_unet_a.lora_up.weight': tensorOf([2]),
      'lora_te_b.alpha': tensorOf([]),
    });
    expect(names((await converted({ parts: { unet: 'delete' } }, lora)).plan)).toEqual(['lora_te_b.alpha']);
    await expect(converted({ parts: { unet: 'delete', textEncoder: 'delete' } }, lora)).rejects.toThrow(
      'expected something that is kept',
    );
  });
});
