import type { BlockWeights } from './block-weights.ts';
import type { MergeChoices } from './merge-choices.ts';
import type { SpecialModel } from './plan-merge.ts';

/** A model that went into a merge, by what it can be found again with. */
export interface MergedModel {
  /** File name, as A1111 lists it. */
  readonly name: string;
  /** Of the whole file, 64 hex digits. */
  readonly sha256: string;
  /** A1111's first hash, 8 hex digits. */
  readonly legacyHash: string;
  readonly metadata: ReadonlyMap<string, string>;
}

/** A LoRA that was put into a model. */
export interface BakedLora {
  /** File name. */
  readonly name: string;
  /** First 12 digits of the SHA-256 of its tensors, as A1111 names LoRAs. */
  readonly hash: string;
  readonly denoiser: number;
  readonly textEncoder: number;
}

/** What a merge was asked for, beside what `MergeChoices` says. */
export interface MergeRequestFacts {
  /** Output name that the user chose; empty for the one made of the models' names. */
  readonly customName: string;
  /** File name of the VAE that was baked in. */
  readonly vaeName?: string | undefined;
  readonly special: SpecialModel | undefined;
  readonly loras: readonly BakedLora[];
}

/** What A1111 calls the ways to interpolate. */
const METHODS = {
  none: 'No interpolation',
  'weighted-sum': 'Weighted sum',
  'add-difference': 'Add difference',
  sum: 'Weighted sum',
} as const;

/**
 * The metadata of a merged model: that of all its models, and its recipe in the words of A1111's merger (`sd_merge_recipe`,
 * `sd_merge_models`), in which the recipes of models that were merged themselves are kept.
 */
export function mergeMetadata(
  models: readonly MergedModel[],
  { interpolation, half = false, discard }: MergeChoices,
  { customName, vaeName, special, loras }: MergeRequestFacts,
): ReadonlyMap<string, string> {
  const [a, b, c] = models;
  const isMany = interpolation.mode === 'sum';
  const recipe = {
    type: 'danqing',
    primary_model_hash: a!.sha256,
    secondary_model_hash: b?.sha256 ?? null,
    tertiary_model_hash: c?.sha256 ?? null,
    interp_method: METHODS[interpolation.mode],
    multiplier: 'multiplier' in interpolation ? interpolation.multiplier : null,
    save_as_half: half,
    custom_name: customName,
    config_source: 0,
    bake_in_vae: vaeName ?? 'None',
    discard_weights: discard?.source ?? '',
    is_inpainting: special === 'inpainting',
    is_instruct_pix2pix: special === 'instruct-pix2pix',
    ...(isMany && { model_hashes: models.map(({ sha256 }) => sha256), weights: interpolation.weights }),
    ...(loras.length > 0 && {
      loras: loras.map(({ name, hash, denoiser, textEncoder }) => ({
        name,
        hash,
        unet: denoiser,
        text_encoder: textEncoder,
      })),
    }),
    ...('blocks' in interpolation && interpolation.blocks && { block_weights: textOf(interpolation.blocks) }),
  };
  const known = Object.assign(
    {},
    ...models.map(({ sha256, name, legacyHash, metadata }) => ({
      [sha256]: { name, legacy_hash: legacyHash, sd_merge_recipe: parsed(metadata.get('sd_merge_recipe')) ?? null },
      ...parsed(metadata.get('sd_merge_models')),
    })),
  ) as object;
  return new Map([
    ...models.flatMap(({ metadata }) => [...metadata]),
    ['format', 'pt'],
    ['sd_merge_recipe', JSON.stringify(recipe)],
    ['sd_merge_models', JSON.stringify(known)],
  ]);
}

const textOf = ({ weights }: BlockWeights): string => weights.join(',');

/** A JSON object in metadata; undefined for anything else. */
function parsed(text: string | undefined): object | undefined {
  if (text?.startsWith('{') !== true) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

/** The name that A1111 gives a merged model: `0.7(a) + 0.3(b)`, `a + 0.3(b - c)`; and in its manner `a + 0.8(lora)`. */
export function mergedName(
  names: readonly string[],
  { interpolation }: MergeChoices,
  special: SpecialModel | undefined,
  loras: readonly { readonly name: string; readonly denoiser: number }[] = [],
): string {
  const [a, b, c] = names;
  const suffix = special === undefined ? '' : `.${special}`;
  switch (interpolation.mode) {
    case 'none':
      return `${[a, ...loras.map(({ name, denoiser }) => `${rounded(denoiser)}(${name})`)].join(' + ')}${suffix}`;
    case 'weighted-sum':
      return `${rounded(1 - interpolation.multiplier)}(${a}) + ${rounded(interpolation.multiplier)}(${b})${suffix}`;
    case 'add-difference':
      return `${a} + ${rounded(interpolation.multiplier)}(${b} - ${c})${suffix}`;
    case 'sum':
      return `${names.map((name, i) => `${rounded(interpolation.weights[i]!)}(${name})`).join(' + ')}${suffix}`;
  }
}

/** Two digits, and one after the point at least, as Python writes floats. */
function rounded(value: number): string {
  const text = String(Math.round(value * 100) / 100);
  return text.includes('.') ? text : `${text}.0`;
}
