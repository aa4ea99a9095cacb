import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { nextSequenceNumber, pictureFolders, pictureName, sidecarText } from '@danqing/engine/image/file-name';
import type { NamingRules } from '@danqing/engine/image/file-name';
import type { NamingContext } from '@danqing/engine/image/file-name-patterns';
import type { PictureFormat } from '@danqing/engine/image/picture-file';
import { makeFolder } from '../files/make-folder.ts';
import { writeAtomic } from '../files/write-atomic.ts';

export interface SavePictureRequest {
  /** Folder that the patterns begin in; made if it is not there. */
  readonly root: string;
  readonly rules: NamingRules;
  readonly context: NamingContext;
  readonly bytes: Uint8Array;
  readonly format: PictureFormat;
  /** Put into a text file of the same name beside the picture. */
  readonly sidecar?: string;
  readonly suffix?: string;
}

/** Extensions of picture files, as A1111 chooses them. */
export const EXTENSIONS: Readonly<Record<PictureFormat, string>> = { png: '.png', jpeg: '.jpg', webp: '.webp' };

/** Another program may take the same numbers at the same time; after this many lost races something else is wrong. */
const MAX_ATTEMPTS = 500;

/**
 * Saves a picture under the next free name; never replaces a file.
 * @returns the path of the picture.
 * @throws io when it cannot be written.
 */
export async function savePicture(request: SavePictureRequest): Promise<string> {
  const { rules, context, bytes, format, sidecar, suffix } = request;
  const folder = join(request.root, ...pictureFolders(rules, context));
  await makeFolder(folder);
  const present = await readdir(folder);
  const first = nextSequenceNumber(present, context.basename);
  const used = new Set<string>();
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const name = pictureName(rules, context, first + attempt, suffix);
    // Without a number in the pattern every attempt has the same name; a count behind it tells them apart.
    const unique = used.has(name) ? `${name}-${attempt}` : name;
    used.add(name);
    if (sidecar !== undefined && present.includes(`${unique}.txt`)) continue;
    const path = join(folder, `${unique}${EXTENSIONS[format]}`);
    if (!(await writeAtomic(path, bytes, { overwrite: false }))) continue;
    if (sidecar !== undefined) await writeAtomic(join(folder, `${unique}.txt`), sidecarText(sidecar));
    return path;
  }
  throw new DanqingError('io', {
    where: folder,
    expected: 'a free file name',
    found: `${MAX_ATTEMPTS} names that are all taken`,
    advice: 'Choose another folder or another pattern.',
  });
}
