import type { Bitmap } from './picture.ts';
import { shrink } from './shrink.ts';

const UPPER_HALF = '▀';

/** A picture in half blocks, two pixels on top of each other in a character: for every terminal with colours. */
export function printHalfBlocks(picture: Bitmap, columns: number, isTrueColour: boolean): string {
  const { width, height, pixels } = shrink(picture, columns);
  const colour = (layer: 38 | 48, x: number, y: number): string => {
    const at = (Math.min(y, height - 1) * width + x) * 3;
    const [r, g, b] = [pixels[at]!, pixels[at + 1]!, pixels[at + 2]!];
    return isTrueColour ? `${layer};2;${r};${g};${b}` : `${layer};5;${cubeColour(r, g, b)}`;
  };
  const lines: string[] = [];
  for (let y = 0; y < height; y += 2) {
    let line = '';
    for (let x = 0; x < width; x++) line += `\u001b[${colour(38, x, y)};${colour(48, x, y + 1)}m${UPPER_HALF}`;
    lines.push(`${line}\u001b[0m`);
  }
  return lines.join('\n');
}

/** The nearest of the 6 x 6 x 6 colours that terminals with 256 colours have from number 16 on. */
function cubeColour(r: number, g: number, b: number): number {
  const level = (value: number): number => Math.round((value / 255) * 5);
  return 16 + 36 * level(r) + 6 * level(g) + level(b);
}
