import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolderSync } from '@danqing/node/files/make-folder';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { SCHEMA, SCHEMA_VERSION } from './schema.ts';

/** The base name of the database's files; each version has files of its own, so that two versions of the program do not meet. */
const fileOf = (version: number): string => `library-${version}.sqlite`;

/** SQLite's codes for a file that is damaged, or none of its own. */
const DAMAGED = new Set([11, 26]);

/**
 * Opens the database of a cache folder. It holds nothing that cannot be found out again: an absent or damaged one is made anew, those of
 * other versions are deleted, and where none can be written it is kept in memory.
 */
export function openDatabase(folder: string): DatabaseSyncInstance {
  const path = join(folder, fileOf(SCHEMA_VERSION));
  try {
    makeFolderSync(folder);
    deleteOldVersions(folder);
    try {
      return prepare(path);
    } catch (error) {
      if (!isDamaged(error)) throw error;
      deleteDatabase(folder);
      return prepare(path);
    }
  } catch {
    return prepare(':memory:');
  }
}

/** Deletes the database; the next `openDatabase` makes an empty one. */
export function deleteDatabase(folder: string): void {
  for (const ending of ['', '-wal', '-shm']) rmSync(join(folder, fileOf(SCHEMA_VERSION) + ending), { force: true });
}

/** Whether an error of the database says that its file is damaged. */
export const isDamaged = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && DAMAGED.has(Number(error.errcode) & 0xff);

function prepare(path: string): DatabaseSyncInstance {
  const database = new DatabaseSync(path, { timeout: 5000 });
  try {
    // Several processes read while one writes. A power cut may lose the last entries, which are then found out again.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY');
    database.exec(SCHEMA);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function deleteOldVersions(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (/^library-\d+\.sqlite/.test(name) && !name.startsWith(fileOf(SCHEMA_VERSION))) {
      rmSync(join(folder, name), { force: true });
    }
  }
}
