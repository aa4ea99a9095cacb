import { gunzipSync, inflateSync } from 'node:zlib';
import { DanqingError } from '@danqing/engine/errors';
import type { PictureHands } from '@danqing/engine/image/picture';
import { decodePicture } from './decode-picture.ts';

/** What reading a picture needs: zlib and the decoder of pixels. */
export const pictureHands: PictureHands = {
  inflate: (data, maxBytes) => unpack(inflateSync, data, maxBytes),
  gunzip: (data, maxBytes) => unpack(gunzipSync, data, maxBytes),
  decode: decodePicture,
};

function unpack(method: typeof inflateSync, data: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return method(data, { maxOutputLength: maxBytes });
  } catch (error) {
    const isTooLong = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new DanqingError('bad-file', {
      where: 'compressed text',
      expected: `at most ${maxBytes} bytes, packed without damage`,
      found: isTooLong ? 'more' : (error as Error).message,
    });
  }
}
