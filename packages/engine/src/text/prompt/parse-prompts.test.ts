import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stripComments } from './comments.ts';
import { extractTags } from './extra-networks.ts';
import { parsePrompts } from './parse-prompts.ts';

const parsing = { stripComments: true, handledTagTypes: ['lora', 'hypernet'] };
const codes = (prompts: string[], negatives: string[] = ['']): string[] =>
  parsePrompts(prompts, negatives, parsing).notes.map(({ code }) => code);

describe('extractTags', () => {
  it('takes tags out of the text and hands their arguments on', () => {
    const { text, tags, notes } = extractTags('1girl, <lora:cartoon:0.7> <hypernet:anime> <lora:b:1:te=0.5:unet=0.8>x');
    expect(text).toBe('1girl,   x');
    expect(tags).toEqual([
      { type: 'lora', positional: ['cartoon', '0.7'], named: new Map(), canonical: '<lora:cartoon:0.7>' },
      { type: 'hypernet', positional: ['anime'], named: new Map(), canonical: '<hypernet:anime>' },
      {
        type: 'lora',
        positional: ['b', '1'],
        named: new Map([
          ['te', '0.5'],
          ['unet', '0.8'],
        ]),
        canonical: '<lora:b:1:te=0.5:unet=0.8>',
      },
    ]);
    expect(notes).toEqual([]);
  });

  it('PR-02: capitals, white space and a file extension are accepted, and said', () => {
    const plain = extractTags('a <lora:cartoon_portrait_v2:0.7> b');
    for (const variant of [
      '<Lora: cartoon_portrait_v2:0.7>',
      '<LORA:cartoon_portrait_v2 : 0.7 >',
      '<lora:cartoon_portrait_v2.safetensors:0.7>',
      '<lora: cartoon_portrait_v2.PT:0.7>',
    ]) {
      const { text, tags, notes } = extractTags(`a ${variant} b`);
      expect({ text, tags }).toEqual({ text: plain.text, tags: plain.tags });
      expect(notes).toEqual([
        { code: 'tag-normalised', message: `"${variant}" is read as "<lora:cartoon_portrait_v2:0.7>".` },
      ]);
    }
  });

  it('leaves what is no tag', () => {
    for (const text of [
      'a < b > c',
      '<lora>',
      '<lora:>',
      '<lora:x',
      '<:x>',
      '<lo ra:x>',
      '<add your background prompts here>',
    ]) {
      expect(extractTags(text)).toEqual({ text, tags: [], notes: [] });
    }
    expect(extractTags('<a:<lora:x:1>').tags.map(({ type, positional }) => [type, ...positional])).toEqual([
      ['a', '<lora', 'x', '1'],
    ]);
    expect(extractTags('<lora:a=b=c>').tags[0]?.positional).toEqual(['a=b=c']);
  });

  it.each([
    ['tags never closed', '<a:'.repeat(33_000)],
    ['tags', '<a:b>'.repeat(20_000)],
    ['openings', '<'.repeat(100_000)],
    ['empty tags', '<a:>'.repeat(25_000)],
  ])('reads 100,000 characters of %s', (_, text) => {
    expect(extractTags(text).tags.length).toBeLessThanOrEqual(20_000);
  });
});

describe('parsePrompts', () => {
  it('PR-03: every tag of the first prompt is handed on and the prompt stays clean', () => {
    const { prompts, tags } = parsePrompts(['a <lora:x:1> AND b:0.5 <lora:y:2>'], ['bad'], parsing);
    expect(tags.map(({ positional }) => positional)).toEqual([
      ['x', '1'],
      ['y', '2'],
    ]);
    expect(prompts).toEqual([
      [
        { text: 'a', weight: 1 },
        { text: ' b', weight: 0.5 },
      ],
    ]);
  });

  it('reports what has no effect', () => {
    expect(codes(['<foo:x>'])).toEqual(['tag-unhandled']);
    expect(codes(['a'], ['bad <lora:x:1>'])).toEqual(['tag-in-negative-prompt']);
    expect(codes(['a'], ['bad AND worse'])).toEqual(['and-in-negative-prompt']);
    expect(codes(['<lora:x:1>a', '<lora:x:1>b'])).toEqual([]);
    expect(codes(['<lora:x:1>a', 'b', '<lora:y:1>c'])).toEqual(['tag-of-later-prompt', 'tag-of-later-prompt']);
    expect(parsePrompts(['a'], ['bad <lora:x:1>'], parsing).negativePrompts).toEqual(['bad <lora:x:1>']);
  });

  it('removes comments unless told otherwise', () => {
    expect(stripComments('# note\na, b # tail\nc')).toBe('\na, b \nc');
    expect(parsePrompts(['a #x'], ['b #y'], parsing)).toMatchObject({
      prompts: [[{ text: 'a' }]],
      negativePrompts: ['b \n'],
    });
    const kept = parsePrompts(['a #x'], ['b #y'], { ...parsing, stripComments: false });
    expect(kept).toMatchObject({ prompts: [[{ text: 'a #x' }]], negativePrompts: ['b #y'] });
  });

  it('never throws, whatever the texts', () => {
    const piece = fc.oneof(
      fc.constantFrom('<', '>', ':', '=', 'lora', ' AND ', '#', '\n', '1'),
      fc.string({ unit: 'binary' }),
    );
    const prompt = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.array(prompt, { minLength: 1, maxLength: 4 }), prompt, (prompts, negative) => {
        const parsed = parsePrompts(prompts, [negative], parsing);
        expect(parsed.prompts.length).toBe(prompts.length);
        for (const parts of parsed.prompts) expect(parts.length).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
  });
});
