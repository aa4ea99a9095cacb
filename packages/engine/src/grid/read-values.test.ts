import { describe, expect, it } from 'vitest';
import { permutations, readNumbers, splitOutsideQuotes, splitValues } from './read-values.ts';

describe('values of an axis', () => {
  it.each([
    ['a,b , c', ['a', 'b', 'c']],
    ['"a, b",c', ['a, b', 'c']],
    ['"say ""hi"", fox", owl', ['say "hi", fox', 'owl']],
    ['cat,,dog', ['cat', '', 'dog']],
    ['7" disc,x', ['7" disc', 'x']],
    ['one\ntwo', ['one', 'two']],
    ['"<lora:a:1>; b"', ['<lora:a:1>; b']],
    ['狐狸，猫,狗', ['狐狸，猫', '狗']],
  ])('GEN-04: %s is split as A1111 splits it', (text, values) => {
    expect(splitValues(text)).toEqual(values);
  });

  it('separators in quotes separate nothing', () => {
    expect(splitOutsideQuotes('sr="a;b",c;cfg=1', /;/)).toEqual(['sr="a;b",c', 'cfg=1']);
    expect(splitOutsideQuotes('sr="x=y";', /;/)).toEqual(['sr="x=y"', '']);
  });
});

describe('ranges', () => {
  // The examples of A1111's manual.
  it.each([
    ['1-5', [1, 2, 3, 4, 5]],
    ['1-5 (+2)', [1, 3, 5]],
    ['10-5 (-3)', [10, 7]],
    ['1-10 [5]', [1, 3, 5, 7, 10]],
    ['-2-1', [-2, -1, 0, 1]],
    ['7', [7]],
    // Both ends, where A1111 leaves out the last two.
    ['3-1 (-1)', [3, 2, 1]],
  ])('GEN-04: %s in whole numbers', (text, numbers) => {
    expect(readNumbers([text], true, 'x')).toEqual(numbers);
  });

  it.each([
    ['1-3 (+0.5)', [1, 1.5, 2, 2.5, 3]],
    ['0.0-1.0 [6]', [0, 0.2, 0.4, 0.6, 0.8, 1]],
    ['0-0.3 (+0.1)', [0, 0.1, 0.2, 0.3]],
    // Nothing beyond the end.
    ['0-1 (+0.3)', [0, 0.3, 0.6, 0.9]],
    ['.5', [0.5]],
    ['-1.5', [-1.5]],
    ['-1--0.5 (+0.25)', [-1, -0.75, -0.5]],
  ])('GEN-04: %s in fractions', (text, numbers) => {
    expect(readNumbers([text], false, 'x')).toEqual(numbers);
  });

  it('mixes ranges and single numbers, and leaves out what is empty', () => {
    expect(readNumbers(['1-2', '', '9'], true, 'x')).toEqual([1, 2, 9]);
  });

  it.each(['1.5', 'many', '1-5 (+0)', '5-1', '1-5 (-1)', '1-3 (+0.5)', '1e9-2', '0-99999999', '1-2 [99999999]'])(
    'refuses %s in whole numbers',
    (text) => {
      expect(() => readNumbers([text], true, 'grid › Steps')).toThrow(/^grid › Steps: expected .* found "/);
    },
  );
});

it('permutations come in the order of Python', () => {
  expect(permutations(['a', 'b', 'c']).map((order) => order.join(''))).toEqual([
    'abc',
    'acb',
    'bac',
    'bca',
    'cab',
    'cba',
  ]);
});
