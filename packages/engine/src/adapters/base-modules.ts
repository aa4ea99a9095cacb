import { diffusersUnetNames } from '../weights/keys/diffusers/unet-names.ts';
import { openClipNames } from '../weights/keys/open-clip-names.ts';
import { places } from '../weights/keys/places.ts';
import type { TensorEntry, TensorIndex } from '../weights/tensor-index.ts';

/** The networks of a checkpoint that adapters change; text encoders are counted as the family joins them. */
export type BasePart = 'denoiser' | 'text-encoder-1' | 'text-encoder-2';

/** A layer of a checkpoint that an adapter may change. */
export interface BaseModule {
  readonly part: BasePart;
  /** Name in the diffusers and transformers libraries, as most adapters call it. */
  readonly name: string;
  readonly weight: TensorEntry;
  readonly bias: TensorEntry | undefined;
  /** Which third of the weight's rows it is, where three layers are stored in one. */
  readonly third?: 0 | 1 | 2;
}

/** The layers of a checkpoint by part and every name that adapters call them, dots as underscores. */
export interface BaseModules {
  readonly all: readonly BaseModule[];
  find(part: BasePart, name: string): BaseModule | undefined;
}

/** Finds the layers of a checkpoint that adapters may change; reads nothing but its index. */
export function baseModules({ tensors }: TensorIndex): BaseModules {
  const all: BaseModule[] = [];
  const byName = new Map<string, BaseModule>();
  const add = (module: BaseModule, ...names: readonly string[]): void => {
    all.push(module);
    for (const name of [module.name, ...names]) byName.set(`${module.part} ${name.replaceAll('.', '_')}`, module);
  };
  const unet = below(places.denoiser).find((path) => tensors.has(`${path}input_blocks.0.0.weight`));
  if (unet !== undefined) addUnet(tensors, unet, add);
  TEXT_PLACES.forEach((paths, i) => {
    const part = i === 0 ? 'text-encoder-1' : 'text-encoder-2';
    for (const path of below(paths)) {
      const naming = tensors.has(`${path}embeddings.token_embedding.weight`) ? 'transformers' : 'openClip';
      if (naming === 'openClip' && !tensors.has(`${path}token_embedding.weight`)) continue;
      addText[naming](tensors, path, part, add);
      return;
    }
  });
  return { all, find: (part, name) => byName.get(`${part} ${plainName(part, name)}`) };
}

type Add = (module: BaseModule, ...names: readonly string[]) => void;

/** Where the first and the second text encoder stand; of several the first that is there. */
const TEXT_PLACES: readonly (readonly string[])[] = [
  [...places.clipText, ...places.openClipH, ...places.sdxlClipL, ...places.refinerClipG],
  places.sdxlClipG,
];

const below = (paths: readonly string[]): string[] => paths.map((path) => (path === '' ? '' : `${path}.`));

/** The names in use for one thing that are no name of a library. */
function plainName(part: BasePart, name: string): string {
  // Attention processors call the first and only layer of the output `to_out`.
  if (part === 'denoiser') return name.replace(/_to_out$/, '_to_out_0');
  // Without the outer module, as transformers 5 has it, or with what a pipeline had before it.
  const inner = name.replace(/^(?:transformer_)?(?:text_model_)+/, '');
  return inner.replace(/_self_attn_to_(q|k|v|out)$/, '_self_attn_$1_proj');
}

function addUnet(tensors: TensorIndex['tensors'], at: string, add: Add): void {
  const layers = [...tensors.keys()]
    .filter((key) => key.startsWith(at) && key.endsWith('.weight'))
    .map((key) => key.slice(at.length, -'.weight'.length));
  const names = diffusersUnetNames(layers);
  for (const layer of layers) {
    const weight = tensors.get(`${at}${layer}.weight`)!;
    const bias = tensors.get(`${at}${layer}.bias`);
    add({ part: 'denoiser', name: names.get(layer) ?? layer, weight, bias }, layer);
  }
}

const addText = {
  transformers(tensors: TensorIndex['tensors'], at: string, part: BasePart, add: Add): void {
    for (const [key, weight] of tensors) {
      if (!key.startsWith(at) || !key.endsWith('.weight')) continue;
      const name = key.slice(at.length, -'.weight'.length);
      add({ part, name, weight, bias: tensors.get(`${at}${name}.bias`) });
    }
  },
  openClip(tensors: TensorIndex['tensors'], at: string, part: BasePart, add: Add): void {
    let blocks = 0;
    while (tensors.has(`${at}transformer.resblocks.${blocks}.attn.in_proj_weight`)) blocks++;
    for (const [name, { weight, bias, third }] of openClipNames(blocks)) {
      const entry = tensors.get(at + weight);
      const module = {
        part,
        name,
        weight: entry!,
        bias: tensors.get(at + bias),
        ...(third !== undefined && { third }),
      };
      if (entry !== undefined) add(module, ...(third === undefined ? [weight.replace(/\.weight$/, '')] : []));
    }
  },
};
