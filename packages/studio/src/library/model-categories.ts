import type { Words } from '@danqing/engine/words';

/** A category that a person can sort a model into; others may be noted as well. */
export interface ModelCategory {
  readonly id: string;
  readonly title: Words;
}

/** The usual categories of checkpoints. */
const ofCheckpoints: readonly ModelCategory[] = [
  { id: 'anime', title: { en: 'anime', zh: '二次元' } },
  { id: 'realistic', title: { en: 'realistic', zh: '真实系' } },
  { id: '2.5d', title: { en: '2.5D', zh: '2.5D' } },
  { id: 'other', title: { en: 'other', zh: '其他' } },
];

/** Those of LoRAs and their kin. */
const ofAddOns: readonly ModelCategory[] = [
  { id: 'character', title: { en: 'character', zh: '人物' } },
  { id: 'style', title: { en: 'style', zh: '风格' } },
  { id: 'concept', title: { en: 'concept', zh: '概念' } },
  { id: 'clothing', title: { en: 'clothing', zh: '服装' } },
  { id: 'object', title: { en: 'object', zh: '物体' } },
];

/** The usual categories of models of a kind. */
export const categoriesOf = (kind: string): readonly ModelCategory[] =>
  kind === 'checkpoint' || kind === 'denoiser' ? ofCheckpoints : kind === 'lora' || kind === 'lycoris' ? ofAddOns : [];

/** The id of a category that is named in any language; a name that is none of the usual ones stays as it is. */
export function readCategory(text: string): string {
  const wanted = text.trim().toLowerCase();
  const found = [...ofCheckpoints, ...ofAddOns].find(({ id, title }) =>
    [id, title.en.toLowerCase(), title.zh].includes(wanted),
  );
  return found?.id ?? text.trim();
}
