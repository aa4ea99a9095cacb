import { expect, it } from 'vitest';
import { makeModel, modelOf, tensorOf } from '../../../../tests/made-files.ts';
import type { MadeTensor } from './formula.ts';
import { cutIntoPieces, PieceMaker, sourcesOf } from './make-piece.ts';

it('cuts a tensor into pieces that together are the whole', () => {
  const tensor: MadeTensor = {
    name: 'a',
    dtype: 'F16',
    shape: [1000],
    formula: { from: 'bytes', bytes: new Uint8Array(2000) },
  };
  const pieces = cutIntoPieces(tensor, 500);
  expect(pieces.map(({ start }) => start)).toEqual([0, 480, 960, 1440, 1920]);
  expect(pieces.at(-1)).toEqual({ start: 1920, length: 80 });
  expect(cutIntoPieces({ ...tensor, shape: [0] }, 500)).toEqual([]);
});

it('makes the same bytes in any pieces', async () => {
  const model = await modelOf('a', {
    a: tensorOf([999], (i) => Math.sin(i), 'F32'),
    b: tensorOf([999], (i) => i / 7, 'F16'),
  });
  const [a, b] = [model.index.tensors.get('a')!, model.index.tensors.get('b')!];
  const sum = {
    op: 'add',
    left: { op: 'tensor', operand: 0, dtype: 'F32' },
    right: { op: 'tensor', operand: 1, dtype: 'F16' },
  } as const;
  const tensors: MadeTensor[] = [
    { name: 'copy', dtype: 'F16', shape: [999], formula: { from: 'tensor', entry: b } },
    {
      name: 'sum',
      dtype: 'F8_E5M2',
      shape: [999],
      formula: { from: 'expression', expression: { op: 'store', dtype: 'F8_E5M2', of: sum }, operands: [a, b] },
    },
  ];
  const whole = await makeModel('whole', tensors, [model.source], new Map(), 'safetensors', 1 << 20);
  for (const pieceBytes of [1, 48, 100, 1000]) {
    const pieces = await makeModel('pieces', tensors, [model.source], new Map(), 'safetensors', pieceBytes);
    expect(Buffer.compare(pieces.bytes, whole.bytes)).toBe(0);
  }
});

it('counts what is no number in what it copies', async () => {
  const { index, source } = await modelOf('a', { a: tensorOf([6], [1, NaN, Infinity, 2, -Infinity, NaN]) });
  const entry = index.tensors.get('a')!;
  const tensor: MadeTensor = { ...entry, formula: { from: 'tensor', entry } };
  const [piece] = cutIntoPieces(tensor, 100);
  const [stretch] = sourcesOf(tensor, piece!);
  const bytes = await source.read(entry.offset + stretch!.start, stretch!.length);
  expect(new PieceMaker().make(tensor, piece!, [bytes], bytes)).toEqual({ saturated: 0, nan: 2, infinite: 2 });
});
