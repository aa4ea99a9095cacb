import { access, constants, stat } from 'node:fs/promises';
import { dirname, extname, join, parse, resolve, sep } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { DEFAULT_NAMING, type NamingRules } from '@danqing/engine/image/file-name';
import type { PictureFormat } from '@danqing/engine/image/picture-file';

/** Where the pictures of a job go: one file by name, or a folder in which rules name them. */
export type OutputPlace =
  | { readonly kind: 'file'; readonly path: string; readonly format: PictureFormat }
  | { readonly kind: 'folder'; readonly root: string; readonly rules: NamingRules; readonly format: PictureFormat };

/** Folder of pictures from text below the working folder, as A1111 has it; a folder for each day is in it. */
const DEFAULT_ROOT = join('outputs', 'txt2img-images');

/** Names for pictures in a folder that was asked for: a running number and the seed. */
const IN_FOLDER: NamingRules = { ...DEFAULT_NAMING, folderPattern: '' };

const FORMATS: Readonly<Record<string, PictureFormat>> = {
  '.png': 'png',
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.webp': 'webp',
};

/** Endings of pictures that cannot be written: a folder of such a name is a mistake. */
const OTHER_PICTURES = new Set('.gif .bmp .tif .tiff .avif .jxl .heic .heif .tga .ico .svg'.split(' '));

/**
 * Understands where pictures are to go. A path with patterns such as `[date]/[seed]` names folders and files; one that ends in
 * `.png`, `.jpg`, `.jpeg` or `.webp` is a file; anything else is a folder, made when it is needed.
 * @param out absent: A1111's folders below the working folder.
 * @param format absent: by the ending of `out`, else PNG.
 * @throws bad-value when ending and format disagree; io when the place cannot be written, before anything is drawn.
 */
export async function readOutputPlace(out: string | undefined, format?: PictureFormat): Promise<OutputPlace> {
  const place = await understand(out, format);
  await checkWritable(place.kind === 'file' ? place.path : join(place.root, 'picture'));
  return place;
}

async function understand(out: string | undefined, asked: PictureFormat | undefined): Promise<OutputPlace> {
  if (out === undefined) return { kind: 'folder', root: DEFAULT_ROOT, rules: DEFAULT_NAMING, format: asked ?? 'png' };
  if (out === '') throw badPlace(out, 'a file or a folder', 'an empty name');
  const kind = await kindOf(out);
  const ending = kind === 'folder' || /[\\/]$/.test(out) ? '' : extname(out).toLowerCase();
  const byEnding = FORMATS[ending];
  if (byEnding !== undefined && asked !== undefined && byEnding !== asked) {
    throw badPlace(out, `an ending that suits ${asked.toUpperCase()}`, ending);
  }
  if (OTHER_PICTURES.has(ending)) {
    throw badPlace(out, 'one of .png, .jpg, .jpeg, .webp', ending, 'Leave the ending out to name a folder.');
  }
  // Nobody means to put a picture in the place of a model or a text.
  if (kind === 'device' || (kind === 'file' && byEnding === undefined)) {
    throw badPlace(out, 'a folder, or a file that ends in .png, .jpg, .jpeg or .webp', `a ${kind}`);
  }
  const format = byEnding ?? asked ?? 'png';
  if (kind === undefined && /\[[^[\]]+\]/.test(out)) {
    return { kind: 'folder', ...splitPattern(out, byEnding !== undefined), format };
  }
  if (byEnding !== undefined) return { kind: 'file', path: out, format };
  return { kind: 'folder', root: out, rules: IN_FOLDER, format };
}

/** The folder before the first pattern, and the rules that the rest makes. */
function splitPattern(out: string, hasName: boolean): { root: string; rules: NamingRules } {
  const { root: start } = parse(out);
  const separator = sep === '\\' ? /[\\/](?![^[]*\])/ : /\/(?![^[]*\])/;
  const parts = out
    .slice(start.length)
    .split(separator)
    .filter((part) => part !== '');
  const first = parts.findIndex((part) => part.includes('['));
  const rest = parts.slice(first);
  const name = hasName ? rest.pop()! : undefined;
  return {
    root: join(start, ...parts.slice(0, first)),
    rules: {
      folderPattern: rest.join('/'),
      filePattern: name === undefined ? DEFAULT_NAMING.filePattern : name.slice(0, -extname(name).length),
      addNumber: name === undefined,
    },
  };
}

/**
 * Looks ahead whether a file can be written, so that nobody waits for a picture that is then lost.
 * @throws io.
 */
export async function checkWritable(path: string): Promise<void> {
  const kind = await kindOf(path);
  if (kind !== undefined && kind !== 'file') {
    throw new DanqingError('io', { where: path, expected: 'a place for a file', found: `a ${kind}` });
  }
  let folder = dirname(resolve(path));
  for (;;) {
    const above = await kindOf(folder);
    if (above === 'folder') break;
    if (above !== undefined || folder === dirname(folder)) {
      throw new DanqingError('io', {
        where: folder,
        expected: 'a folder',
        found: above === undefined ? 'nothing' : `a ${above}`,
      });
    }
    folder = dirname(folder);
  }
  await access(folder, constants.W_OK).catch(() => {
    throw new DanqingError('io', { where: folder, expected: 'a folder that can be written', found: 'no permission' });
  });
}

async function kindOf(path: string): Promise<'folder' | 'file' | 'device' | undefined> {
  try {
    const found = await stat(path);
    return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'device';
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ENOTDIR') throw badPlace(path, 'a folder', 'a file in its way');
    throw new DanqingError('io', {
      where: path.slice(0, 200),
      expected: 'a place that can be looked at',
      found: code ?? message,
    });
  }
}

const badPlace = (where: string, expected: string, found: string, advice?: string): DanqingError =>
  new DanqingError('bad-value', { where: `output ${where}`, expected, found, ...(advice !== undefined && { advice }) });

/**
 * Checks the quality of JPEG and WebP that was asked for.
 * @throws bad-value outside 1 to 100, and for PNG, which loses nothing.
 */
export function checkQuality(quality: number | undefined, format: PictureFormat): void {
  if (quality === undefined) return;
  const isSound = Number.isInteger(quality) && quality >= 1 && quality <= 100;
  if (isSound && format !== 'png') return;
  throw new DanqingError('bad-value', {
    where: 'quality',
    expected: isSound ? 'JPEG or WebP' : 'a whole number from 1 to 100',
    found: isSound ? 'PNG, which loses nothing' : String(quality),
  });
}
