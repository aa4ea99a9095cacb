import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { drawText } from './draw-text.ts';

const fontsFile = fileURLToPath(new URL('../../../studio/assets/fonts/fonts.conf', import.meta.url));
const draw = (text: string, maxWidthPixels = 400) => drawText(text, { sizePixels: 20, maxWidthPixels, fontsFile });

it('draws Latin and Chinese letters in black on white, whatever fonts the machine has', async () => {
  const [fox, owl] = await Promise.all([draw('CFG 狐'), draw('CFG 鸮')]);
  expect(fox).toMatchObject({ channels: 3 });
  expect(fox!.width).toBeGreaterThan(40);
  expect(fox!.height).toBeLessThan(30);
  expect([Math.min(...fox!.data), Math.max(...fox!.data)]).toEqual([0, 255]);
  // Where a font lacks them, both are the same box with a number.
  const [one, other] = await Promise.all([draw('狐'), draw('狸')]);
  expect(Buffer.from(one!.data).equals(other!.data)).toBe(false);
  // A sign of the font that is brought along is a square as wide as its size; a box of another font is not.
  expect(Math.abs(one!.width - 20)).toBeLessThanOrEqual(3);
  expect(owl).toBeDefined();
});

it('breaks lines at the width, also within a word', async () => {
  const long = await draw('v1-5-pruned-emaonly_with_a_very_long_name.safetensors', 100);
  expect(long!.width).toBeLessThanOrEqual(100);
  expect(long!.height).toBeGreaterThan(40);
});

it('takes signs of markup as they are, and nothing for nothing', async () => {
  const plain = await draw('<lora:a:1> & <b>');
  expect(plain!.width).toBeGreaterThan(100);
  expect(await draw(' ')).toBeUndefined();
});
