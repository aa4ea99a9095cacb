import { basename, resolve } from 'node:path';
import { familyOf } from '@danqing/engine/detect-family';
import { DanqingError } from '@danqing/engine/errors';
import { families } from '@danqing/engine/families/index';
import type { Family, Parts, VaePart } from '@danqing/engine/family';
import type { TensorIndex } from '@danqing/engine/weights/tensor-index';
import { readLastingIndex } from '@danqing/node/files/open-model';
import { starterCheckpoint, tinyVaes } from '../folders.ts';
import { chooseVae } from '../library/choose-vae.ts';

/** The VAE that decodes, and why that one. */
export interface VaeChoice {
  readonly part: VaePart;
  /** Its file; undefined for the one inside the checkpoint. */
  readonly file: string | undefined;
  readonly why: string;
}

/** The files of a model, indexed and understood; no weights have been read. */
export interface CheckpointFiles {
  readonly checkpoint: string;
  readonly index: TensorIndex;
  readonly parts: Parts;
  readonly vae: VaeChoice;
  readonly previewVae: VaePart;
  /** File of the preview's VAE, which stands in for one that gives not-a-number. */
  readonly previewFile: string;
}

/**
 * Opens what a recipe draws with.
 * @param checkpoint path; undefined is the embedded starter.
 * @param vae `automatic`, `none`, `taesd`, or the name or path of a VAE, as in a recipe.
 * @throws what reading or recognising a file throws.
 */
export async function openCheckpoint(checkpoint: string | undefined, vae: string): Promise<CheckpointFiles> {
  const file = resolve(checkpoint ?? starterCheckpoint);
  const index = await readLastingIndex(file);
  const family = familyOf(index, families);
  const parts = family.parts(index);
  const tinyVae = tinyVaes[family.latent.tiny];
  const previewVae = family.vae(await readLastingIndex(tinyVae));

  const choose = async (): Promise<VaeChoice> => {
    if (vae === 'taesd') return { part: previewVae, file: tinyVae, why: 'asked for' };
    const chosen = await chooseVae(file, vae);
    let why = chosen.why;
    if (chosen.file !== undefined) {
      try {
        return await vaeIn(chosen.file, family, why);
      } catch (error) {
        if (!chosen.automatic) throw error;
        why = `${basename(chosen.file)}, ${why}, is no VAE for this checkpoint`;
      }
    }
    why = [why, ...chosen.notes].join('; ');
    if (parts.has.vae || !chosen.automatic) return { part: parts.vae(), file: undefined, why };
    return {
      part: previewVae,
      file: tinyVae,
      why: 'the checkpoint holds none; the tiny one that comes with the program stands in',
    };
  };
  return { checkpoint: file, index, parts, vae: await choose(), previewVae, previewFile: tinyVae };
}

/**
 * Opens a VAE for latents of a family whose checkpoint is not at hand.
 * @param vae `taesd`, or the name or path of a VAE.
 * @throws missing where the one inside a checkpoint is asked for.
 */
export async function openVae(family: Family, vae: string): Promise<VaeChoice> {
  const file = vae === 'taesd' ? tinyVaes[family.latent.tiny] : (await chooseVae('', vae)).file;
  if (file !== undefined) return vaeIn(file, family, 'asked for');
  throw new DanqingError('missing', {
    where: 'VAE',
    expected: 'a file',
    found: `"${vae}", which means the one inside a checkpoint`,
    advice: 'Name the checkpoint that it is in with --model.',
  });
}

const vaeIn = async (path: string, family: Family, why: string): Promise<VaeChoice> => ({
  part: family.vae(await readLastingIndex(path)),
  file: path,
  why,
});
