import { createHash } from 'node:crypto';
import { readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '@danqing/node/files/make-folder';
import { writeAtomic } from '@danqing/node/files/write-atomic';

/** More answers than these are not kept; the oldest go first. */
const COUNT_LIMIT = 2000;

/** An answer, and since when it is old because nobody could be asked for a new one. */
export interface CachedAnswer {
  readonly value: unknown;
  readonly staleSince?: Date;
}

/** Answers of servers, kept in files for some time. The folder can be deleted at any time. */
export class ResponseCache {
  readonly #folder: string;
  readonly #nowMs: () => number;
  #pruned: Promise<void> | undefined;

  constructor(folder: string, nowMs: () => number = Date.now) {
    this.#folder = folder;
    this.#nowMs = nowMs;
  }

  /**
   * The answer that is kept under a key if it is younger than `maxAgeMs`, else a new one. When a new one cannot be had because of
   * the network, an old one will do.
   * @throws what `ask` throws, when nothing is kept.
   */
  async get(key: string, maxAgeMs: number, ask: () => Promise<unknown>): Promise<CachedAnswer> {
    const path = join(this.#folder, `${createHash('sha256').update(key).digest('hex')}.json`);
    const kept = await readKept(path, key);
    if (kept !== undefined && this.#nowMs() - kept.savedMs < maxAgeMs) return { value: kept.value };
    try {
      const value = await ask();
      await this.#keep(path, { key, savedMs: this.#nowMs(), value });
      return { value };
    } catch (error) {
      if (kept === undefined || (error as { code?: unknown }).code !== 'network') throw error;
      return { value: kept.value, staleSince: new Date(kept.savedMs + maxAgeMs) };
    }
  }

  async #keep(path: string, kept: Kept): Promise<void> {
    try {
      await makeFolder(this.#folder);
      await writeAtomic(path, JSON.stringify(kept));
      await (this.#pruned ??= this.#prune());
    } catch {
      // A folder that cannot be written costs the next request some time, nothing else.
    }
  }

  async #prune(): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => /^[\da-f]{64}\.json$/.test(name));
    if (names.length <= COUNT_LIMIT) return;
    const files = await Promise.all(
      names.map(async (name) => ({ path: join(this.#folder, name), ...(await stat(join(this.#folder, name))) })),
    );
    files.sort((a, b) => a.mtimeMs - b.mtimeMs);
    for (const { path } of files.slice(0, files.length - COUNT_LIMIT)) await unlink(path);
  }
}

interface Kept {
  readonly key: string;
  readonly savedMs: number;
  readonly value: unknown;
}

async function readKept(path: string, key: string): Promise<Kept | undefined> {
  try {
    const kept = JSON.parse(await readFile(path, 'utf8')) as Partial<Kept>;
    return kept.key === key && typeof kept.savedMs === 'number' ? (kept as Kept) : undefined;
  } catch {
    return undefined;
  }
}
