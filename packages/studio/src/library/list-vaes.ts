import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { KindId } from '@danqing/engine/identify/identification';
import type { ModelFolder } from './model-folder.ts';

/** Endings of a VAE's file, in folders for VAEs. */
const VAE_FILE = /\.(?:ckpt|pt|safetensors?|sft)$/i;

/** What a VAE's file is called in a folder for checkpoints. */
const VAE_NEAR = /\.vae\.(?:ckpt|pt|safetensors)$/i;

/** The VAEs that are installed, as A1111 looks for them: by folder and name, without opening a file (LIB-07). */
export async function listVaes(folders: readonly ModelFolder[]): Promise<string[]> {
  const found = await Promise.all([
    ...folders.filter(isFor('vae')).map(async (folder) => filesLike(folder, VAE_FILE)),
    ...folders.filter(isFor('checkpoint')).map(async (folder) => filesLike(folder, VAE_NEAR)),
  ]);
  return [...new Set(found.flat())].sort();
}

const isFor =
  (kind: KindId) =>
  ({ kinds }: ModelFolder): boolean =>
    kinds.includes(kind);

async function filesLike({ path, deep }: ModelFolder, ending: RegExp): Promise<string[]> {
  try {
    // Links to folders inside are not followed, so that this cannot go in circles.
    const names = await readdir(path, { recursive: deep });
    return names.filter((name) => ending.test(name)).map((name) => join(path, name));
  } catch {
    // A folder that cannot be read holds no VAE to choose from; the library gives notice of it.
    return [];
  }
}
