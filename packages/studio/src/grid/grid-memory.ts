import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '@danqing/node/files/make-folder';
import { writeAtomic } from '@danqing/node/files/write-atomic';
import { readPictureFile } from '../gallery/read-picture-file.ts';

/** A finished picture of a cell. */
export interface KnownPicture {
  readonly path: string;
  /** As its receipt has it: that the file is still the one that was drawn. */
  readonly pixelSha256: string;
}

/** So many finished cells and unfinished grids are remembered; the ones that were not touched for longest go. */
const KEPT = 20_000;

/**
 * What grids have drawn already, so that one that was broken off goes on: finished cells by their recipes, and the seeds that an
 * unfinished grid has drawn. Small files in the cache; deleting them loses nothing but time.
 */
export class GridMemory {
  readonly #folder: string;

  constructor(cache: string) {
    this.#folder = join(cache, 'grids');
  }

  /** The pictures of a cell, when they are where they were put and are still the same. */
  async findCell(key: string): Promise<readonly KnownPicture[] | undefined> {
    const known = (await this.#read(key)) as { readonly pictures: readonly KnownPicture[] } | undefined;
    if (known === undefined) return undefined;
    for (const { path, pixelSha256 } of known.pictures) if (!(await isStill(path, pixelSha256))) return undefined;
    return known.pictures;
  }

  async rememberCell(key: string, pictures: readonly KnownPicture[]): Promise<void> {
    await this.#write(key, { pictures });
  }

  /** The seeds that a grid has drawn and not finished; none for a new one. */
  async findSeeds(key: string): Promise<readonly number[]> {
    return ((await this.#read(key)) as { readonly seeds: readonly number[] } | undefined)?.seeds ?? [];
  }

  async rememberSeeds(key: string, seeds: readonly number[]): Promise<void> {
    await this.#write(key, { seeds });
    await this.#sweep();
  }

  /** A finished grid draws new seeds when it is asked for again. */
  async forgetSeeds(key: string): Promise<void> {
    await rm(this.#file(key), { force: true });
  }

  #file = (key: string): string => join(this.#folder, `${key}.json`);

  async #read(key: string): Promise<unknown> {
    try {
      return JSON.parse(await readFile(this.#file(key), 'utf8'));
    } catch {
      // What cannot be read is drawn again.
      return undefined;
    }
  }

  async #write(key: string, value: unknown): Promise<void> {
    await makeFolder(this.#folder);
    await writeAtomic(this.#file(key), JSON.stringify(value));
  }

  async #sweep(): Promise<void> {
    const names = await readdir(this.#folder);
    if (names.length <= KEPT) return;
    const files = await Promise.all(
      names.map(async (name) => ({ name, ms: (await stat(join(this.#folder, name))).mtimeMs })),
    );
    const old = files.sort((a, b) => b.ms - a.ms).slice(KEPT);
    await Promise.all(old.map(({ name }) => rm(join(this.#folder, name), { force: true })));
  }
}

/** The name under which something is remembered. */
export const memoryKey = (...facts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);

async function isStill(path: string, pixelSha256: string): Promise<boolean> {
  try {
    return (await readPictureFile(path)).picture.receipt?.pixelSha256 === pixelSha256;
  } catch {
    return false;
  }
}
