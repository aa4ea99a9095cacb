import { DanqingError } from '../../errors.ts';
import { counted, type Words } from '../../words.ts';
import { bareVaeKey, VAE_PREFIX } from '../keys/merge-keys.ts';
import type { TensorEntry, TensorIndex } from '../tensor-index.ts';

/**
 * The tensors of a VAE under the names that they have in a checkpoint. Where the checkpoint has a VAE, those that it
 * has too; where it has none, all.
 * @param tensors of the checkpoint.
 * @throws missing when there is nothing to take over; bad-shape when the VAE is of another kind.
 */
export function bakeVae(
  tensors: ReadonlyMap<string, TensorEntry>,
  vae: TensorIndex,
  notes: Words[],
): ReadonlyMap<string, TensorEntry> {
  const isCheckpoint = [...vae.tensors.keys()].some((key) => key.startsWith(VAE_PREFIX));
  const hasVae = [...tensors.keys()].some((key) => key.startsWith(VAE_PREFIX));
  const baked = new Map<string, TensorEntry>();
  for (const [key, entry] of vae.tensors) {
    const bare = bareVaeKey(key, isCheckpoint);
    if (bare === undefined) continue;
    const name = VAE_PREFIX + bare;
    const old = tensors.get(name);
    if (old === undefined && hasVae) continue;
    if (old !== undefined && old.shape.join() !== entry.shape.join()) throw misfit(vae.file, key, entry, old);
    baked.set(name, entry);
  }
  if (!baked.has(`${VAE_PREFIX}decoder.conv_in.weight`)) throw noVae(vae);
  notes.push({
    en: `baked in the VAE of ${vae.file}: ${counted(baked.size, 'tensor')}${hasVae ? '' : '; there was none before'}`,
    zh: `已烘焙 VAE（${vae.file}）：${baked.size} 个张量${hasVae ? '' : '；原文件没有 VAE'}`,
  });
  return baked;
}

function misfit(file: string, key: string, found: TensorEntry, expected: TensorEntry): DanqingError {
  return new DanqingError('bad-shape', {
    where: `${file} › ${key}`,
    expected: `shape [${expected.shape.join(', ')}]`,
    found: `[${found.shape.join(', ')}]`,
    advice: 'This VAE was made for another family of models.',
  });
}

function noVae({ file, tensors }: TensorIndex): DanqingError {
  const isDiffusers = [...tensors.keys()].some((key) => key.startsWith('decoder.mid_block.'));
  return new DanqingError('missing', {
    where: file,
    expected: 'a VAE with the names that it has in checkpoints (decoder.conv_in.weight …)',
    found: isDiffusers ? 'one in the layout of diffusers' : 'none',
    advice: isDiffusers
      ? 'Get the single-file version of this VAE.'
      : 'Choose the file of a VAE, or a checkpoint that holds one.',
  });
}
