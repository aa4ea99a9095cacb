import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../folders.ts';
import { type LatentFile, readLatents, writeLatents } from './latent-file.ts';

/** The newest so many are kept: 64 KB each for 512², 256 KB for 1024². */
const KEPT = 200;

const ENDING = '.safetensors';

/**
 * The latents of the last pictures, so that they can be decoded again with another VAE. In the cache, each under its SHA-256, by which the
 * receipt of its picture knows it; deleting them loses nothing but this.
 */
export class KeptLatents {
  readonly #folder: string;

  constructor(cache = cacheFolder()) {
    this.#folder = join(cache, 'latents');
  }

  /** Keeps one; a place that cannot be written keeps none. */
  async keep(latentSha256: string, file: LatentFile): Promise<void> {
    try {
      await writeLatents(this.#path(latentSha256), file);
      await this.#sweep();
    } catch {
      // Nobody has asked for it: drawing goes on.
    }
  }

  /** The latent of a picture; undefined when it is not kept any more. */
  async find(latentSha256: string): Promise<LatentFile | undefined> {
    const path = this.#path(latentSha256);
    const isThere = await stat(path).then(
      () => true,
      () => false,
    );
    return isThere ? readLatents(path) : undefined;
  }

  #path = (latentSha256: string): string => join(this.#folder, `${latentSha256}${ENDING}`);

  async #sweep(): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith(ENDING));
    if (names.length <= KEPT) return;
    const dated = await Promise.all(
      names.map(async (name) => ({ name, ms: (await stat(join(this.#folder, name))).mtimeMs })),
    );
    const old = dated.sort((a, b) => b.ms - a.ms).slice(KEPT);
    await Promise.all(old.map(async ({ name }) => rm(join(this.#folder, name), { force: true })));
  }
}
