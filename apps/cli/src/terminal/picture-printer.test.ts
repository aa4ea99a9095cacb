import { describe, expect, it } from 'vitest';
import { printHalfBlocks } from './half-blocks.ts';
import { printItermImage } from './iterm-image.ts';
import { printKittyImage } from './kitty-image.ts';
import { picturePrinter } from './picture-printer.ts';
import type { Shown } from './picture.ts';
import { shrink } from './shrink.ts';
import { printSixels } from './sixels.ts';

/** Red above blue, two pixels wide. */
const flag: Shown = {
  width: 2,
  height: 2,
  pixels: Uint8Array.of(255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255),
  file: Uint8Array.of(1, 2, 3),
};
const terminal = (depth: number) => ({ isTTY: true, getColorDepth: () => depth });

describe('picturePrinter', () => {
  it.each([
    ['kitty', { TERM: 'xterm-kitty' }, printKittyImage],
    ['Ghostty', { TERM_PROGRAM: 'ghostty', TERM: 'xterm-ghostty' }, printKittyImage],
    ['iTerm2', { TERM_PROGRAM: 'iTerm.app', TERM: 'xterm-256color' }, printItermImage],
    ['foot', { TERM: 'foot' }, printSixels],
  ])('knows %s', (_, env, printer) => {
    expect(picturePrinter(env, terminal(24))).toBe(printer);
  });

  it('takes characters elsewhere, also behind a multiplexer', () => {
    const tmux = { TERM: 'tmux-256color', TERM_PROGRAM: 'iTerm.app', TMUX: '/tmp/tmux' };
    expect(picturePrinter(tmux, terminal(24))!(flag)).toBe(
      '\u001b[38;2;255;0;0;48;2;0;0;255m▀'.repeat(2) + '\u001b[0m',
    );
    expect(picturePrinter({ TERM: 'xterm-256color' }, terminal(8))!(flag)).toBe(
      '\u001b[38;5;196;48;5;21m▀'.repeat(2) + '\u001b[0m',
    );
  });

  it('shows nothing where there is no terminal or no colour', () => {
    expect(picturePrinter({ TERM: 'xterm-kitty' }, { isTTY: false })).toBeUndefined();
    expect(picturePrinter({ TERM: 'xterm' }, terminal(4))).toBeUndefined();
    expect(picturePrinter({ TERM: 'xterm-256color', NO_COLOR: '1' }, terminal(24))).toBeUndefined();
    expect(picturePrinter({ TERM: 'dumb' }, terminal(24))).toBeUndefined();
  });
});

it('shrinks by the mean of the pixels and leaves small pictures alone', () => {
  expect(shrink(flag, 2)).toMatchObject({ width: 2, height: 2, pixels: flag.pixels });
  expect(shrink(flag, 1)).toEqual({ width: 1, height: 1, pixels: Uint8Array.of(128, 0, 128) });
  const wide = { width: 5, height: 1, pixels: Uint8Array.from({ length: 15 }, (_, i) => Math.floor(i / 3) * 10) };
  expect([...shrink(wide, 2).pixels]).toEqual([10, 10, 10, 30, 30, 30]);
});

it('fills the last half row of a picture with an odd height', () => {
  const odd = { width: 1, height: 1, pixels: Uint8Array.of(1, 2, 3) };
  expect(printHalfBlocks(odd, 64, true)).toBe('\u001b[38;2;1;2;3;48;2;1;2;3m▀\u001b[0m');
});

it('sends raw pixels to kitty in pieces of 4096 characters', () => {
  const pixels = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => i);
  const pieces = printKittyImage({ width: 64, height: 64, pixels }).split('\u001b_G').slice(1);
  expect(pieces).toHaveLength(4);
  expect(pieces[0]).toMatch(/^a=T,f=24,s=64,v=64,c=32,m=1;/);
  expect(pieces.at(-1)).toMatch(/^m=0;/);
  const data = pieces.map((piece) => /;(.*)\u001b\\$/.exec(piece)![1]!);
  expect(data.every((piece) => piece.length <= 4096)).toBe(true);
  expect(Buffer.from(data.join(''), 'base64').equals(pixels)).toBe(true);
});

it('sends the file to iTerm2', () => {
  expect(printItermImage(flag)).toBe('\u001b]1337;File=inline=1;size=3;width=32:AQID\u0007');
});

it('draws sixels that show the picture again', () => {
  const printed = printSixels(flag);
  const [, header, body] = /^\u001bPq"1;1;(\d+;\d+)((?:.|\n)*)\u001b\\$/.exec(printed)!;
  expect(header).toBe('400;400');
  const bands = body!.replace(/^(?:#\d+;2;\d+;\d+;\d+)+/, '').split('-');
  expect(bands).toHaveLength(Math.ceil(400 / 6));
  // The upper half is red (5·36), the lower blue (5); no dithering where a colour is one of the palette's.
  expect(bands[0]).toBe('#180!400~');
  expect(bands.at(-1)).toBe(`#5!400${String.fromCharCode(63 + 0b1111)}`);
  expect(body).toContain('#180;2;100;0;0');
});
