import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { HEAD_BYTES } from '@danqing/engine/weights/format';
import { recogniseFormat } from '@danqing/engine/weights/open-index';
import { type Grade, worstGrade } from '@danqing/engine/weights/scan/grade';
import { scanFile } from '@danqing/engine/weights/scan/scan-file';
import type { ScanReport } from '@danqing/engine/weights/scan/scan-report';
import { openFile } from '@danqing/node/files/file-source';
import { inflate } from '@danqing/node/files/inflate';
import { readingTrouble } from '@danqing/node/files/reading-trouble';
import { SyncFile } from '@danqing/node/files/sync-file';

/** First byte of a pickle of protocol 2 and above. */
const BINARY_PICKLE = 0x80;

/** A file that was looked through, or could not be. */
export interface ScannedFile {
  readonly path: string;
  readonly grade: Grade;
  /** Absent where the file could not be read; `trouble` then says why. */
  readonly report?: ScanReport;
  readonly trouble?: string;
}

/** Endings of files that programs unpickle, or that hold what they do. */
const PICKLE_ENDINGS = new Set(
  '.ckpt .pt .pth .bin .pkl .pickle .p .joblib .dat .data .npy .npz .zip .tar .7z .model .h5 .safetensors .gguf .onnx'.split(
    ' ',
  ),
);

/**
 * Looks through files and folders for what would run code in programs that load pickles, without loading anything: one result after the
 * other. In folders only files are taken that such programs load, or that begin like those, at every depth; a link that leads back is
 * not followed twice.
 * @throws missing or io for a path that is given and cannot be read.
 */
export async function* scanFiles(paths: readonly string[], signal?: AbortSignal): AsyncGenerator<ScannedFile> {
  const seen = new Set<string>();
  for (const path of paths.map((given) => resolve(given))) {
    for (const file of filesAt(path, seen)) {
      signal?.throwIfAborted();
      yield typeof file === 'string' ? await scanOne(file) : file;
    }
  }
}

/** The worst grade of several files; safe for none. */
export const worstOf = (files: readonly ScannedFile[]): Grade => worstGrade(files.map(({ grade }) => grade));

function* filesAt(path: string, seen: Set<string>): Generator<string | ScannedFile> {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (error) {
    throw readingTrouble(path, error);
  }
  if (isFolder) yield* filesBelow(path, seen);
  else yield path;
}

function* filesBelow(folder: string, seen: Set<string>): Generator<string | ScannedFile> {
  let entries: Dirent[];
  try {
    const real = realpathSync(folder);
    if (seen.has(real)) return;
    seen.add(real);
    entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    yield { path: folder, grade: 'unknown', trouble: readingTrouble(folder, error).message };
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const stats = entry.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : entry;
    if (stats?.isDirectory() === true) yield* filesBelow(path, seen);
    else if (stats?.isFile() === true && mayHoldPickle(path)) yield path;
  }
}

/** Whether programs might unpickle a file: by its ending, else by its first bytes, since loaders take any name. */
function mayHoldPickle(path: string): boolean {
  if (PICKLE_ENDINGS.has(extname(path).toLowerCase())) return true;
  try {
    const file = new SyncFile(path);
    const head = file.readNow(0, Math.min(HEAD_BYTES, file.size));
    file.close();
    const name = recogniseFormat(head)?.name;
    // Texts begin like pickles of the text protocols by chance.
    return name !== undefined && (name.startsWith('torch') || (name === 'pickle' && head[0] === BINARY_PICKLE));
  } catch {
    return false;
  }
}

async function scanOne(path: string): Promise<ScannedFile> {
  try {
    const source = await openFile(path);
    try {
      const report = await scanFile(source, { inflate });
      return { path, grade: report.grade, report };
    } finally {
      await source.close();
    }
  } catch (error) {
    // One file that cannot be read does not spoil the others.
    if (error instanceof DanqingError) return { path, grade: 'unknown', trouble: error.message };
    throw error;
  }
}
