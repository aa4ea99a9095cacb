import type { TensorEntry, TensorIndex } from '../tensor-index.ts';
import { type NamePair, renameInPlace } from './diffusers/rename-in-place.ts';
import { unetNames, unetResnetNames } from './diffusers/unet-names.ts';
import { vaeInnerNames, vaeNames } from './diffusers/vae-names.ts';

/** Folders of a diffusers pipeline and where their parts stand in a checkpoint; '' is a file that is one part alone. */
interface PartPlaces {
  readonly unet: string;
  readonly vae: string;
  readonly text: string;
}

const IN_FOLDER: PartPlaces = { unet: 'unet.', vae: 'vae.', text: 'text_encoder.' };
const SECOND_TEXT = 'text_encoder_2.';

const named = new WeakMap<TensorIndex, TensorIndex>();

/**
 * The same model under the names of its authors, where its files have those of the diffusers library: a folder becomes
 * like a checkpoint of the family, a UNet or a VAE alone like one alone. Anything else stays as it is.
 */
export function withOriginalNames(index: TensorIndex): TensorIndex {
  let result = named.get(index);
  if (result === undefined) named.set(index, (result = rename(index)));
  return result;
}

function rename(index: TensorIndex): TensorIndex {
  const isFolder = index.tensors.has(`${IN_FOLDER.unet}conv_in.weight`);
  const places = isFolder ? IN_FOLDER : { unet: '', vae: '', text: '' };
  const renames = [
    ...unetRenames(index, places.unet, isFolder ? 'model.diffusion_model.' : ''),
    ...vaeRenames(index, places.vae, isFolder ? 'first_stage_model.' : ''),
    ...(isFolder ? textRenames(index) : []),
  ];
  if (renames.length === 0) return index;
  const tensors = new Map<string, TensorEntry>();
  for (const [key, entry] of index.tensors) {
    const name = renames.reduce<string | undefined>((found, one) => found ?? one(key), undefined) ?? key;
    tensors.set(name, name === key ? entry : { ...entry, name });
  }
  return { ...index, tensors };
}

/** Says the new name of a key, or nothing where it is not its business. */
type Rename = (key: string) => string | undefined;

function unetRenames({ tensors }: TensorIndex, at: string, to: string): Rename[] {
  if (!tensors.has(`${at}down_blocks.0.resnets.0.conv1.weight`) || !tensors.has(`${at}conv_in.weight`)) return [];
  const has = (name: string): boolean => tensors.has(`${at}${name}`);
  const levels = countWhile((level) => has(`down_blocks.${level}.resnets.0.conv1.weight`));
  const blocks = countWhile((i) => has(`down_blocks.0.resnets.${i}.conv1.weight`));
  const attends = Array.from({ length: levels }, (_, level) => has(`up_blocks.${level}.attentions.0.norm.weight`));
  return [renamer(at, to, unetNames({ levels, blocks, attends }), unetResnetNames)];
}

function vaeRenames({ tensors }: TensorIndex, at: string, to: string): Rename[] {
  const has = (name: string): boolean => tensors.has(`${at}${name}`);
  const [down, up] = ['encoder.down_blocks', 'decoder.up_blocks'];
  if (!has(`${down}.0.resnets.0.conv1.weight`) && !has(`${up}.0.resnets.0.conv1.weight`)) return [];
  const levels = Math.max(
    ...[down, up].map((half) => countWhile((level) => has(`${half}.${level}.resnets.0.conv1.weight`))),
  );
  const blocks = Math.max(...[down, up].map((half) => countWhile((i) => has(`${half}.0.resnets.${i}.conv1.weight`))));
  return [renamer(at, to, vaeNames(levels, blocks), vaeInnerNames)];
}

function textRenames({ tensors }: TensorIndex): Rename[] {
  const holds = (start: string): boolean => [...tensors.keys()].some((key) => key.startsWith(start));
  const second = holds(SECOND_TEXT);
  const first = holds(IN_FOLDER.text);
  // Two text encoders are SDXL's, the second one alone is the refiner's.
  const encoders: [from: string, to: string][] = [
    [IN_FOLDER.text, second ? 'conditioner.embedders.0.transformer.' : 'cond_stage_model.transformer.'],
    [SECOND_TEXT, first ? 'conditioner.embedders.1.transformer.' : 'conditioner.embedders.0.transformer.'],
  ];
  return encoders.map(([from, to]) => (key) => {
    if (!key.startsWith(from)) return undefined;
    const name = key.slice(from.length);
    // Newer versions of the transformers library leave the level "text_model" out.
    const isInside = /^(?:embeddings|encoder|final_layer_norm)\./.test(name);
    return `${to}${isInside ? 'text_model.' : ''}${name}`;
  });
}

function renamer(at: string, to: string, places: readonly NamePair[], inner: readonly NamePair[]): Rename {
  const [byPlace, byLayer] = [new Map(places), new Map(inner)];
  return (key) => {
    if (!key.startsWith(at)) return undefined;
    const own = key.slice(at.length);
    return to + (renameInPlace(own, byPlace, byLayer) ?? own);
  };
}

function countWhile(holds: (i: number) => boolean): number {
  let count = 0;
  while (holds(count)) count++;
  return count;
}
