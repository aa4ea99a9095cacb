import { expect, it } from 'vitest';
import { wrapText } from './wrap-text.ts';

it.each([
  ['a fox in the snow', 8, 'a fox in\nthe snow'],
  ['  a fox', 20, '  a fox'],
  ['extraordinary fox', 5, 'extraordinary\nfox'],
  ['第一张图的种子', 8, '第一张图\n的种子'],
  ['采样器，如 "Euler a"；可重复', 10, '采样器，如\n"Euler\na"；可重复'],
  ['文本编码器（最后一层）', 12, '文本编码器\n（最后一层）'],
  ['宽八列，', 6, '宽八\n列，'],
  ['one\n\ntwo', 10, 'one\n\ntwo'],
])('%j in %i columns', (text, columns, wrapped) => {
  expect(wrapText(text, columns)).toBe(wrapped);
});
