import { hashNames, type ModelHashes } from '@danqing/node/hashing/model-hashes';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';

/** The hashes of a file as far as they are known. */
export type StoredHashes = { readonly [Name in keyof ModelHashes]: string | null } & {
  /** 1 when all that there are have been computed. */
  readonly complete: 0 | 1 | null;
};

export const hashColumns = hashNames;

/** Hashes by the stamp of their file (size, time, inode), so that they follow a file that is moved. */
export class HashTable {
  readonly #database: DatabaseSyncInstance;

  constructor(database: DatabaseSyncInstance) {
    this.#database = database;
  }

  get(stamp: string): StoredHashes | undefined {
    const sql = `SELECT ${hashColumns.join()}, complete FROM hashes WHERE stamp = ?`;
    return this.#database.prepare(sql).get(stamp) as StoredHashes | undefined;
  }

  /** Adds what was computed to what is known. */
  add(stamp: string, hashes: Partial<ModelHashes>, complete: boolean): void {
    const update = hashColumns.map((column) => `${column} = coalesce(excluded.${column}, ${column})`).join();
    this.#database
      .prepare(
        `INSERT INTO hashes (stamp, ${hashColumns.join()}, complete) VALUES (?, ${hashColumns.map(() => '?').join()}, ?)
         ON CONFLICT (stamp) DO UPDATE SET ${update}, complete = max(complete, excluded.complete)`,
      )
      .run(stamp, ...hashColumns.map((column) => hashes[column] ?? null), complete ? 1 : 0);
  }
}
