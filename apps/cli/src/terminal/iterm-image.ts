import { PICTURE_COLUMNS, type Shown } from './picture.ts';

/** A picture for iTerm2, WezTerm and others with iTerm2's inline images: the whole file in base64. */
export const printItermImage = ({ file }: Shown): string =>
  `\u001b]1337;File=inline=1;size=${file.length};width=${PICTURE_COLUMNS / 2}:${Buffer.from(file).toString('base64')}\u0007`;
