import { readdir, readFile } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { AGE_OF_AESTHETICS } from '@danqing/engine/adapters/aesthetic-gradient/aesthetic-gradient';
import { aestheticFile } from '@danqing/engine/adapters/aesthetic-gradient/aesthetic-vector';
import { DanqingError } from '@danqing/engine/errors';
import { findVisionTower } from '@danqing/engine/parts/vision/clip';
import { clipPicture } from '@danqing/engine/parts/vision/clip-picture';
import { makeFolder } from '@danqing/node/files/make-folder';
import { readingTrouble } from '@danqing/node/files/reading-trouble';
import { writeAtomic } from '@danqing/node/files/write-atomic';
import { decodePicture } from '@danqing/node/image/decode-picture';
import { runtimes } from '@danqing/node/runtime/runtimes/index';
import { isFolder } from '../files/output-place.ts';
import { findClip } from './find-clip.ts';

/** What an aesthetic embedding is made of. */
export interface AestheticRequest {
  /** Pictures, and folders whose pictures count. */
  readonly pictures: readonly string[];
  /** File to be written; `.pt` is added where it does not end so. */
  readonly output: string;
  /** Name or path of a file with CLIP's picture encoder; undefined: one is looked for. */
  readonly clip?: string | undefined;
  readonly overwrite?: boolean | undefined;
}

/** An aesthetic embedding that was made. */
export interface MadeAesthetic {
  readonly output: string;
  readonly pictures: number;
  /** File of the picture encoder. */
  readonly clip: string;
  readonly notes: readonly string[];
}

/** Endings of what counts as a picture in a folder. */
const PICTURE = /\.(?:png|jpe?g|webp|gif|tiff?|avif)$/i;

/**
 * Makes an aesthetic embedding as its authors do: the mean of what CLIP makes of pictures, as a torch file of one float32 tensor
 * [1, n], which A1111's extension reads.
 * @param onPicture is told how many pictures are done, of how many.
 * @throws missing without pictures or CLIP; bad-file for a picture that cannot be read; io.
 */
export async function makeAesthetic(
  { pictures, output, clip, overwrite = false }: AestheticRequest,
  onPicture: (done: number, all: number) => void = () => undefined,
): Promise<MadeAesthetic> {
  const files = (await Promise.all(pictures.map(picturesAt))).flat();
  if (files.length === 0) {
    const found = `none in ${pictures.join(', ')}`;
    throw new DanqingError('missing', { where: 'aesthetic embedding', expected: 'pictures to make it of', found });
  }
  const tower = await findClip(clip, {
    where: 'aesthetic embedding',
    expected: "CLIP ViT-L/14's picture encoder with its visual_projection",
    find: findVisionTower,
  });
  const session = await runtimes.cpu.open(tower.graph(), { mode: 'quick' });
  const sum = new Float64Array(tower.featureWidth);
  try {
    for (const [i, file] of files.entries()) {
      onPicture(i, files.length);
      const { features } = await session.run({ image: clipPicture(await pixelsOf(file), tower.side) });
      features!.data.forEach((value, k) => (sum[k]! += value));
    }
  } finally {
    await session.release();
  }
  const path = resolve(/\.pt$/i.test(output) ? output : `${output}.pt`);
  await save(
    path,
    Float32Array.from(sum, (value) => value / files.length),
    overwrite,
  );
  return { output: path, pictures: files.length, clip: tower.file, notes: [AGE_OF_AESTHETICS] };
}

async function picturesAt(path: string): Promise<string[]> {
  if (!(await isFolder(path))) return [path];
  const names = await readdir(path);
  return names
    .filter((name) => PICTURE.test(extname(name)))
    .sort()
    .map((name) => join(path, name));
}

async function pixelsOf(path: string) {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw readingTrouble(path, error);
  });
  try {
    return await decodePicture(bytes);
  } catch (error) {
    if (!(error instanceof DanqingError)) throw error;
    throw new DanqingError(error.code, { ...error.trouble, where: path });
  }
}

async function save(path: string, vector: Float32Array, overwrite: boolean): Promise<void> {
  await makeFolder(dirname(path));
  if (await writeAtomic(path, aestheticFile(vector), { overwrite })) return;
  throw new DanqingError('io', {
    where: path,
    expected: 'a name that is free',
    found: 'a file of that name',
    advice: 'Choose another name, or --overwrite.',
  });
}
