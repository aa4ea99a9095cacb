import type { Signature } from '../signature.ts';

/** A light ControlNet for SDXL (kohya’s LLLite). */
export const controlnetLllite: Signature = {
  id: 'controlnet-lllite',
  kind: 'controlnet',
  title: { en: 'ControlNet-LLLite', zh: 'ControlNet-LLLite' },
  evidence: [{ has: 'lllite_*', says: { en: 'small networks beside the UNet’s layers', zh: 'UNet 各层旁的小网络' } }],
  fits: [{ families: ['sdxl'] }],
};
