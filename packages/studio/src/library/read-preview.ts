import { readFile, stat } from 'node:fs/promises';
import { DanqingError } from '@danqing/engine/errors';
import { openModel } from '@danqing/node/files/open-model';
import { readingTrouble } from '@danqing/node/files/reading-trouble';
import type { LibraryModel } from './library-model.ts';
import { COVER_NOTE } from './model-facts.ts';

/** Previews are small; what is larger is something else. */
const LIMIT_BYTES = 64 << 20;

/**
 * The bytes of a model's preview: of the picture beside it, else of the first cover inside the file; undefined without either. Whoever
 * shows them looks at them as at any foreign picture.
 * @throws io when the picture cannot be read; bad-file when the cover is none.
 */
export async function readPreview({
  path,
  preview,
  facts,
}: Pick<LibraryModel, 'path' | 'preview' | 'facts'>): Promise<Uint8Array | undefined> {
  if (preview !== undefined) return readPicture(preview);
  if (!facts.hasCover) return undefined;
  const model = await openModel(path, { foreign: 'ignore' });
  await model.close();
  return firstCover(path, model.index.metadata.get(COVER_NOTE) ?? '');
}

async function readPicture(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size <= LIMIT_BYTES) return await readFile(path);
    const expected = `a picture of at most ${LIMIT_BYTES} bytes`;
    throw new DanqingError('bad-file', { where: path, expected, found: `${size} bytes` });
  } catch (error) {
    throw error instanceof DanqingError ? error : readingTrouble(path, error);
  }
}

/** The note is a JSON list of pictures in base64. */
function firstCover(path: string, note: string): Uint8Array {
  try {
    const [first] = JSON.parse(note) as unknown[];
    if (typeof first === 'string' && first !== '') return Buffer.from(first.replace(/^data:[^,]*,/, ''), 'base64');
  } catch {
    // It is told below.
  }
  throw new DanqingError('bad-file', {
    where: `${path} › ${COVER_NOTE}`,
    expected: 'a list of pictures in base64',
    found: note.slice(0, 40),
  });
}
