import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { familyOf } from '@danqing/engine/detect-family';
import { families } from '@danqing/engine/families/index';
import type { Parts, VaePart } from '@danqing/engine/family';
import { openIndex } from '@danqing/engine/weights/open-index';
import type { TensorIndex } from '@danqing/engine/weights/tensor-index';
import { openFile } from '@danqing/node/files/file-source';
import { starterCheckpoint, tinyVae } from '../folders.ts';

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
}

/**
 * Opens what a recipe draws with.
 * @param checkpoint path; undefined is the embedded starter.
 * @param vae `automatic`, `none`, `taesd` or a path, as in a recipe.
 * @throws what reading or recognising a file throws.
 */
export async function openCheckpoint(checkpoint: string | undefined, vae: string): Promise<CheckpointFiles> {
  const file = resolve(checkpoint ?? starterCheckpoint);
  const index = await readIndex(file);
  const family = familyOf(index, families);
  const parts = family.parts(index);
  const previewVae = family.vae(await readIndex(tinyVae));

  const external = async (path: string, why: string): Promise<VaeChoice> => ({
    part: family.vae(await readIndex(path)),
    file: path,
    why,
  });
  const choose = async (): Promise<VaeChoice> => {
    if (vae === 'taesd') return { part: previewVae, file: tinyVae, why: 'asked for' };
    if (vae === 'none') return { part: parts.vae(), file: undefined, why: 'asked for the one inside the checkpoint' };
    if (vae !== 'automatic') return external(resolve(vae), 'asked for');
    const near = await vaeNear(file);
    if (near !== undefined) return external(near, 'found near the checkpoint');
    if (parts.has.vae) return { part: parts.vae(), file: undefined, why: 'inside the checkpoint' };
    return {
      part: previewVae,
      file: tinyVae,
      why: 'the checkpoint holds none; the tiny one that comes with the program stands in',
    };
  };
  return { checkpoint: file, index, parts, vae: await choose(), previewVae };
}

/** A file `<stem>.vae.*` beside the checkpoint, as A1111 looks for it. */
async function vaeNear(checkpoint: string): Promise<string | undefined> {
  const stem = basename(checkpoint, extname(checkpoint));
  const folder = dirname(checkpoint);
  const names = new Set(await readdir(folder).catch(() => []));
  const found = ['.vae.safetensors', '.vae.pt', '.vae.ckpt']
    .map((ending) => stem + ending)
    .find((name) => names.has(name));
  return found === undefined ? undefined : join(folder, found);
}

async function readIndex(path: string): Promise<TensorIndex> {
  const source = await openFile(path);
  try {
    return await openIndex(source);
  } finally {
    await source.close();
  }
}
