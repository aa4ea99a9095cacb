import { type SectionId, sections } from './sections.ts';

/** Parts of a model file that can be treated differently when it is changed. */
export type ChangePart = 'unet' | 'textEncoder' | 'vae' | 'other';

export const CHANGE_PARTS: readonly ChangePart[] = ['unet', 'textEncoder', 'vae', 'other'];

const PART_OF_SECTION: Readonly<Partial<Record<SectionId, ChangePart>>> = {
  denoiser: 'unet',
  ema: 'unet',
  'clip-l': 'textEncoder',
  'openclip-g': 'textEncoder',
  'openclip-h': 'textEncoder',
  roberta: 'textEncoder',
  t5: 'textEncoder',
  'text-encoder': 'textEncoder',
  vae: 'vae',
};

/** The part of a checkpoint, or of a LoRA in kohya's names, that a key belongs to. */
export function changePartOf(key: string): ChangePart {
  if (key.startsWith('lora_unet_')) return 'unet';
  if (/^lora_te\d?_/.test(key)) return 'textEncoder';
  const section = sections.find(({ starts }) => starts.some((start) => key.startsWith(start)));
  return (section && PART_OF_SECTION[section.id]) ?? 'other';
}
