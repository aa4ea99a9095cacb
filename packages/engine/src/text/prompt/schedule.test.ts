import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEmphasis } from './emphasis.ts';
import { entryIndexAtStep, schedulePrompt } from './schedule.ts';
import type { ScheduleSpan } from './schedule.ts';

const fixture = new URL('../../../../../tests/fixtures/prompt/schedules.json', import.meta.url);
const recorded = JSON.parse(readFileSync(fixture, 'utf8')) as {
  cases: ({ prompt: string; readings: [number, string][][] } & ScheduleSpan)[];
};

const unrolled = (text: string, span: ScheduleSpan): [number, string][] =>
  schedulePrompt(text, span).entries.map(({ endStep, text: at }) => [endStep, at]);

const cycled = (steps: number, ...texts: string[]): [number, string][] =>
  Array.from({ length: steps }, (_, i) => [i + 1, texts[i % texts.length] ?? '']);

/** The known answers of A1111's prompt_parser, at 10 steps. */
const firstPass: [string, [number, string][]][] = [
  ['test', [[10, 'test']]],
  [
    'a [b:3]',
    [
      [3, 'a '],
      [10, 'a b'],
    ],
  ],
  [
    'a [b: 3]',
    [
      [3, 'a '],
      [10, 'a b'],
    ],
  ],
  [
    'a [[[b]]:2]',
    [
      [2, 'a '],
      [10, 'a [[b]]'],
    ],
  ],
  [
    '[(a:2):3]',
    [
      [3, ''],
      [10, '(a:2)'],
    ],
  ],
  [
    'a [b : c : 1] d',
    [
      [1, 'a b  d'],
      [10, 'a  c  d'],
    ],
  ],
  [
    'a[b:[c:d:2]:1]e',
    [
      [1, 'abe'],
      [2, 'ace'],
      [10, 'ade'],
    ],
  ],
  ['a [unbalanced', [[10, 'a [unbalanced']]],
  [
    'a [b:.5] c',
    [
      [5, 'a  c'],
      [10, 'a b c'],
    ],
  ],
  [
    'a [{b|d{:.5] c',
    [
      [5, 'a  c'],
      [10, 'a {b|d{ c'],
    ],
  ],
  [
    '((a][:b:c [d:3]',
    [
      [3, '((a][:b:c '],
      [10, '((a][:b:c d'],
    ],
  ],
  ['[a|(b:1.1)]', cycled(10, 'a', '(b:1.1)')],
  ['[fe|]male', cycled(10, 'female', 'male')],
  ['[fe|||]male', cycled(10, 'female', 'male', 'male', 'male')],
];

describe('schedulePrompt', () => {
  it.each(firstPass)('PR-06: known answer of the first pass: %s', (prompt, expected) => {
    expect(unrolled(prompt, { steps: 10 })).toEqual(expected);
  });

  it('PR-06: known answers of the second pass', () => {
    const span = { steps: 10, hiresSteps: 10 };
    expect(unrolled('a [b:.5] c', span)).toEqual([[10, 'a b c']]);
    expect(unrolled('a [b:1.5] c', span)).toEqual([
      [5, 'a  c'],
      [10, 'a b c'],
    ]);
  });

  it('PR-06: [(white background:1.5)::5] is present until step 5, then removed', () => {
    const { entries } = schedulePrompt('[(white background:1.5)::5]', { steps: 20 });
    expect(entries).toEqual([
      { endStep: 5, text: '(white background:1.5)' },
      { endStep: 20, text: '' },
    ]);
    expect(parseEmphasis(entries[0]?.text ?? '').segments).toEqual([{ text: 'white background', weight: 1.5 }]);
    const at = (step: number): string | undefined => entries[entryIndexAtStep(entries, step)]?.text;
    expect([0, 5, 6, 19, 20].map(at)).toEqual(['(white background:1.5)', '(white background:1.5)', '', '', '']);
  });

  it('PR-06: agrees with an Earley parser of the language, and takes one of its readings where it wavers', () => {
    expect(recorded.cases.length).toBe(900);
    const differing = recorded.cases.filter(({ prompt, readings, ...span }) => {
      const own = JSON.stringify(unrolled(prompt, span));
      return !readings.some((reading) => JSON.stringify(reading) === own);
    });
    const withBars = differing.filter(({ prompt, ...span }) =>
      schedulePrompt(prompt, span).notes.some(({ code }) => code === 'bar-in-schedule'),
    );
    expect(differing).toEqual(withBars);
    expect(withBars.length).toBeLessThan(20);
    // The parser gives up on these, which its known answer above contradicts.
    for (const { prompt, readings } of withBars) expect(readings.map((reading) => reading[0]?.[1])).toEqual([prompt]);
  });

  it('says so when a prompt is read literally or around a stray bracket', () => {
    expect(schedulePrompt('a | b [c:3]', { steps: 10 })).toEqual({
      entries: [{ endStep: 10, text: 'a | b [c:3]' }],
      notes: [{ code: 'read-literally', message: expect.stringContaining('"|"') }],
    });
    expect(schedulePrompt(') [c:3]', { steps: 10 }).notes.map(({ code }) => code)).toEqual(['stray-bracket']);
    expect(schedulePrompt('a [c:3] (d)', { steps: 10 }).notes).toEqual([]);
  });

  it('falls back to the first entry after the last step', () => {
    expect(entryIndexAtStep([{ endStep: 3 }, { endStep: 10 }], 11)).toBe(0);
  });

  it('never throws and ends with the last step, whatever the text', () => {
    const piece = fc.oneof(
      fc.constantFrom('[', ']', '(', ')', ':', '|', '\\', '3', '.5', ' ', '\n', 'AND'),
      fc.string({ unit: 'binary' }),
    );
    const prompts = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    const span = fc.record({ steps: fc.integer({ min: 1, max: 30 }), useOldScheduling: fc.boolean() });
    fc.assert(
      fc.property(prompts, span, (prompt, { steps, useOldScheduling }) => {
        const { entries } = schedulePrompt(prompt, { steps, useOldScheduling });
        expect(entries.at(-1)?.endStep).toBe(steps);
        const ends = entries.map(({ endStep }) => endStep);
        expect(ends).toEqual([...new Set(ends)].sort((a, b) => a - b));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['brackets never closed', '['.repeat(50_000)],
    ['brackets nested deeply', '['.repeat(50_000) + ']'.repeat(50_000)],
    ['schedules nested deeply', '[a:'.repeat(20_000) + 'b' + ':3]'.repeat(20_000)],
    ['alternatives nested deeply', '[a|'.repeat(30_000) + ']'.repeat(30_000)],
    ['schedules side by side', '[a:b:3]'.repeat(14_000)],
    ['colons', ':'.repeat(100_000)],
    ['openings of every kind', '[(:'.repeat(33_000)],
    ['white space', '[a:' + ' '.repeat(99_000) + ']'],
  ])('reads 100,000 characters of %s', (_, prompt) => {
    expect(schedulePrompt(prompt, { steps: 20 }).entries.at(-1)?.endStep).toBe(20);
  });
});
