import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { MergedModel } from '@danqing/engine/merging/merge-metadata';
import { fileStamp } from '@danqing/node/files/file-stamp';
import type { OpenModel } from '@danqing/node/files/open-model';
import { HashThread } from '@danqing/node/hashing/hash-thread';
import type { ModelHashes } from '@danqing/node/hashing/model-hashes';
import { HashTable } from '../db/hash-table.ts';
import { openDatabase } from '../db/open-database.ts';
import { cacheFolder } from '../folders.ts';
import { type ChangeOptions, tellBytes } from './change-options.ts';

type MergeHashes = Pick<ModelHashes, 'old' | 'sha256'>;

/**
 * What the recipe of a merge says of its models. Hashes that the library knows are taken from there, and others are
 * remembered there.
 */
export async function hashMerged(
  models: readonly OpenModel[],
  paths: readonly string[],
  options: ChangeOptions,
): Promise<MergedModel[]> {
  const table = openTable();
  const thread = new HashThread();
  const sizes = models.map(({ files }) => files.reduce((sum, { size }) => sum + size, 0));
  const total = sizes.reduce((a, b) => a + b, 0);
  const { onProgress } = tellBytes('hash', options);
  const merged: MergedModel[] = [];
  const compute = async (path: string, before: number, size: number): Promise<Partial<MergeHashes>> => {
    const hashes = await thread.hash(path, ['old', 'sha256'], {
      ...(options.signal && { signal: options.signal }),
      ...(onProgress && { onProgress: (bytes) => onProgress(before + bytes, total) }),
    });
    onProgress?.(before + size, total);
    return hashes;
  };
  try {
    let done = 0;
    for (const [i, path] of paths.entries()) {
      const stamp = fileStamp(await stat(path, { bigint: true }));
      const hashes = known(table, stamp) ?? (await compute(path, done, sizes[i]!));
      table?.add(stamp, hashes, false);
      done += sizes[i]!;
      const { sha256 = '', old = '' } = hashes;
      merged.push({ name: basename(path), sha256, legacyHash: old, metadata: models[i]!.index.metadata });
    }
    return merged;
  } finally {
    await thread.close();
  }
}

/** A database that does not work costs some seconds, nothing else. */
function openTable(): HashTable | undefined {
  try {
    return new HashTable(openDatabase(cacheFolder()));
  } catch {
    return undefined;
  }
}

function known(table: HashTable | undefined, stamp: string): MergeHashes | undefined {
  const stored = table?.get(stamp);
  return typeof stored?.sha256 === 'string' && typeof stored.old === 'string'
    ? { sha256: stored.sha256, old: stored.old }
    : undefined;
}
