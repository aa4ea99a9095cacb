import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { printReceipt } from '@danqing/engine/image/receipt';
import type { DecodeRequest } from '../jobs/worker-client.ts';
import { findCheckpointFile } from '../library/find-checkpoint-file.ts';
import { modelStem } from '../library/model-stem.ts';
import { KeptLatents } from './kept-latents.ts';
import { type LatentFile, readLatents } from './latent-file.ts';
import { readPictureFile } from './read-picture-file.ts';

/** Latents that can be decoded, by one request for each VAE that is asked for. */
export interface DecodePlan {
  readonly requests: readonly DecodeRequest[];
  /** What was given, without its ending. */
  readonly stem: string;
  /** What each VAE is called in file names. */
  readonly names: readonly string[];
}

/**
 * Finds the latents of a picture, or in a file that `--save-latent` wrote.
 * @param vaes as in a recipe.
 * @param model checkpoint that drew them, where that is not known, or whose VAE is asked for.
 * @throws missing when the picture's latent is not kept any more.
 */
export async function planDecoding(
  path: string,
  vaes: readonly string[],
  model: string | undefined,
  kept = new KeptLatents(),
): Promise<DecodePlan> {
  const isFile = /\.(?:safetensors|sft)$/i.test(path);
  const file = isFile ? await readLatents(path) : await latentOf(path, kept);
  const checkpoint = model === undefined ? await stillThere(file.checkpoint) : await findCheckpointFile(model);
  const { latent, family, receipts } = file;
  return {
    requests: vaes.map((vae) => ({ latent, family, checkpoint, vae, receipts })),
    stem: join(dirname(path), basename(path, extname(path))),
    names: vaes.map(modelStem),
  };
}

async function latentOf(path: string, kept: KeptLatents): Promise<LatentFile> {
  const { receipt, program } = (await readPictureFile(path)).picture;
  if (receipt?.latentSha256 === undefined) {
    throw new DanqingError('missing', {
      where: path,
      expected: 'a picture of this program, whose receipt names its latent',
      found: program === undefined ? 'a picture of unknown origin' : `one of ${program}`,
      advice: 'Draw it again with --save-latent, and decode that file.',
    });
  }
  const found = await kept.find(receipt.latentSha256);
  // Settings that make no difference give other pictures the same latent.
  if (found !== undefined) return { ...found, receipts: [printReceipt(receipt)] };
  throw new DanqingError('missing', {
    where: path,
    expected: 'its latent, which is kept for the last 200 pictures',
    found: 'that it is not kept any more',
    advice: 'Draw it again (`danqing verify` does, from the picture alone), then decode.',
  });
}

async function stillThere(checkpoint: string | undefined): Promise<string | undefined> {
  if (checkpoint === undefined) return undefined;
  return stat(checkpoint).then(
    () => checkpoint,
    () => undefined,
  );
}
