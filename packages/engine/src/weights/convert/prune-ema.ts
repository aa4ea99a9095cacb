import { DanqingError } from '../../errors.ts';
import { counted, type Words } from '../../words.ts';
import { emaKeyOf, isEmaKey, isEmaWeight } from '../keys/ema.ts';
import type { TensorEntry, TensorIndex } from '../tensor-index.ts';
import type { Prune } from './convert-choices.ts';

/**
 * The tensors of a checkpoint without its second set of weights: without the moving average, or with the averages in the
 * place of the weights that they are of.
 * @throws missing when averages are to be kept and there are none.
 */
export function pruneEma(index: TensorIndex, prune: Prune, notes: Words[]): ReadonlyMap<string, TensorEntry> {
  const { tensors } = index;
  if (prune === 'no') return tensors;
  const averages = [...tensors.keys()].filter(isEmaWeight).length;
  if (averages === 0 && prune === 'ema-only') {
    throw new DanqingError('missing', {
      where: index.file,
      expected: 'moving averages of the weights (model_ema.…)',
      found: 'none',
      advice: 'The file is pruned already: convert it without choosing a set of weights.',
    });
  }
  const kept = new Map<string, TensorEntry>();
  let replaced = 0;
  for (const [name, entry] of tensors) {
    if (isEmaKey(name)) continue;
    const average = prune === 'ema-only' ? tensors.get(emaKeyOf(name)) : undefined;
    if (average !== undefined) replaced++;
    kept.set(name, average ?? entry);
  }
  notes.push(describe(prune, averages, replaced));
  return kept;
}

function describe(prune: Exclude<Prune, 'no'>, averages: number, replaced: number): Words {
  if (averages === 0) return { en: 'there were no moving averages to leave out', zh: '文件中没有 EMA 权重' };
  if (prune === 'no-ema') {
    return { en: `left out ${counted(averages, 'moving average')} (EMA)`, zh: `去掉了 ${averages} 个 EMA 张量` };
  }
  const lost = averages - replaced;
  return {
    en: `put the moving average (EMA) in the place of ${counted(replaced, 'weight')}${lost > 0 ? `; ${counted(lost, 'average')} had none` : ''}`,
    zh: `${replaced} 个权重已换成 EMA 值${lost > 0 ? `；${lost} 个 EMA 张量没有对应的权重` : ''}`,
  };
}
