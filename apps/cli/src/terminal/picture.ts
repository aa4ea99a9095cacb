/** 8-bit RGB rows. */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** A picture to be shown, and the bytes of the file that holds it. */
export interface Shown extends Bitmap {
  readonly file: Uint8Array;
}

/** Columns that a picture takes where a character is one pixel wide; terminals with real pixels give it half of them. */
export const PICTURE_COLUMNS = 64;
