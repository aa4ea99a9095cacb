import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharedData } from '../../../../../tests/shared-data.ts';
import { splitComposition } from './composition.ts';
import { isBreak, parseEmphasis } from './emphasis.ts';

const fixture = new URL('../../../../../tests/fixtures/prompt/emphasis.json', import.meta.url);
type Weighted = [text: string, weight: number][];
const recorded = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: [string, Weighted, Weighted][] };

const weighted = (prompt: string): Weighted => parseEmphasis(prompt).segments.map(({ text, weight }) => [text, weight]);
const codes = (prompt: string): string[] => parseEmphasis(prompt).notes.map(({ code }) => code);

/** The known answers of A1111's prompt_parser. */
const knownAnswers: [string, Weighted][] = [
  ['normal text', [['normal text', 1.0]]],
  [
    'an (important) word',
    [
      ['an ', 1.0],
      ['important', 1.1],
      [' word', 1.0],
    ],
  ],
  ['(unbalanced', [['unbalanced', 1.1]]],
  ['\\(literal\\]', [['(literal]', 1.0]]],
  ['(unnecessary)(parens)', [['unnecessaryparens', 1.1]]],
  [
    'a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).',
    [
      ['a ', 1.0],
      ['house', 1.5730000000000004],
      [' ', 1.1],
      ['on', 1.0],
      [' a ', 1.1],
      ['hill', 0.55],
      [', sun, ', 1.1],
      ['sky', 1.4641000000000006],
      ['.', 1.1],
    ],
  ],
];

describe('parseEmphasis', () => {
  it.each(knownAnswers)('PR-05: known answer: %s', (prompt, expected) => {
    expect(weighted(prompt)).toEqual(expected);
  });

  it('PR-05: weights of groups, in lists and inside a group', () => {
    expect(weighted('(worst quality:1.4)')).toEqual([['worst quality', 1.4]]);
    expect(weighted('(bad quality, worst quality:1.4)')).toEqual([['bad quality, worst quality', 1.4]]);
    expect(weighted('(sharp, hires:1.2)')).toEqual([['sharp, hires', 1.2]]);
    expect(weighted('hires:1.2')).toEqual([['hires:1.2', 1]]);
  });

  it('PR-05: agrees with regular expressions and arithmetic of Python', () => {
    expect(recorded.cases.length).toBeGreaterThan(500);
    const wrong = recorded.cases.filter(
      ([prompt, expected]) => JSON.stringify(weighted(prompt)) !== JSON.stringify(expected),
    );
    expect(wrong).toEqual([]);
  });

  it('PR-05: reads the prompts of recorded runs into the pieces that they were run with', () => {
    type Run = { prompt: string; pieces: Weighted; negative: string; negativePieces: Weighted };
    const runs = JSON.parse(readFileSync(sharedData('oracle/runs.json'), 'utf8')) as Run[];
    expect(runs.length).toBeGreaterThan(10);
    for (const { prompt, pieces, negative, negativePieces } of runs) {
      expect([weighted(prompt), weighted(negative)]).toEqual([pieces, negativePieces]);
    }
  });

  it('PR-05: BREAK ends a chunk outside brackets only, and says so', () => {
    expect(parseEmphasis('a BREAK b').segments.map(isBreak)).toEqual([false, true, false]);
    expect(weighted('a  BREAK\n b')).toEqual([
      ['a', 1],
      ['BREAK', -1],
      ['b', 1],
    ]);
    expect(weighted('BREAKFAST, break')).toEqual([['BREAKFAST, break', 1]]);
    expect(weighted('(a BREAK b)')).toEqual([
      ['a', 1.1],
      ['BREAK', -1.1],
      ['b', 1.1],
    ]);
    expect(codes('(a BREAK b)')).toEqual(['break-in-brackets']);
    expect(codes('(a) BREAK b')).toEqual([]);
  });

  it('PR-05: a weight that is no number is reported and stays visible', () => {
    expect(weighted('(a:1.2.3) b')).toEqual([
      ['a:1.2.3', 1.1],
      [' b', 1],
    ]);
    expect(codes('(a:1.2.3) b')).toEqual(['weight-not-a-number']);
    expect(weighted(`(a:${'9'.repeat(400)})`)).toEqual([[`a:${'9'.repeat(400)}`, 1.1]]);
  });

  it('never throws, loses no plain text and keeps weights finite, whatever the text', () => {
    const piece = fc.oneof(
      fc.constantFrom('(', ')', '[', ']', ':', ':1.3)', '\\', 'BREAK', ' '),
      fc.string({ unit: 'binary' }),
    );
    const prompts = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(prompts, (prompt) => {
        const { segments } = parseEmphasis(prompt);
        expect(segments.length).toBeGreaterThan(0);
        for (const { weight } of segments) expect(Number.isFinite(weight)).toBe(true);
        const letters = (text: string): string => text.replaceAll(/[^\p{L}]/gu, '');
        expect(letters(segments.map(({ text }) => text).join(''))).toBe(letters(prompt));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['brackets never closed', '('.repeat(50_000), ['nesting-too-deep']],
    ['brackets nested deeply', '('.repeat(50_000) + ')'.repeat(50_000), ['nesting-too-deep']],
    ['text at every depth', '(a'.repeat(50_000), ['nesting-too-deep']],
    ['two kinds of brackets at every depth', '([a'.repeat(33_000), ['nesting-too-deep']],
    ['white space', ' '.repeat(100_000), []],
    ['weights without brackets', ':1.1)'.repeat(20_000), []],
    ['colons and white space', (':' + ' '.repeat(99)).repeat(1000), []],
    ['breaks', ' BREAK'.repeat(16_000), []],
  ])('reads 100,000 characters of %s', (_, prompt, expected) => {
    const { segments, notes } = parseEmphasis(prompt);
    expect(notes.map(({ code }) => code)).toEqual(expected);
    expect(segments.every(({ weight }) => Number.isFinite(weight))).toBe(true);
  });
});

describe('splitComposition', () => {
  it('PR-05: AND splits whole words in capitals and takes weights', () => {
    expect(splitComposition('a cat :1.2 AND a dog AND a penguin: 2.2 ')).toEqual([
      { text: 'a cat', weight: 1.2 },
      { text: ' a dog', weight: 1 },
      { text: ' a penguin', weight: 2.2 },
    ]);
    expect(splitComposition('BAND and SAND')).toEqual([{ text: 'BAND and SAND', weight: 1 }]);
  });

  it('PR-07: OR is plain text', () => {
    expect(splitComposition('isometric OR hexagon')).toEqual([{ text: 'isometric OR hexagon', weight: 1 }]);
    expect(weighted('isometric OR hexagon')).toEqual([['isometric OR hexagon', 1]]);
  });

  it('agrees with regular expressions of Python', () => {
    const wrong = recorded.cases.filter(([prompt, , expected]) => {
      const own = splitComposition(prompt).map(({ text, weight }) => [text, weight]);
      return JSON.stringify(own) !== JSON.stringify(expected);
    });
    expect(wrong).toEqual([]);
  });

  it('reads 100,000 characters', () => {
    expect(splitComposition(' '.repeat(100_000))).toEqual([{ text: '', weight: 1 }]);
    expect(splitComposition(`a ${':'.repeat(50_000)} AND b`).length).toBe(2);
  });
});
