import type { Pixels } from '@danqing/engine/image/pixels';
import sharp from 'sharp';

/** The font that comes with the program: Latin, Greek, Cyrillic, kana and the Chinese characters of GB 2312. */
const FONT = 'Noto Sans SC';

export interface DrawTextOptions {
  /** Size of the letters in pixels. */
  readonly sizePixels: number;
  /** Fontconfig's configuration that names the folder of the font; without it machines that have no fonts would draw boxes. */
  readonly fontsFile: string;
  /** Lines are broken at this width. */
  readonly maxWidthPixels: number;
}

/** Draws a text in black on white, its lines in the middle, no larger than it is; undefined when there is nothing to be seen. */
export async function drawText(
  text: string,
  { sizePixels, fontsFile, maxWidthPixels }: DrawTextOptions,
): Promise<Pixels | undefined> {
  if (!/\S/.test(text)) return undefined;
  // Read when the first text is drawn; the other one makes macOS use it, too.
  process.env['FONTCONFIG_FILE'] ??= fontsFile;
  process.env['PANGOCAIRO_BACKEND'] ??= 'fontconfig';
  const { data, info } = await sharp({
    text: {
      text: escapeMarkup(text),
      font: `${FONT} ${sizePixels}`,
      // At 72 dots per inch a point is a pixel.
      dpi: 72,
      width: Math.round(maxWidthPixels),
      align: 'centre',
      wrap: 'word-char',
    },
  })
    .negate()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: 3, data };
}

const escapeMarkup = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\0-\x08\x0b-\x1f]/g, ' ');
