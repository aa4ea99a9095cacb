import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOpenClipTokenizer } from './open-clip.ts';

const fixture = new URL('../../../../../tests/fixtures/text/open-clip-tokens.json', import.meta.url);
const recorded = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: [string, number[]][] };

const tokenizer = createOpenClipTokenizer();

describe('createOpenClipTokenizer', () => {
  it('gives the ids of the original for texts of every kind', () => {
    expect(recorded.cases.length).toBeGreaterThan(600);
    const wrong = recorded.cases.filter(
      ([text, ids]) => JSON.stringify(tokenizer.encode(text)) !== JSON.stringify(ids),
    );
    expect(wrong).toEqual([]);
  });

  it('knows its special tokens and pads with zeros', () => {
    expect(tokenizer.encode('a<end_of_text> <START_OF_TEXT>')).toEqual([320, tokenizer.endId, tokenizer.startId]);
    expect(tokenizer.encode('<|endoftext|>')).not.toContain(tokenizer.endId);
    expect(tokenizer.padId).toBe(0);
    expect(tokenizer.encode(',')).toEqual([tokenizer.commaId]);
  });

  it('never throws and stays in its vocabulary, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        for (const id of tokenizer.encode(text)) expect(id >= 0 && id <= 49_407).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
