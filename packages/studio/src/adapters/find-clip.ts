import { join } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import type { TensorIndex } from '@danqing/engine/weights/tensor-index';
import { readLastingIndex } from '@danqing/node/files/open-model';
import { homeFolder } from '../folders.ts';
import { findHomeFolders } from '../library/home-folders.ts';
import { isSafeContainer } from '../library/is-safe-container.ts';
import { AdapterFolders } from './find-adapter.ts';

/** A part of CLIP that is looked for among files of text and picture encoders. */
export interface ClipSearch<T> {
  /** What needs it. */
  readonly where: string;
  /** What the file has to hold, as a phrase. */
  readonly expected: string;
  /** The part in a file; undefined where it is not whole or does not fit. */
  find(index: TensorIndex): T | undefined;
}

/** Files that are looked into before giving up. */
const MOST_FILES = 200;

/**
 * The part of CLIP in a file that is named, or in the first file that has it of the folders for text and picture encoders.
 * @param named path or name; undefined to look for one.
 * @throws missing with the file to get; what reading a file that is named throws.
 */
export async function findClip<T>(named: string | undefined, search: ClipSearch<T>): Promise<T> {
  const home = await findHomeFolders();
  const paths = home('text-encoder', 'vision-encoder');
  const folders = new AdapterFolders(paths);
  if (named !== undefined) {
    const file = await folders.find(named);
    const found = file && search.find(await readLastingIndex(file.path));
    if (found !== undefined) return found;
    throw missing(search, file === undefined ? `no file ${named}` : `${file.path}, which has it not`);
  }
  const files = [...(await folders.files())].sort((a, b) => Number(isSafeContainer(b)) - Number(isSafeContainer(a)));
  for (const path of files.slice(0, MOST_FILES)) {
    // One that cannot be read is no candidate; the library gives notice of it.
    const index = await readLastingIndex(path).catch(() => undefined);
    const found = index && search.find(index);
    if (found !== undefined) return found;
  }
  const places = paths.join(', ');
  throw missing(
    search,
    files.length === 0 ? `no files in ${places}` : `${files.length} files in ${places}, none of which has it`,
  );
}

function missing({ where, expected }: Pick<ClipSearch<unknown>, 'where' | 'expected'>, found: string): DanqingError {
  const folder = join(homeFolder(), 'models', 'text_encoders');
  return new DanqingError('missing', {
    where,
    expected,
    found,
    advice: `Checkpoints do not hold it. Get model.safetensors (1.7 GB) of huggingface.co/openai/clip-vit-large-patch14 and put it into ${folder}.`,
  });
}
