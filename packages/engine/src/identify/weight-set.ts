import type { Words } from '../words.ts';
import type { PartFact, WeightSet } from './identification.ts';

/** Which weights of its denoiser a checkpoint holds; what the name calls it is told beside what is inside. */
export function weightSetOf(parts: readonly PartFact[], fileName: string): WeightSet | undefined {
  if (!parts.some(({ id }) => id === 'denoiser')) return undefined;
  const named = nameIn(fileName);
  if (parts.some(({ id }) => id === 'ema')) {
    return {
      id: 'full',
      named,
      title: { en: 'full: the trained weights and their running average (EMA)', zh: '完整版：训练权重与 EMA 权重俱全' },
    };
  }
  return { id: 'one', named, title: oneSet[named ?? 'unsaid'] };
}

const oneSet: Readonly<Record<NonNullable<WeightSet['named']> | 'unsaid', Words>> = {
  'ema-only': { en: 'one set of weights; by its name the EMA ones', zh: '只有一套权重；按文件名为 EMA 权重' },
  'non-ema': {
    en: 'one set of weights; by its name the trained ones, not EMA',
    zh: '只有一套权重；按文件名为非 EMA 的训练权重',
  },
  pruned: { en: 'one set of weights (pruned)', zh: '只有一套权重（pruned 精简版）' },
  full: { en: 'one set of weights, although its name says full', zh: '只有一套权重，尽管文件名写着 full' },
  unsaid: { en: 'one set of weights (no EMA beside it)', zh: '只有一套权重（没有另存 EMA）' },
};

function nameIn(fileName: string): WeightSet['named'] {
  if (/non?[-_ ]?ema/i.test(fileName)) return 'non-ema';
  if (/ema[-_ ]?only|only[-_ ]?ema/i.test(fileName)) return 'ema-only';
  if (/\bfull|full\b|[-_]full/i.test(fileName)) return 'full';
  return /prun/i.test(fileName) ? 'pruned' : undefined;
}

/** What a set of weights is good for. */
export function useOfWeights(set: WeightSet): Words {
  if (set.id === 'full') {
    return {
      en: 'fine-tuning, for which both sets are wanted; for drawing alone a pruned copy of half the size does the same',
      zh: '适合继续微调（两套权重都用得上）；只出图的话，精简后体积减半、效果相同',
    };
  }
  if (set.named === 'non-ema')
    return { en: 'fine-tuning from the trained weights, and drawing', zh: '适合在训练权重上微调，也可出图' };
  return { en: 'drawing, and training LoRAs on', zh: '适合出图，也可作 LoRA 训练底模' };
}
