import { markVae } from '@danqing/node/hashing/hash-vae';

/**
 * Which of some VAE files is the very VAE inside a checkpoint (LIB-14). Only those whose tensors are called, typed and shaped alike
 * are read whole.
 * @returns its path, or undefined where none is or the checkpoint has no VAE.
 */
export async function findSameVae(checkpoint: string, files: readonly string[]): Promise<string | undefined> {
  const baked = await markVae(checkpoint);
  if (baked === undefined) return undefined;
  let own: string | undefined;
  for (const file of files) {
    // A file that is no model, or gone, is not the one.
    const other = await markVae(file).catch(() => undefined);
    if (other?.outline !== baked.outline) continue;
    own ??= await baked.hash();
    if (own !== undefined && (await other.hash()) === own) return file;
  }
  return undefined;
}
