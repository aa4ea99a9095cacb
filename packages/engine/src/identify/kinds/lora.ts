import { MB, type Kind } from '../kind.ts';

/** LoRA. */
export const lora: Kind = {
  id: 'lora',
  title: { en: 'LoRA', zh: 'LoRA' },
  folder: 'models/Lora',
  usualBytes: [1 * MB, 900 * MB],
  use: {
    en: 'adds a character, a style or a thing; in a prompt: <lora:NAME:1>',
    zh: '加入人物、画风或物品；提示词写 <lora:NAME:1>',
  },
};
