import type { AdapterFile, FileModule } from '../../adapters/adapter-file.ts';
import type { BaseModule, BasePart } from '../../adapters/base-modules.ts';
import type { KohyaWays } from '../../family.ts';
import { kohya } from '../../identify/layouts/kohya.ts';
import { places } from '../../weights/keys/places.ts';

/** The name that kohya's scripts have for a layer of a checkpoint. */
export function nameOfLayer({ part, name, weight }: BaseModule, { layers, text }: KohyaWays): string {
  if (part !== 'denoiser') return textName(text[part === 'text-encoder-1' ? 0 : 1] ?? text[0]!, name);
  const stored = weight.name.replace(/\.weight$/, '');
  const place = places.denoiser.find((path) => path !== '' && stored.startsWith(`${path}.`));
  const own = layers === 'diffusers' ? name : stored.slice(place === undefined ? 0 : place.length + 1);
  return `lora_unet_${own.replaceAll('.', '_')}`;
}

/** The name that kohya's scripts have for a module of an add-on file of any layout. */
export function nameOfModule({ name, path, target }: FileModule, { layout, modules }: AdapterFile): string {
  if (layout.id === kohya.id) return name;
  if (target === 'denoiser') return `lora_unet_${path.replace(/_to_out$/, '_to_out_0')}`;
  const hasTwo = modules.some((module) => module.target === 'text-encoder-2');
  return textName(TEXT[target as Exclude<BasePart, 'denoiser'>][hasTwo ? 1 : 0], path);
}

/** Layers that look at three by three places: in residual blocks, between sizes, the first and the last; in both namings. */
const THREE_BY_THREE =
  /^lora_unet_(?:.*_)?(?:conv[12]|samplers_0_conv|in_layers_2|out_layers_3|\d_0_op|\d_[12]_conv|conv_in|conv_out|input_blocks_0_0|out_2)$/;

/** The kernel of a layer that is stored as a matrix with `within` columns; none for what is no convolution, or sees one place. */
export const kernelOfName = (name: string, within: number): readonly number[] =>
  THREE_BY_THREE.test(name) && within % 9 === 0 ? [3, 3] : [];

const TEXT = {
  'text-encoder-1': ['lora_te_', 'lora_te1_'],
  'text-encoder-2': ['lora_te2_', 'lora_te2_'],
} as const;

const textName = (start: string, path: string): string =>
  `${start}text_model_${path.replaceAll('.', '_').replace(/^(?:text_model_)+/, '')}`;
