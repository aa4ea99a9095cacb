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

const TEXT = {
  'text-encoder-1': ['lora_te_', 'lora_te1_'],
  'text-encoder-2': ['lora_te2_', 'lora_te2_'],
} as const;

const textName = (start: string, path: string): string =>
  `${start}text_model_${path.replaceAll('.', '_').replace(/^(?:text_model_)+/, '')}`;
