import type { Signature } from '../signature.ts';

/** A ControlNet stored as low-rank changes of SDXL (Stability AI). */
export const controlLora: Signature = {
  id: 'control-lora',
  kind: 'controlnet',
  title: { en: 'Control-LoRA', zh: 'Control-LoRA' },
  evidence: [{ has: 'lora_controlnet', says: { en: 'the marker of a Control-LoRA', zh: 'Control-LoRA 标记' } }],
  fits: [{ families: ['sdxl'] }],
};
