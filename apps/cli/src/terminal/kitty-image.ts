import { PICTURE_COLUMNS, type Bitmap } from './picture.ts';

/** The protocol takes no more in one piece. */
const PIECE_LENGTH = 4096;

/** A picture for kitty, Ghostty and others with kitty's graphics protocol: raw pixels in pieces of base64. */
export function printKittyImage({ width, height, pixels }: Bitmap): string {
  const data = Buffer.from(pixels).toString('base64');
  const pieces = data.match(new RegExp(`.{1,${PIECE_LENGTH}}`, 'g')) ?? [];
  return pieces
    .map((piece, i) => {
      const more = i === pieces.length - 1 ? 0 : 1;
      const head = i === 0 ? `a=T,f=24,s=${width},v=${height},c=${PICTURE_COLUMNS / 2},m=${more}` : `m=${more}`;
      return `\u001b_G${head};${piece}\u001b\\`;
    })
    .join('');
}
