import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkPrompt } from './chunk-prompt.ts';
import type { Chunking, PromptChunk } from './chunk-prompt.ts';
import type { WordVectors } from './embeddings/embedding.ts';
import { matchWords } from './embeddings/word-matcher.ts';
import { promptDefaults } from './prompt-options.ts';
import { createClipTokenizer } from './tokenizers/clip.ts';
import { createOpenClipTokenizer } from './tokenizers/open-clip.ts';

const tokenizer = createClipTokenizer();
const { startId, endId, commaId } = tokenizer;
const idOf = (word: string): number => tokenizer.encode(word)[0]!;
const cat = idOf('cat');
const dog = idOf('dog');

const chunking: Chunking = { tokenizer, tokens: 77, options: promptDefaults };
const chunksOf = (text: string, changes: Partial<Chunking> = {}): PromptChunk[] =>
  chunkPrompt(text, { ...chunking, ...changes }).chunks;

/** The ids of each chunk without start, end and padding. */
const textIds = (chunks: readonly PromptChunk[]): number[][] =>
  chunks.map(({ ids }) => ids.slice(1, ids.indexOf(endId)));
const times = (count: number, ...ids: number[]): number[] => Array.from({ length: count }, () => ids).flat();

describe('chunkPrompt', () => {
  it('PR-05: a chunk is start, text, end and padding by end, with weights of 1 around the text', () => {
    const { chunks, tokenCount } = chunkPrompt('a (cat:1.3)', chunking);
    expect(chunks).toEqual([
      {
        ids: [startId, 320, cat, ...times(74, endId)],
        weights: [1, 1, 1.3, ...times(74, 1)],
        embeddings: [],
      },
    ]);
    expect(tokenCount).toBe(2);
    expect(chunksOf('')).toEqual([{ ids: [startId, ...times(76, endId)], weights: times(77, 1), embeddings: [] }]);
  });

  it('pads with an id of its own after the first end token where the encoder wants that', () => {
    const padded = chunksOf('cat', { tokenizer: createOpenClipTokenizer() })[0]!;
    expect(padded.ids).toEqual([startId, cat, endId, ...times(74, 0)]);
    const written = chunksOf('cat<end_of_text>dog', { tokenizer: createOpenClipTokenizer() })[0]!;
    expect(written.ids).toEqual([startId, cat, endId, ...times(74, 0)]);
  });

  it('begins a new chunk after 75 tokens', () => {
    expect(textIds(chunksOf('cat '.repeat(75)))).toEqual([times(75, cat)]);
    expect(textIds(chunksOf('cat '.repeat(76)))).toEqual([times(75, cat), [cat]]);
    expect(chunkPrompt('cat '.repeat(76), chunking).tokenCount).toBe(76);
  });

  it('GEN-15: moves what follows the last comma to the next chunk when the comma is near enough', () => {
    const afterComma = (before: number, after: number): string => `${'cat '.repeat(before)}, ${'dog '.repeat(after)}`;
    // 20 tokens back, the comma counted: moved. 21: not.
    expect(textIds(chunksOf(afterComma(55, 20)))).toEqual([[...times(55, cat), commaId], times(20, dog)]);
    expect(textIds(chunksOf(afterComma(55, 19)))).toEqual([[...times(55, cat), commaId, ...times(19, dog)]]);
    expect(textIds(chunksOf(afterComma(54, 21)))).toEqual([[...times(54, cat), commaId, ...times(20, dog)], [dog]]);
    expect(textIds(chunksOf(afterComma(74, 2)))).toEqual([[...times(74, cat), commaId], times(2, dog)]);
    const never = { options: { ...promptDefaults, commaPaddingBacktrack: 0 } };
    expect(textIds(chunksOf(afterComma(60, 15), never))).toEqual([
      [...times(60, cat), commaId, ...times(14, dog)],
      [dog],
    ]);
    const far = { options: { ...promptDefaults, commaPaddingBacktrack: 30 } };
    expect(textIds(chunksOf(afterComma(45, 30), far))).toEqual([[...times(45, cat), commaId], times(30, dog)]);
  });

  it('leaves the text alone when the comma itself comes after a full chunk', () => {
    const text = `${'cat, '.repeat(37)}dog, dog`;
    expect(textIds(chunksOf(text))).toEqual([
      [...times(37, cat, commaId), dog],
      [commaId, dog],
    ]);
  });

  it('keeps the weights with the tokens that move', () => {
    const [first, second] = chunksOf(`${'cat '.repeat(70)}, (dog:1.3) [dog] dog dog dog`);
    expect(first!.weights).toEqual(times(77, 1));
    expect(second!.weights.slice(0, 7)).toEqual([1, 1.3, 1 / 1.1, 1, 1, 1, 1]);
  });

  it('PR-05: BREAK ends a chunk, an empty one too', () => {
    expect(textIds(chunksOf('cat BREAK dog'))).toEqual([[cat], [dog]]);
    expect(textIds(chunksOf('BREAK cat BREAK BREAK dog BREAK'))).toEqual([[], [cat], [], [dog]]);
    expect(chunkPrompt('cat BREAK dog', chunking).tokenCount).toBe(76);
  });

  it('takes brackets and BREAK literally in the mode None', () => {
    const literal = { options: { ...promptDefaults, emphasis: 'None' as const } };
    const [chunk, ...others] = chunksOf('(cat:1.3) BREAK', literal);
    expect(others).toEqual([]);
    expect(textIds([chunk!])).toEqual([tokenizer.encode('(cat:1.3) break')]);
    expect(chunk!.weights).toEqual(times(77, 1));
  });

  describe('with embeddings', () => {
    const called = (name: string, count: number): { ids: number[]; value: WordVectors } => ({
      ids: tokenizer.encode(name),
      value: { name, identity: name, vectors: { shape: [count, 1], data: new Float32Array(count) } },
    });
    const embeddings = [called('cat', 1), called('Cat Dog', 3), called('EasyNegative', 8), called('huge', 90)];
    const matched = { findEmbedding: matchWords(embeddings) };
    const placed = (i: number, at: number, vectorCount = embeddings[i]!.value.vectors.shape[0]!) => ({
      embedding: embeddings[i]!.value,
      at,
      vectorCount,
    });

    it('PR-08: a name stands for its vectors, the longest name first', () => {
      const [chunk] = chunksOf('a (cat dog:1.2) cat', matched);
      expect(chunk!.embeddings).toEqual([placed(1, 2), placed(0, 5)]);
      expect(chunk!.ids.slice(0, 7)).toEqual([startId, 320, 0, 0, 0, 0, endId]);
      expect(chunk!.weights.slice(0, 7)).toEqual([1, 1, 1.2, 1.2, 1.2, 1, 1]);
    });

    it('PR-09: case does not matter', () => {
      for (const name of ['EASYNEGATIVE', 'easynegative', 'EasyNegative']) {
        expect(chunksOf(`${name}, bad`, matched)[0]!.embeddings).toEqual([placed(2, 1)]);
      }
    });

    it('is never split over chunks', () => {
      const [first, second] = chunksOf(`${'dog '.repeat(70)} easynegative dog`, matched);
      expect(textIds([first!])).toEqual([times(70, dog)]);
      expect(second!.embeddings).toEqual([placed(2, 1)]);
      expect(second!.ids.slice(0, 11)).toEqual([startId, ...times(8, 0), dog, endId]);
      const exact = chunksOf(`${'dog '.repeat(67)} easynegative`, matched);
      expect(exact.length).toBe(1);
    });

    it('moves with its tokens, and says so', () => {
      const { chunks, notes } = chunkPrompt(`${'dog '.repeat(60)}, dog easynegative dog dog dog dog dog dog`, {
        ...chunking,
        ...matched,
      });
      expect(chunks.map((chunk) => chunk.embeddings)).toEqual([[], [placed(2, 2)]]);
      expect(textIds(chunks)[0]).toEqual([...times(60, dog), commaId]);
      expect(notes.map(({ code }) => code)).toEqual(['embedding-moved']);
    });

    it('is cut where it is longer than a chunk, and says so', () => {
      const { chunks, notes } = chunkPrompt('dog huge dog', { ...chunking, ...matched });
      expect(chunks.map(({ ids }) => ids.length)).toEqual([77, 77, 77]);
      expect(chunks[1]!.embeddings).toEqual([placed(3, 1, 75)]);
      expect(notes.map(({ code }) => code)).toEqual(['embedding-cut']);
    });

    it('EM-01: a word whose embedding cannot be used is words, and says why', () => {
      const unusable = { ids: tokenizer.encode('cat dog'), value: { name: 'Cat Dog', why: 'it is for others' } };
      const { chunks, notes } = chunkPrompt('a CAT (dog:1.1), cat dog', {
        ...chunking,
        findUnusable: matchWords([unusable]),
      });
      expect(textIds(chunks)).toEqual([tokenizer.encode('a cat dog, cat dog')]);
      expect(notes).toEqual([
        { code: 'embedding-unusable', message: '"Cat Dog" is no more than its words here: it is for others.' },
      ]);
    });
  });

  it('keeps every token and fills every chunk, whatever the text', () => {
    const words = fc.constantFrom('cat', 'dog', ',', 'BREAK', '(', ')', '[', ':1.2)', '猫', '\\', 'xyzzy');
    const texts = fc.array(words, { maxLength: 400 }).map((parts) => parts.join(' '));
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 80 }), (text, commaPaddingBacktrack) => {
        const options = { ...promptDefaults, commaPaddingBacktrack };
        const chunks = chunksOf(text, { options });
        for (const { ids, weights } of chunks) expect([ids.length, weights.length]).toEqual([77, 77]);
        const whole = chunkPrompt(text, { ...chunking, tokens: 10_000, options }).chunks;
        expect(textIds(chunks).flat()).toEqual(textIds(whole).flat());
      }),
      { numRuns: 200 },
    );
  });

  it('cuts 100,000 characters', () => {
    const { chunks, tokenCount } = chunkPrompt('cat, '.repeat(20_000), chunking);
    expect(tokenCount).toBe(40_000);
    expect(textIds(chunks).flat().length).toBe(40_000);
  });
});
