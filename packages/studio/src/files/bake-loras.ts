import type { MergeRequest } from '@danqing/contract/file-changes';
import { familyOf } from '@danqing/engine/detect-family';
import { families } from '@danqing/engine/families/index';
import { bakeAdapters } from '@danqing/engine/merging/bake-adapters';
import type { BakedLora } from '@danqing/engine/merging/merge-metadata';
import type { MergePlan } from '@danqing/engine/merging/plan-merge';
import type { TensorIndex } from '@danqing/engine/weights/tensor-index';
import { withSources } from '@danqing/engine/weights/with-sources';
import type { Words } from '@danqing/engine/words';
import type { BuildRequest } from '@danqing/node/files/build-request';
import { runGraph } from '@danqing/node/runtime/run-graph';
import { OpenAdapters } from '../adapters/open-adapters.ts';
import { findHomeFolders } from '../library/home-folders.ts';

/** A planned model with LoRAs in it. */
interface BakedPlan extends Pick<MergePlan, 'tensors'> {
  readonly notes: readonly Words[];
  readonly loras: readonly BakedLora[];
  /** What the changed tensors are made from. */
  readonly made: BuildRequest['models'];
}

/**
 * Puts the LoRAs of a request into a planned model; what fits is reported before anything is written.
 * @throws as `OpenAdapters.gather`; unknown-model when the model is no checkpoint.
 */
export async function bakeLoras(
  { loras: chosen, loraFolders, forceAddOns }: Pick<MergeRequest, 'loras' | 'loraFolders' | 'forceAddOns'>,
  checkpoint: TensorIndex,
  { tensors, notes }: MergePlan,
): Promise<BakedPlan> {
  if (chosen.length === 0) return { tensors, notes, loras: [], made: [] };
  const home = await findHomeFolders();
  const folders = [...loraFolders, ...home('lora', 'lycoris')];
  const ask = { prompt: '', stripComments: false, steps: 1, chosen, folders, force: forceAddOns };
  const gathered = await new OpenAdapters().gather(ask, withSources(checkpoint), familyOf(checkpoint, families));
  const baked = bakeAdapters(checkpoint, tensors, gathered.uses, runGraph);
  return {
    tensors: baked.tensors,
    notes: [...notes, ...gathered.notes],
    loras: gathered.chosen.map(({ name, hash = '', denoiser, textEncoder }) => ({ name, hash, denoiser, textEncoder })),
    made: [{ index: baked.index, files: [] }],
  };
}
