import type { Bitmap } from './picture.ts';

/** Levels of each of red, green and blue: 216 colours fit into the 256 that every terminal with sixels has. */
const LEVELS = 6;

/** Screen pixels for each pixel along a side, for a picture of so many pixels: small ones are enlarged. */
const enlargementOf = (width: number): number => Math.max(1, Math.floor(400 / width));

/** A picture as sixels: bands of six rows, drawn colour by colour. */
export function printSixels({ width, height, pixels }: Bitmap): string {
  const scale = enlargementOf(width);
  const [columns, rows] = [width * scale, height * scale];
  const colourAt = (x: number, y: number): number => {
    const at = (Math.floor(y / scale) * width + Math.floor(x / scale)) * 3;
    const [r, g, b] = [level(pixels[at]!, x, y), level(pixels[at + 1]!, x, y), level(pixels[at + 2]!, x, y)];
    return (r * LEVELS + g) * LEVELS + b;
  };
  const bands: string[] = [];
  for (let top = 0; top < rows; top += 6) {
    const bits = new Map<number, Uint8Array>();
    for (let y = top; y < Math.min(top + 6, rows); y++) {
      for (let x = 0; x < columns; x++) {
        const colour = colourAt(x, y);
        let row = bits.get(colour);
        if (row === undefined) bits.set(colour, (row = new Uint8Array(columns)));
        row[x]! |= 1 << (y - top);
      }
    }
    bands.push([...bits].map(([colour, row]) => `#${colour}${packRow(row)}`).join('$'));
  }
  return `\u001bPq"1;1;${columns};${rows}${PALETTE}${bands.join('-')}\u001b\\`;
}

const percent = (step: number): number => Math.round((step / (LEVELS - 1)) * 100);

const PALETTE = Array.from({ length: LEVELS ** 3 }, (_, i) => {
  const [r, g, b] = [Math.floor(i / LEVELS ** 2), Math.floor(i / LEVELS) % LEVELS, i % LEVELS];
  return `#${i};2;${percent(r)};${percent(g)};${percent(b)}`;
}).join('');

/** Bayer's 4 x 4 matrix: the threshold at which a value between two levels goes up, so that areas have the right mean. */
const BAYER = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5];

function level(value: number, x: number, y: number): number {
  const threshold = (BAYER[(y % 4) * 4 + (x % 4)]! + 0.5) / 16;
  return Math.min(LEVELS - 1, Math.floor((value / 255) * (LEVELS - 1) + threshold));
}

/** One row of six-pixel columns; columns that are alike are counted. */
function packRow(row: Uint8Array): string {
  let packed = '';
  for (let x = 0; x < row.length;) {
    let end = x + 1;
    while (end < row.length && row[end] === row[x]) end++;
    const character = String.fromCharCode(63 + row[x]!);
    packed += end - x > 3 ? `!${end - x}${character}` : character.repeat(end - x);
    x = end;
  }
  return packed;
}
