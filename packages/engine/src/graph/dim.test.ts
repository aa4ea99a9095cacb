import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addDims,
  type Dim,
  equalDims,
  evaluateDim,
  floorDivideDim,
  foldDim,
  multiplyDims,
  showDim,
  showShape,
  subtractDims,
  symbol,
  symbolsOf,
} from './dim.ts';

const [h, w] = [symbol('h'), symbol('w')];

type Sizes = Record<string, number>;

/** A random expression as a dimension, beside what it comes to by plain integer arithmetic. */
const { expression } = fc.letrec<{ expression: (sizes: Sizes) => readonly [Dim, number] }>((tie) => {
  const two = fc.tuple(tie('expression'), tie('expression'));
  return {
    expression: fc.oneof(
      { maxDepth: 3 },
      fc.integer({ min: -9, max: 9 }).map((n) => () => [n, n] as const),
      fc.constantFrom('h', 'w', 'n').map((name) => (sizes: Sizes) => [symbol(name), sizes[name]!] as const),
      two.map(
        ([a, b]) =>
          (sizes: Sizes) =>
            combine(addDims, (x, y) => x + y, a(sizes), b(sizes)),
      ),
      two.map(
        ([a, b]) =>
          (sizes: Sizes) =>
            combine(subtractDims, (x, y) => x - y, a(sizes), b(sizes)),
      ),
      two.map(
        ([a, b]) =>
          (sizes: Sizes) =>
            combine(multiplyDims, (x, y) => x * y, a(sizes), b(sizes)),
      ),
      fc.tuple(tie('expression'), fc.integer({ min: 1, max: 8 })).map(([a, by]) => (sizes: Sizes) => {
        const [dim, value] = a(sizes);
        return [floorDivideDim(dim, by), Math.floor(value / by)] as const;
      }),
    ),
  };
});

type Pair = readonly [Dim, number];
const combine = (dims: (a: Dim, b: Dim) => Dim, numbers: (a: number, b: number) => number, a: Pair, b: Pair): Pair => [
  dims(a[0], b[0]),
  numbers(a[1], b[1]),
];

describe('dimensions', () => {
  it('come to what integer arithmetic comes to', () => {
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(expression, fc.record({ h: size, w: size, n: size }), (make, sizes) => {
        const [dim, value] = make(sizes);
        const bindings = new Map(Object.entries(sizes));
        // -0 and 0 are one size.
        expect(evaluateDim(dim, bindings) + 0).toBe(value + 0);
        const rebuilt = foldDim<Dim>(dim, {
          number: (n) => n,
          symbol,
          add: addDims,
          multiply: multiplyDims,
          floorDivide: floorDivideDim,
        });
        expect(equalDims(rebuilt, dim)).toBe(true);
        expect(symbolsOf(dim).every((name) => name in sizes)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('have one text for one size, however it was written', () => {
    expect(showDim(addDims(multiplyDims(w, 2), addDims(h, 1)))).toBe('h+2*w+1');
    expect(equalDims(multiplyDims(addDims(h, 1), addDims(h, -1)), addDims(multiplyDims(h, h), -1))).toBe(true);
    expect(subtractDims(addDims(h, 8), h)).toBe(8);
    expect(multiplyDims(h, 0)).toBe(0);
    expect(showShape([1, h, multiplyDims(h, w)])).toBe('[1, h, h*w]');
  });

  it('takes exact parts out of a division', () => {
    expect(showDim(floorDivideDim(addDims(multiplyDims(h, 4), 3), 2))).toBe('2*h+1');
    expect(showDim(floorDivideDim(addDims(h, 5), 2))).toBe('floor((h+1)/2)+2');
    expect(equalDims(addDims(floorDivideDim(addDims(h, -1), 2), 1), floorDivideDim(addDims(h, 1), 2))).toBe(true);
    expect(equalDims(floorDivideDim(multiplyDims(h, 8), 8), h)).toBe(true);
  });

  it('needs a size for every symbol', () => {
    expect(() => evaluateDim(addDims(h, w), new Map([['h', 1]]))).toThrow('dimension w has no size');
    expect(symbolsOf(addDims(h, floorDivideDim(w, 2)))).toEqual(['w', 'h']);
  });
});
