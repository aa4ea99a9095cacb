import { DanqingError } from '@danqing/engine/errors';
import { type Picture, readPicture } from '@danqing/engine/image/picture';
import { openFile } from '@danqing/node/files/file-source';
import { pictureHands } from '@danqing/node/image/picture-hands';

/** No picture is larger; another file is named by mistake. */
const MAX_PICTURE_BYTES = 1 << 30;

/** A picture file that was read: its bytes, and everything that it says about itself. */
export interface PictureOnDisk {
  readonly bytes: Uint8Array;
  readonly picture: Picture;
}

/** Reads a picture and its generation data. @throws what reading it throws, naming the file. */
export async function readPictureFile(path: string): Promise<PictureOnDisk> {
  const source = await openFile(path);
  try {
    if (source.size > MAX_PICTURE_BYTES) {
      throw new DanqingError('bad-file', { where: 'picture', expected: 'at most 1 GB', found: `${source.size} bytes` });
    }
    const bytes = await source.read(0, source.size);
    return { bytes, picture: await readPicture(bytes, pictureHands) };
  } catch (error) {
    if (!(error instanceof DanqingError) || error.trouble.where.startsWith(path)) throw error;
    throw new DanqingError(error.code, { ...error.trouble, where: `${path} › ${error.trouble.where}` });
  } finally {
    await source.close();
  }
}
