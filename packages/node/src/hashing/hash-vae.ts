import { vaeOutline, vaeTensors } from '@danqing/engine/identify/vae-tensors';
import { openModel } from '../files/open-model.ts';
import { TensorHasher } from './tensor-hasher.ts';

/** A VAE by which others can be told to be the same. */
export interface VaeMark {
  /** Names, types and shapes: cheap to compare first. */
  readonly outline: string;
  /** The hash of its tensors, as that of a file of its own. @throws io. */
  hash(): Promise<string | undefined>;
}

/**
 * The VAE in a checkpoint or in a file of its own; undefined where there is none.
 * @throws as `openModel` does.
 */
export async function markVae(path: string): Promise<VaeMark | undefined> {
  const model = await openModel(path, { foreign: 'ignore' });
  await model.close();
  const tensors = vaeTensors(model.index);
  if (tensors.length === 0) return undefined;
  return {
    outline: vaeOutline(tensors),
    async hash() {
      const open = await openModel(path, { foreign: 'ignore' });
      try {
        const own = new Map(vaeTensors(open.index).map(({ name, entry }) => [name, entry]));
        return await new TensorHasher({ ...open, index: { ...open.index, tensors: own } }, undefined).digest();
      } finally {
        await open.close();
      }
    },
  };
}
