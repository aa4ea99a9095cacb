import { expect, it } from 'vitest';
import type { Interpolation } from './merge-choices.ts';
import { type MergedModel, mergedName, mergeMetadata } from './merge-metadata.ts';

const model = (letter: string, metadata: Readonly<Record<string, string>> = {}): MergedModel => ({
  name: `${letter}.safetensors`,
  sha256: letter.repeat(64),
  legacyHash: letter.repeat(8),
  metadata: new Map(Object.entries(metadata)),
});

const weighted = { mode: 'weighted-sum', models: [] as never, multiplier: 0.3 } as const satisfies Interpolation;
const facts = { customName: '', special: undefined, loras: [] };

const objectOf = (metadata: ReadonlyMap<string, string>, key: string): unknown => JSON.parse(metadata.get(key)!);

it('writes the recipe with the keys of A1111', () => {
  const metadata = mergeMetadata(
    [model('a', { author: '丹' }), model('b')],
    { interpolation: weighted, half: true, discard: /ema/ },
    { ...facts, vaeName: 'v.pt', special: 'inpainting' },
  );
  expect(objectOf(metadata, 'sd_merge_recipe')).toEqual({
    type: 'danqing',
    primary_model_hash: 'a'.repeat(64),
    secondary_model_hash: 'b'.repeat(64),
    tertiary_model_hash: null,
    interp_method: 'Weighted sum',
    multiplier: 0.3,
    save_as_half: true,
    custom_name: '',
    config_source: 0,
    bake_in_vae: 'v.pt',
    discard_weights: 'ema',
    is_inpainting: true,
    is_instruct_pix2pix: false,
  });
  expect(objectOf(metadata, 'sd_merge_models')).toEqual({
    ['a'.repeat(64)]: { name: 'a.safetensors', legacy_hash: 'aaaaaaaa', sd_merge_recipe: null },
    ['b'.repeat(64)]: { name: 'b.safetensors', legacy_hash: 'bbbbbbbb', sd_merge_recipe: null },
  });
  expect(metadata.get('format')).toBe('pt');
  expect(metadata.get('author')).toBe('丹');
});

it('keeps the recipes of models that were merged themselves', () => {
  const first = mergeMetadata([model('a'), model('b')], { interpolation: weighted }, facts);
  const nested = mergeMetadata([{ ...model('c'), metadata: first }, model('d')], { interpolation: weighted }, facts);
  const models = objectOf(nested, 'sd_merge_models') as Record<string, { sd_merge_recipe: unknown }>;
  expect(
    Object.keys(models)
      .map((hash) => hash[0])
      .sort((x, y) => x!.localeCompare(y!)),
  ).toEqual(['a', 'b', 'c', 'd']);
  expect(models['c'.repeat(64)]!.sd_merge_recipe).toMatchObject({ primary_model_hash: 'a'.repeat(64) });
  const odd = mergeMetadata(
    [model('a', { sd_merge_recipe: '{broken', sd_merge_models: 'x' })],
    { interpolation: weighted },
    facts,
  );
  expect(Object.keys(objectOf(odd, 'sd_merge_models') as object)).toHaveLength(1);
});

it('writes the weights of blocks and of many models', () => {
  const blocks = { weights: [0, 0.5], blocks: { inputs: 12, outputs: 12 } };
  const byBlocks = mergeMetadata([model('a'), model('b')], { interpolation: { ...weighted, blocks } }, facts);
  expect(objectOf(byBlocks, 'sd_merge_recipe')).toMatchObject({ block_weights: '0,0.5' });
  const sum = { mode: 'sum', models: [], weights: [0.5, 0.3, 0.2] } as const;
  const many = mergeMetadata([model('a'), model('b'), model('c')], { interpolation: sum }, facts);
  expect(objectOf(many, 'sd_merge_recipe')).toMatchObject({
    weights: [0.5, 0.3, 0.2],
    multiplier: null,
    model_hashes: ['a', 'b', 'c'].map((letter) => letter.repeat(64)),
  });
});

it('names the result as A1111 does', () => {
  const name = (interpolation: Interpolation, special?: 'inpainting'): string =>
    mergedName(['a', 'b', 'c'], { interpolation }, special);
  expect(name(weighted)).toBe('0.7(a) + 0.3(b)');
  expect(name({ ...weighted, multiplier: 1 }, 'inpainting')).toBe('0.0(a) + 1.0(b).inpainting');
  expect(name({ mode: 'add-difference', models: [] as never, multiplier: 0.456 })).toBe('a + 0.46(b - c)');
  expect(name({ mode: 'none', models: [] as never })).toBe('a');
  expect(name({ mode: 'sum', models: [], weights: [0.5, 0.25, 0.25] })).toBe('0.5(a) + 0.25(b) + 0.25(c)');
});
