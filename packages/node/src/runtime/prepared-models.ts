import { readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { open, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeFolder } from '../files/make-folder.ts';

/** Where a model is prepared: the model file, and beside it the file of its weights. */
export interface PreparationPlace {
  readonly modelFile: string;
  readonly weightsName: string;
}

const MODEL_NAME = 'model.onnx';
const WEIGHTS_NAME = 'model.weights';
/** Written last; a folder without it is not whole. */
const SEAL_NAME = 'sizes.json';

/** What is left free on the disk at least. */
const DISK_RESERVE_BYTES = 10e9;

/** What all prepared models may take together, as a share of the disk's free space and of theirs. */
const DISK_SHARE = 0.2;

/**
 * Models as a runtime has optimised them for this machine, each in a folder of its own named by its key. Deleting them
 * loses nothing but time; the ones that were not used for longest go when they take too much room.
 */
export class PreparedModels {
  readonly #folder: string;
  #sealing: Promise<void> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The model file of this key; undefined when there is none, or it is damaged. */
  find(key: string): string | undefined {
    const folder = join(this.#folder, key);
    try {
      const sizes = JSON.parse(readFileSync(join(folder, SEAL_NAME), 'utf8')) as Record<string, number>;
      const isWhole = [MODEL_NAME, WEIGHTS_NAME].every((name) => statSync(join(folder, name)).size === sizes[name]);
      if (!isWhole) return undefined;
      const now = new Date();
      utimesSync(folder, now, now);
      return join(folder, MODEL_NAME);
    } catch {
      return undefined;
    }
  }

  /** Whether there is room on the disk for another one of so many bytes. */
  async hasRoom(bytes: number): Promise<boolean> {
    try {
      await makeFolder(this.#folder);
      const { bavail, bsize } = await statfs(this.#folder);
      return bavail * bsize >= bytes + DISK_RESERVE_BYTES;
    } catch {
      return false;
    }
  }

  /**
   * Prepares a model: `write` puts both files in their place. They can be used at once; under their key they are found
   * when they are safely on the disk, which goes on in the background.
   * @returns the model file. @throws what `write` throws.
   */
  async make(key: string, write: (place: PreparationPlace) => Promise<void>): Promise<string> {
    // Named by its process, so that others can tell whether it is still at work.
    const temporary = join(this.#folder, `${key}.${process.pid}.tmp`);
    await rm(temporary, { recursive: true, force: true });
    await makeFolder(temporary);
    const modelFile = join(temporary, MODEL_NAME);
    try {
      await write({ modelFile, weightsName: WEIGHTS_NAME });
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      throw error;
    }
    this.#sealing = this.#seal(temporary, join(this.#folder, key)).catch(() => undefined);
    return modelFile;
  }

  /** Settles when the last preparation is safely on the disk, or has failed to get there. */
  async settled(): Promise<void> {
    await this.#sealing;
  }

  async #seal(temporary: string, final: string): Promise<void> {
    const sizes: Record<string, number> = {};
    for (const name of [MODEL_NAME, WEIGHTS_NAME]) {
      const path = join(temporary, name);
      const file = await open(path, 'r+');
      await file.sync();
      await file.close();
      sizes[name] = (await stat(path)).size;
    }
    await writeFile(join(temporary, SEAL_NAME), JSON.stringify(sizes), { flush: true });
    if (this.find(basename(final)) === undefined) await rm(final, { recursive: true, force: true });
    // Where another process was first, or files in use cannot be moved, this one is swept away later.
    await rename(temporary, final);
    await this.#evict(final);
  }

  /** Deletes the ones that were not used for longest until the rest keeps within its share. */
  async #evict(newest: string): Promise<void> {
    const { bavail, bsize } = await statfs(this.#folder);
    const all = this.#folders()
      .map((path) => ({ path, usedMs: statSync(path).mtimeMs, bytes: bytesOf(path) }))
      .sort((a, b) => b.usedMs - a.usedMs);
    const limit = DISK_SHARE * (bavail * bsize + all.reduce((sum, { bytes }) => sum + bytes, 0));
    let kept = 0;
    for (const { path, bytes } of all) {
      kept += bytes;
      if (kept > limit && path !== newest) rmSync(path, { recursive: true, force: true });
    }
  }

  /** Removes what processes have left that ended while they prepared something. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const pid = Number(/\.(\d+)\.tmp$/.exec(name)?.[1] ?? process.pid);
      if (!isAlive(pid)) await rm(join(this.#folder, name), { recursive: true, force: true });
    }
  }

  #folders(): string[] {
    return readdirSync(this.#folder)
      .filter((name) => !name.endsWith('.tmp'))
      .map((name) => join(this.#folder, name));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Someone else's process is one that runs.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const bytesOf = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
