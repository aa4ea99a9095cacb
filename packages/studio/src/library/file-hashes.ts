import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256OfFile } from '@danqing/node/files/hash-file';
import { writeAtomic } from '@danqing/node/files/write-atomic';

/** SHA-256 of files, remembered between runs as long as size, time and place of a file stay the same. */
export class FileHashes {
  readonly #folder: string;
  #known: Promise<Record<string, string>> | undefined;

  /** @param folder where `hashes.json` is kept. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** SHA-256 of the whole file, 64 hex digits. */
  async sha256(path: string): Promise<string> {
    const { size, mtimeMs, ino } = await stat(path);
    const key = `${path} ${size} ${mtimeMs} ${ino}`;
    const known = await (this.#known ??= this.#load());
    const found = known[key];
    if (found !== undefined) return found;
    known[key] = await sha256OfFile(path);
    await this.#save(known);
    return known[key];
  }

  get #path(): string {
    return join(this.#folder, 'hashes.json');
  }

  async #load(): Promise<Record<string, string>> {
    try {
      return JSON.parse(await readFile(this.#path, 'utf8')) as Record<string, string>;
    } catch {
      // Absent or damaged: hashes are computed anew.
      return {};
    }
  }

  async #save(known: Record<string, string>): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeAtomic(this.#path, new TextEncoder().encode(JSON.stringify(known)));
    } catch {
      // A folder that cannot be written costs the next run some seconds, nothing else.
    }
  }
}
