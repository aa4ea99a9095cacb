import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharedData } from '../../../../../tests/shared-data.ts';
import { clipMerges } from './clip-merges.ts';
import { createClipTokenizer } from './clip.ts';
import { unescapeHtml } from './html-entities.ts';
import { htmlEntityNames } from './html-entity-names.ts';

const fixture = new URL('../../../../../tests/fixtures/text/clip-tokens.json', import.meta.url);
const recorded = JSON.parse(readFileSync(fixture, 'utf8')) as { entitiesSha256: string; cases: [string, number[]][] };

const tokenizer = createClipTokenizer();

describe('createClipTokenizer', () => {
  it('has the published merges', () => {
    const published = gunzipSync(readFileSync(sharedData('tokenizers/bpe_simple_vocab_16e6.txt.gz'))).toString('utf8');
    const merges = clipMerges.split('\n');
    expect(merges.length).toBe(49_408 - 2 * 256 - 2);
    expect(merges).toEqual(published.split('\n').slice(1, merges.length + 1));
  });

  it('gives the ids of the original for texts of every kind', () => {
    expect(recorded.cases.length).toBeGreaterThan(600);
    const wrong = recorded.cases.filter(
      ([text, ids]) => JSON.stringify(tokenizer.encode(text)) !== JSON.stringify(ids),
    );
    expect(wrong).toEqual([]);
  });

  it('GEN-15: danbooru tags, trigger words and comma lists become tokens, commas alone', () => {
    expect(tokenizer.encode('1girl, white hair')).toEqual([272, 1611, 267, 1579, 2225]);
    const trigger = tokenizer.encode('nvinkpunk');
    expect(tokenizer.encode('NvinkPunk')).toEqual(trigger);
    expect(tokenizer.encode('a nvinkpunk, cat')).toEqual([320, ...trigger, 267, 2368]);
    expect(tokenizer.encode(',')).toEqual([tokenizer.commaId]);
  });

  it('knows its special tokens and pads with the end', () => {
    expect(tokenizer.encode('a<|endoftext|> <|STARTOFTEXT|>')).toEqual([320, tokenizer.endId, tokenizer.startId]);
    expect(tokenizer.padId).toBe(tokenizer.endId);
  });

  it('decodes every HTML entity as the original', () => {
    const names = htmlEntityNames.split(' ').map((entry) => entry.split(':')[0] ?? '');
    const lines = names.map(
      (name) => `${name} ${unescapeHtml(`&${name};`)} ${unescapeHtml(`&${name.toUpperCase()};`)}\n`,
    );
    expect(createHash('sha256').update(lines.join('')).digest('hex')).toBe(recorded.entitiesSha256);
  });

  it('never throws and stays in its vocabulary, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        for (const id of tokenizer.encode(text)) expect(id >= 0 && id <= 49_407).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives words the same ids wherever they stand', () => {
    const once = tokenizer.encode('masterpiece, (best quality) 😀 ');
    const often = tokenizer.encode('masterpiece, (best quality) 😀 '.repeat(3000));
    expect(often).toEqual(Array.from({ length: 3000 }, () => once).flat());
  });

  it.each([
    ['one word', 'abcdefghij'.repeat(10_000)],
    ['one letter', 'a'.repeat(100_000)],
    ['text read with a wrong encoding', 'Ã©'.repeat(50_000)],
    ['entities', '&amp;'.repeat(20_000)],
    ['white space', ' '.repeat(100_000)],
    ['emoji', '😀'.repeat(50_000)],
  ])('reads 100,000 characters of %s', (_, text) => {
    expect(tokenizer.encode(text).every((id) => id >= 0 && id <= 49_407)).toBe(true);
  });
});
