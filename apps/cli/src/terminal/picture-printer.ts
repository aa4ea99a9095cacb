import { printHalfBlocks } from './half-blocks.ts';
import { printItermImage } from './iterm-image.ts';
import { printKittyImage } from './kitty-image.ts';
import { PICTURE_COLUMNS, type Shown } from './picture.ts';
import { printSixels } from './sixels.ts';

/**
 * The best way in which a terminal can show a picture, known from what it says in the environment; undefined where there is no
 * terminal, or one without colours.
 */
export function picturePrinter(
  env: NodeJS.ProcessEnv,
  stream: { readonly isTTY?: boolean; getColorDepth?(): number },
): ((picture: Shown) => string) | undefined {
  if (stream.isTTY !== true || env['NO_COLOR'] || env['TERM'] === 'dumb') return undefined;
  const program = env['TERM_PROGRAM'] ?? '';
  const term = env['TERM'] ?? '';
  // A multiplexer does not pass pictures on.
  const isDirect = env['TMUX'] === undefined && env['STY'] === undefined;
  if (isDirect && (env['KITTY_WINDOW_ID'] !== undefined || term === 'xterm-kitty' || program === 'ghostty'))
    return printKittyImage;
  if (isDirect && (program === 'iTerm.app' || program === 'WezTerm' || program === 'mintty')) return printItermImage;
  if (isDirect && /^(?:foot|mlterm|contour)|sixel/.test(term)) return printSixels;
  const depth = stream.getColorDepth?.() ?? 1;
  if (depth < 8) return undefined;
  return (picture) => printHalfBlocks(picture, PICTURE_COLUMNS, depth === 24);
}
