import { stat } from 'node:fs/promises';
import { fileStamp } from '@danqing/node/files/file-stamp';
import { sha256OfFile } from '@danqing/node/files/hash-file';
import { HashTable } from '../db/hash-table.ts';
import { openDatabase } from '../db/open-database.ts';

/**
 * SHA-256 of files, for those who need nothing else of the library: remembered in its database as long as size, time and inode of a file
 * stay the same, so that what the library has hashed is known to those who draw, and the other way round.
 */
export class FileHashes {
  readonly #folder: string;
  #table: HashTable | undefined;

  /** @param folder where the database is kept. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** SHA-256 of the whole file, 64 hex digits. @throws io. */
  async sha256(path: string): Promise<string> {
    const stamp = fileStamp(await stat(path, { bigint: true }));
    const known = this.#use((table) => table.get(stamp)?.sha256);
    if (typeof known === 'string') return known;
    const sha256 = await sha256OfFile(path);
    this.#use((table) => table.add(stamp, { sha256 }, false));
    return sha256;
  }

  /** A database that does not work costs some seconds, nothing else. */
  #use<T>(work: (table: HashTable) => T): T | undefined {
    try {
      return work((this.#table ??= new HashTable(openDatabase(this.#folder))));
    } catch {
      return undefined;
    }
  }
}
