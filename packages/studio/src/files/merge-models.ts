import type { ChangeReport, JoinInput, MergeInput } from '@danqing/contract/file-changes';
import { DanqingError } from '@danqing/engine/errors';
import { readAddOn } from '@danqing/engine/identify/read-add-on';
import type { ChangeOptions } from './change-options.ts';
import { joinLoraFiles } from './join-loras.ts';
import { mergeFiles } from './merge-files.ts';
import { withModels } from './with-models.ts';

/** What is asked of `merge`, whatever its models are. */
export type AnyMergeInput = MergeInput & Omit<JoinInput, 'loras'>;

/** Merges checkpoints, or LoRAs where all models are such. @throws as `mergeFiles` and `joinLoraFiles`; bad-value for ranks of a checkpoint. */
export async function mergeModels(input: AnyMergeInput, options: ChangeOptions = {}): Promise<ChangeReport> {
  const { models, weights, base, rank, convRank, quality, precision, output, format, overwrite, ...others } = input;
  const place = { output, format, overwrite };
  const areLoras = await withModels(models, async (open) => open.every(({ index }) => readAddOn(index) !== undefined));
  if (areLoras && models.length > 1) {
    refuse(others, 'one LoRA of several');
    const ranks = { rank, convRank, quality, precision };
    return joinLoraFiles({ loras: models, weights, base, ...ranks, ...place }, options);
  }
  refuse({ base, rank, convRank, quality, precision }, 'checkpoints');
  return mergeFiles({ ...others, models, weights, ...place }, options);
}

/** @throws bad-value naming the first option that is there. */
function refuse(options: object, what: string): void {
  const odd = Object.entries(options).find(([, value]) => value !== undefined);
  if (odd === undefined) return;
  throw new DanqingError('bad-value', {
    where: odd[0],
    expected: `no such option for ${what}`,
    found: JSON.stringify(odd[1]),
  });
}
