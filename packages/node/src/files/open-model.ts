import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type Folder, readModelFolder, readShards } from '@danqing/engine/weights/diffusers/model-folder';
import type { ReadOptions } from '@danqing/engine/weights/format';
import { openIndex } from '@danqing/engine/weights/open-index';
import type { ByteSource, TensorIndex } from '@danqing/engine/weights/tensor-index';
import { withSources } from '@danqing/engine/weights/with-sources';
import { type FileSource, openFile } from './file-source.ts';
import { inflate } from './inflate.ts';
import { lastingFile } from './lasting-file.ts';
import { readingTrouble } from './reading-trouble.ts';

/** A model whose files are open. */
export interface OpenModel {
  readonly index: TensorIndex;
  /** Every file that entries of the index name. */
  readonly files: readonly FileSource[];
  /** Closes the files. */
  close(): Promise<void>;
}

/**
 * Opens a model: a weight file of any kind, the list of its shards (`….index.json`), or a diffusers folder.
 * @throws as `openFile` and `openIndex` do; nothing stays open then.
 */
export async function openModel(path: string, options: Omit<ReadOptions, 'inflate'> = {}): Promise<OpenModel> {
  const files: FileSource[] = [];
  const close = async (): Promise<void> => void (await Promise.all(files.map((file) => file.close())));
  const keep = async (file: string): Promise<FileSource> => {
    const source = await openFile(file);
    files.push(source);
    return source;
  };
  try {
    const index = await readIndex(resolve(path), keep, { ...options, inflate });
    return { index, files, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The index of a model of any of these kinds, to be kept: no file stays open, and what no file holds as it is can still be
 * read later.
 * @throws as `openModel`.
 */
export async function readLastingIndex(path: string, options: Omit<ReadOptions, 'inflate'> = {}): Promise<TensorIndex> {
  const { index, close } = await openModel(path, options);
  await close();
  if (index.derived === undefined || index.derived.size === 0) return index;
  return withSources(await readIndex(resolve(path), lastingFile, { ...options, inflate }));
}

type Keep = (file: string) => Promise<ByteSource>;

async function readIndex(path: string, keep: Keep, options: ReadOptions): Promise<TensorIndex> {
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (isFolder) return readModelFolder(await lookInto(path, keep), options);
  if (path.endsWith('.index.json')) return readShards(await lookInto(dirname(path), keep), basename(path), options);
  return openIndex(await keep(path), options);
}

async function lookInto(path: string, keep: Keep): Promise<Folder> {
  const files: string[] = [];
  const folders: string[] = [];
  // Links (as the cache of huggingface_hub makes them) count as what they lead to.
  for (const entry of await entriesOf(path)) {
    const isFolder = entry.isSymbolicLink() ? await leadsToFolder(join(path, entry.name)) : entry.isDirectory();
    (isFolder ? folders : files).push(entry.name);
  }
  return {
    path,
    files: files.sort(),
    folders: folders.sort(),
    open: (name) => keep(join(path, name)),
    enter: (name) => lookInto(join(path, name), keep),
  };
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    throw readingTrouble(path, error);
  }
}

async function leadsToFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
