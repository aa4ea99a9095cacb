/** Text kept in a picture file: a keyword of the file's own (PNG keyword, EXIF field name) and what stands there. */
export interface PictureText {
  readonly keyword: string;
  readonly text: string;
}

export type PictureFormat = 'png' | 'jpeg' | 'webp';

/** What the container of a picture says without its pixels. */
export interface PictureFile {
  readonly format: PictureFormat;
  readonly width: number;
  readonly height: number;
  readonly texts: readonly PictureText[];
  /** The EXIF block (a TIFF structure without `Exif\0\0` before it). */
  readonly exif?: Uint8Array;
  /** What was damaged and left out. */
  readonly notes: readonly string[];
}

/**
 * Undoes zlib or gzip compression.
 * @throws bad-file when the data is damaged or longer than `maxBytes` when unpacked.
 */
export type Inflate = (data: Uint8Array, maxBytes: number) => Uint8Array;

/** A workflow with pictures inside can have megabytes; a text of more is an attack or a mistake. */
export const MAX_TEXT_BYTES = 64 * 1024 * 1024;
