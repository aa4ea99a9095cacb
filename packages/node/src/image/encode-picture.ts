import { buildExif } from '@danqing/engine/image/exif';
import { insertJpegExif, MAX_JPEG_EXIF_BYTES } from '@danqing/engine/image/jpeg';
import type { PictureFormat, PictureText } from '@danqing/engine/image/picture-file';
import type { Pixels } from '@danqing/engine/image/pixels';
import { insertPngTexts } from '@danqing/engine/image/png';
import { makerNoteOf, RECEIPT_KEYWORD } from '@danqing/engine/image/receipt';
import { insertWebpExif } from '@danqing/engine/image/webp';
import sharp from 'sharp';

export interface EncodePictureOptions {
  readonly format: PictureFormat;
  /** Quality of JPEG and WebP, 1 to 100; A1111's is 80. */
  readonly quality?: number;
  /** WebP without loss. */
  readonly lossless?: boolean;
  readonly infotext?: string;
  /** The receipt as `printReceipt` prints it. */
  readonly receipt?: string;
}

export interface EncodedPicture {
  readonly bytes: Uint8Array;
  /** PNG where the asked format cannot hold the picture or its data. */
  readonly format: PictureFormat;
  /** Why it is another format. */
  readonly notes: readonly string[];
}

/** The longest side of a picture by format. */
const MAX_SIDE: Readonly<Record<PictureFormat, number>> = { png: 2 ** 31 - 1, jpeg: 65_535, webp: 16_383 };

/**
 * Encodes a picture with its generation data: PNG texts `parameters` and `danqing`, or the EXIF fields UserComment and
 * MakerNote. The same pixels and data give the same bytes.
 */
export async function encodePicture(pixels: Pixels, options: EncodePictureOptions): Promise<EncodedPicture> {
  const { format, infotext, receipt } = options;
  const exif =
    format !== 'png' && (infotext !== undefined || receipt !== undefined)
      ? buildExif(infotext ?? '', receipt === undefined ? undefined : makerNoteOf(receipt))
      : undefined;
  const obstacle = obstacleTo(pixels, format, exif);
  if (obstacle !== undefined) {
    const png = await encodePicture(pixels, { ...options, format: 'png' });
    return { ...png, notes: [`Saved as PNG: ${obstacle}.`] };
  }
  const plain = await encodePixels(pixels, options);
  const texts: PictureText[] = [
    ...(infotext === undefined ? [] : [{ keyword: 'parameters', text: infotext }]),
    ...(receipt === undefined ? [] : [{ keyword: RECEIPT_KEYWORD, text: receipt }]),
  ];
  return {
    bytes: format === 'png' ? insertPngTexts(plain, texts) : insertExif(plain, format, exif),
    format,
    notes: [],
  };
}

function obstacleTo(pixels: Pixels, format: PictureFormat, exif: Uint8Array | undefined): string | undefined {
  if (Math.max(pixels.width, pixels.height) > MAX_SIDE[format]) {
    return `${format.toUpperCase()} holds at most ${MAX_SIDE[format]} pixels a side`;
  }
  if (format === 'jpeg' && exif && exif.length > MAX_JPEG_EXIF_BYTES) {
    return `JPEG holds at most ${MAX_JPEG_EXIF_BYTES} bytes of generation data, this picture has ${exif.length}`;
  }
  return undefined;
}

function insertExif(bytes: Uint8Array, format: 'jpeg' | 'webp', exif: Uint8Array | undefined): Uint8Array {
  if (!exif) return bytes;
  return format === 'jpeg' ? insertJpegExif(bytes, exif) : insertWebpExif(bytes, exif);
}

async function encodePixels(
  { width, height, channels, data }: Pixels,
  options: EncodePictureOptions,
): Promise<Uint8Array> {
  const { format, quality = 80, lossless = false } = options;
  const image = sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
  switch (format) {
    case 'png':
      return image.png({ compressionLevel: 6, adaptiveFiltering: false, palette: false }).toBuffer();
    case 'jpeg':
      return image.removeAlpha().jpeg({ quality, chromaSubsampling: '4:2:0' }).toBuffer();
    case 'webp':
      return image.webp({ quality, lossless }).toBuffer();
  }
}
