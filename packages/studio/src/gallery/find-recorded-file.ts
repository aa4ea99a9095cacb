import { readdir } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import type { FileHashes } from '../library/file-hashes.ts';

/** A model file as a picture names it: with or without extension, by a whole or a short SHA-256. */
export interface RecordedFile {
  readonly name?: string | undefined;
  readonly hash?: string | undefined;
}

/** Files that hold a model. */
const ENDINGS = ['.safetensors', '.ckpt', '.pt', '.pth', '.bin'];

/**
 * Finds the file that a picture was made with: `known` files by their hash, and files of its name in `folders`, whose hash
 * must be right where one is recorded.
 * @returns undefined when it is at none of these places.
 */
export async function findRecordedFile(
  { name, hash }: RecordedFile,
  { known, folders }: { readonly known: readonly string[]; readonly folders: readonly string[] },
  hashes: FileHashes,
): Promise<string | undefined> {
  const isRight = async (path: string): Promise<boolean> =>
    hash === undefined || (await hashes.sha256(path)).startsWith(hash.toLowerCase());
  const named = name === undefined ? [] : (await Promise.all(folders.map((folder) => filesNamed(name, folder)))).flat();
  for (const path of hash === undefined ? named : [...named, ...known]) if (await isRight(path)) return path;
  return undefined;
}

async function filesNamed(name: string, folder: string): Promise<string[]> {
  const present = await readdir(folder).catch(() => []);
  return present
    .filter(
      (file) => file === name || (ENDINGS.includes(extname(file)) && file.slice(0, -extname(file).length) === name),
    )
    .map((file) => resolve(join(folder, file)));
}
