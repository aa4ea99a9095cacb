import { describe, expect, it } from 'vitest';
import { applyEmphasis } from './apply-emphasis.ts';
import { chunkFeeds } from './chunk-feeds.ts';
import { clampClipSkip } from './clip-skip.ts';
import { encodePrompts } from './encode-prompts.ts';
import type { EncodedPrompts, EncodeRequest, PromptEncoder } from './encode-prompts.ts';
import { EncodingCache } from './encoding-cache.ts';
import { promptDefaults } from './prompt-options.ts';
import { parsePrompts } from './prompt/parse-prompts.ts';
import { createClipTokenizer } from './tokenizers/clip.ts';

const tokenizer = createClipTokenizer();
const width = 2;

/** An encoder whose encoding shows its input: [id, CLIP skip] for each token. */
function showingEncoder(): PromptEncoder & { runs: number } {
  const encoder = {
    runs: 0,
    tokenizer,
    tokens: 77,
    layers: 12,
    clipSkip: { usual: 1, follows: 'always' } as const,
    options: promptDefaults,
    cache: new EncodingCache(),
    async encode(chunks: readonly { ids: readonly number[] }[], clipSkip: number) {
      encoder.runs++;
      const data = Float32Array.from(chunks.flatMap(({ ids }) => ids.flatMap((id) => [id, clipSkip])));
      return Promise.resolve({ shape: [chunks.length, 77, width], data });
    },
  };
  return encoder;
}

const encodeTexts = async (
  prompts: string[],
  negatives: string[],
  request: EncodeRequest = { steps: 10 },
  encoder: PromptEncoder = showingEncoder(),
): Promise<EncodedPrompts> =>
  encodePrompts(
    parsePrompts(prompts, negatives, { stripComments: true, handledTagTypes: ['lora'] }),
    [encoder],
    request,
  );

/** The first ids of a text's encoding, after the start token. */
const idsIn = (data: Float32Array, count: number): number[] =>
  Array.from({ length: count }, (_, i) => data[(i + 1) * width] ?? 0);

describe('encodePrompts', () => {
  it('gives each image its parts with weights and its negative prompt, by step', async () => {
    const { conditioning } = await encodeTexts(['[cat|dog]:0.5 AND bird : 2', 'cat'], ['', '[bad::4]']);
    expect(conditioning.map(({ parts }) => parts.map(({ weight }) => weight))).toEqual([[0.5, 2], [1]]);
    const [first, second] = conditioning;
    const word = (data: Float32Array): number => idsIn(data, 1)[0] ?? 0;
    const [cat, dog, bird, bad] = ['cat', 'dog', 'bird', 'bad'].map((text) => tokenizer.encode(text)[0]);
    expect([0, 1, 2, 3].map((step) => word(first!.parts[0]!.at(step).data))).toEqual([cat, cat, dog, cat]);
    expect(word(first!.parts[1]!.at(9).data)).toBe(bird);
    expect([4, 5].map((step) => word(second!.uncond.at(step).data))).toEqual([bad, tokenizer.endId]);
  });

  it('joins chunks to one context and fills shorter texts of a schedule up', async () => {
    const { conditioning, report } = await encodeTexts(['cat [BREAK dog:5]'], ['']);
    const [part] = conditioning[0]!.parts;
    expect([0, 9].map((step) => part!.at(step).shape)).toEqual([
      [154, 2],
      [154, 2],
    ]);
    const second = 77 * width;
    expect(idsIn(part!.at(0).data.subarray(second), 1)).toEqual([tokenizer.endId]);
    expect(idsIn(part!.at(9).data.subarray(second), 1)).toEqual(tokenizer.encode('dog'));
    expect(conditioning[0]!.uncond.at(0).shape).toEqual([77, 2]);
    expect(report.texts).toEqual([
      { role: 'prompt', text: 'cat ', tokens: 1, chunks: 1, embeddings: [] },
      { role: 'prompt', text: 'cat BREAK dog', tokens: 76, chunks: 2, embeddings: [] },
      { role: 'negative prompt', text: '', tokens: 0, chunks: 1, embeddings: [] },
    ]);
  });

  it('PR-06: the second pass has its own schedule, unless the old scheduling is asked for', async () => {
    const atStart = async (encoder: PromptEncoder): Promise<number[]> => {
      const { conditioning } = await encodeTexts(['[cat:dog:0.5]'], [''], { steps: 10, hiresSteps: 8 }, encoder);
      return idsIn(conditioning[0]!.parts[0]!.at(0).data, 1);
    };
    expect(await atStart(showingEncoder())).toEqual(tokenizer.encode('dog'));
    const old = { ...showingEncoder(), options: { ...promptDefaults, useOldScheduling: true } };
    expect(await atStart(old)).toEqual(tokenizer.encode('cat'));
  });

  it('encodes each text once and keeps it for the next time', async () => {
    const encoder = showingEncoder();
    await encodeTexts(['cat', 'cat', 'dog AND cat'], ['', 'dog', ''], undefined, encoder);
    expect(encoder.runs).toBe(3);
    await encodeTexts(['(cat:1.3)'], [''], undefined, encoder);
    expect(encoder.runs).toBe(3);
  });

  it('gives the encoding of an empty prompt when asked', async () => {
    expect((await encodeTexts(['cat'], ['bad'])).emptyContext).toBeUndefined();
    const { emptyContext } = await encodeTexts(['cat'], ['bad'], { steps: 10, needsEmptyContext: true });
    expect(emptyContext!.shape).toEqual([77, 2]);
    expect(idsIn(emptyContext!.data, 76)).toEqual(Array.from({ length: 76 }, () => tokenizer.endId));
  });

  it('hands every remark on, each once', async () => {
    const encoder = { ...showingEncoder(), options: { ...promptDefaults, clipSkip: 20 } };
    const prompt = '(a BREAK b) | [c:3] <foo:x>';
    const { report } = await encodeTexts([prompt, prompt], ['', ''], undefined, encoder);
    expect(report.notes.map(({ code }) => code)).toEqual([
      'tag-unhandled',
      'clip-skip-clamped',
      'read-literally',
      'break-in-brackets',
    ]);
  });

  it('refuses prompts without negative prompts, and stops when told to', async () => {
    await expect(encodeTexts(['a', 'b'], [''])).rejects.toThrow(
      'negative prompts: expected 2, one for each prompt, found 1.',
    );
    const stopped = new AbortController();
    stopped.abort(new Error('stopped'));
    await expect(encodeTexts(['a'], [''], { steps: 10, signal: stopped.signal })).rejects.toThrow('stopped');
  });

  it('refuses an encoder that answers in another shape', async () => {
    const encode: PromptEncoder['encode'] = async () =>
      Promise.resolve({ shape: [77, 2], data: new Float32Array(154) });
    await expect(encodeTexts(['a'], [''], undefined, { ...showingEncoder(), encode })).rejects.toThrow(
      'output of the text encoder: expected [1, 77, width], found [77, 2].',
    );
  });
});

describe('applyEmphasis', () => {
  const encoding = Float32Array.of(1, 2, 3, 4);
  const batch = [
    { encoding, weights: [1, 2], count: 1 },
    { encoding: Float32Array.of(1, 1, 1, 1), weights: [1, 1], count: 3 },
  ];

  it('PR-05: Original restores the mean over the batch, texts counted as often as they occur', () => {
    // Before: (10 + 3 · 4) / 16; after: (17 + 3 · 4) / 16.
    const factor = Math.fround(Math.fround(22 / 16) / Math.fround(29 / 16));
    const expected = [
      [1, 2, 6, 8],
      [1, 1, 1, 1],
    ].map((values) => Float32Array.from(values, (value) => value * factor));
    expect(applyEmphasis('Original', batch)).toEqual(expected);
  });

  it('PR-05: No norm multiplies only, Ignore and None do nothing', () => {
    expect(applyEmphasis('No norm', batch)?.[0]).toEqual(Float32Array.of(1, 2, 6, 8));
    expect(applyEmphasis('Ignore', batch)?.[0]).toBe(encoding);
    expect(applyEmphasis('None', batch)?.[0]).toBe(encoding);
  });

  it('does not divide by a mean of zero', () => {
    expect(
      applyEmphasis('Original', [{ encoding: Float32Array.of(1, 1), weights: [1, -1], count: 1 }]),
    ).toBeUndefined();
  });
});

describe('clampClipSkip', () => {
  it.each([
    [1, 1],
    [12, 12],
    [13, 12],
    [0, 1],
    [-3, 1],
    [2.5, 2],
    [Number.NaN, 1],
    [Infinity, 12],
  ])('GEN-06: CLIP skip %d of 12 layers is %d', (asked, applied) => {
    const { clipSkip, notes } = clampClipSkip(asked, 12);
    expect(clipSkip).toBe(applied);
    expect(notes.length).toBe(asked === applied ? 0 : 1);
  });
});

describe('EncodingCache', () => {
  it('drops what was used longest ago when it is full', () => {
    const cache = new EncodingCache(3 * 8);
    for (const key of ['a', 'b', 'c']) cache.set(key, { encoding: new Float32Array(2) });
    cache.get('a');
    cache.set('d', { encoding: new Float32Array(2) });
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true, true]);
    cache.set('huge', { encoding: new Float32Array(100) });
    expect(cache.get('huge')).toBeUndefined();
    cache.set('e', { encoding: new Float32Array(6) });
    expect(cache.get('e')).toBeDefined();
  });
});

describe('chunkFeeds', () => {
  const vectors = { shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
  const embedding = { name: 'x', identity: 'x', vectors };
  const chunk = { ids: [9, 0, 0, 8], weights: [1, 1, 1, 1], embeddings: [{ embedding, at: 1, vectorCount: 2 }] };
  const plain = { ids: [9, 5, 8, 8], weights: [1, 1, 1, 1], embeddings: [] };

  it('PR-08: puts vectors in the places of an embedding', () => {
    const { ids, replacement, replaced } = chunkFeeds([plain, chunk], 2);
    expect(ids).toEqual({ shape: [2, 4], data: BigInt64Array.of(9n, 5n, 8n, 8n, 9n, 0n, 0n, 8n) });
    expect(replacement.shape).toEqual([2, 4, 2]);
    expect([...replacement.data.subarray(8)]).toEqual([0, 0, 1, 2, 3, 4, 0, 0]);
    expect(replaced).toEqual({ shape: [2, 4, 1], data: Float32Array.of(0, 0, 0, 0, 0, 1, 1, 0) });
  });
});
