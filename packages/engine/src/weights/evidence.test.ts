import { describe, expect, it } from 'vitest';
import { indexOfShapes, type HeaderParts } from '../../../../tests/examples/example.ts';
import { type Condition, fileName, firstLike, holds, tensorsBelow } from './evidence.ts';

const shapes = { 'b.weight': [4, 9, 3, 3], 'a.0.weight': [8], 'a.1.bias': [8, 2], 'a.10.weight': [5] };
const index = (parts: HeaderParts = {}, name = 'folder/model.pt') => indexOfShapes(name, shapes, parts);
const is = (condition: Condition, parts: HeaderParts = {}, name?: string): boolean =>
  holds(condition, index(parts, name));

describe('a condition on a header', () => {
  it.each<[boolean, Condition]>([
    [true, { has: 'b.weight' }],
    [false, { has: 'b' }],
    [true, { has: 'b.weight', rank: 4 }],
    [false, { has: 'b.weight', rank: 2 }],
    [true, { has: 'b.weight', sizes: { 1: 9, 0: 4 } }],
    [false, { has: 'b.weight', sizes: { 1: 4 } }],
    [false, { has: 'b.weight', sizes: { 7: 4 } }],
    [true, { has: 'a.*' }],
    [true, { has: 'a.*.bias' }],
    [true, { has: '*.bias' }],
    [true, { has: '*' }],
    [true, { has: 'a.*.we*ht' }],
    [false, { has: 'a.*.bias*x' }],
    [false, { has: 'a.1.bias.*' }],
    // The pieces of a pattern do not overlap.
    [false, { has: 'a.1.bi*ias' }],
    [true, { lacks: 'c.*' }],
    [false, { lacks: 'a.*' }],
    [true, { anyOf: [{ has: 'c' }, { has: 'b.weight' }] }],
    [false, { anyOf: [] }],
    [true, { allOf: [{ has: 'a.*' }, { lacks: 'c' }] }],
    [false, { allOf: [{ has: 'a.*' }, { has: 'c' }] }],
    [true, { tensors: [4, 4] }],
    [false, { tensors: [5, 9] }],
    [true, { flat: 4 }],
    [false, { flat: 3 }],
    [true, { named: /^model\.pt$/ }],
    [false, { named: /folder/ }],
    [false, { extra: 'step' }],
    [false, { note: 'kind', like: /./ }],
  ])('%s: %j', (holding, condition) => {
    expect(is(condition)).toBe(holding);
  });

  it('asks what stands beside tensors, and the notes', () => {
    expect(is({ extra: 'step' }, { extras: new Map([['step', 5]]) })).toBe(true);
    expect(is({ note: 'kind', like: /^lo/ }, { metadata: { kind: 'lora' } })).toBe(true);
    expect(is({ named: /^x$/ }, {}, 'C:\\models\\x')).toBe(true);
  });
});

describe('firstLike', () => {
  it('answers the tensor whose name comes first, and remembers what it found', () => {
    const header = index();
    expect(firstLike(header, 'a.*.weight')!.name).toBe('a.0.weight');
    expect(firstLike(header, 'a.*.weight')!.name).toBe('a.0.weight');
    expect(firstLike(header, '*')!.name).toBe('a.0.weight');
    expect(firstLike(header, 'z*')).toBeUndefined();
    expect(firstLike(header, 'z*')).toBeUndefined();
  });
});

describe('tensorsBelow', () => {
  it('answers all whose names begin so, in the order of their names', () => {
    expect(tensorsBelow(index(), 'a.1').map(({ name }) => name)).toEqual(['a.1.bias', 'a.10.weight']);
    expect(tensorsBelow(index(), '')).toHaveLength(4);
    expect(tensorsBelow(index(), 'b.weight.')).toEqual([]);
  });
});

it('fileName takes folders of either system away', () => {
  expect([fileName('/a/b.pt'), fileName('C:\\a\\b.pt'), fileName('b.pt'), fileName('')]).toEqual([
    'b.pt',
    'b.pt',
    'b.pt',
    '',
  ]);
});
