import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { NAME_PATTERNS, sanitizePart } from './file-name-patterns.ts';
import type { NamingContext } from './file-name-patterns.ts';
import {
  DEFAULT_NAMING,
  fillPattern,
  nextSequenceNumber,
  pictureFolders,
  pictureName,
  sidecarText,
} from './file-name.ts';
import { UNKNOWN_PARAMETERS } from './generation-parameters.ts';

const context: NamingContext = {
  parameters: {
    ...UNKNOWN_PARAMETERS,
    prompt: 'a (red:1.2) cat, in the sun. One more, two more, three',
    negativePrompt: 'dog',
    seed: 1234567890n,
    steps: 20,
    cfgScale: 7.5,
    samplerName: 'DPM++ 2M',
    model: { name: 'v1-5: pruned', hash: '6ce0161689' },
    denoisingStrength: 0.5,
    clipSkip: 2,
  },
  width: 512,
  height: 768,
  resolvedScheduler: 'SGM Uniform',
  batch: { size: 4, index: 1, count: 3, iteration: 2 },
  firstSeed: 1234567880n,
  lastSeed: 1234567891n,
  styles: [{ name: 'sunny', prompt: '{prompt}, in the sun' }],
  now: new Date('2024-02-29T23:05:09Z'),
  jobStarted: new Date('2024-02-29T23:00:00Z'),
  timeZone: 'UTC',
  hashText: (text) => createHash('sha256').update(text, 'utf8').digest('hex'),
  pixelSha256: 'ab'.repeat(32),
};
const single: NamingContext = { ...context, batch: { size: 1, index: 0, count: 1, iteration: 0 } };

it.each([
  ['[seed]', '1234567890'],
  ['[SEED]-[steps]', '1234567890-20'],
  ['[cfg] [width]x[height]', '7.5 512x768'],
  ['[sampler]', 'DPM++ 2M'],
  ['[scheduler]', 'Sgm uniform'],
  ['[sampler_scheduler]', 'DPM++ 2M Sgm uniform'],
  ['[model_name]-[model_hash]', 'v1-5_ pruned-6ce0161689'],
  ['[date]', '2024-02-29'],
  ['[datetime]', '20240229230509'],
  ['[datetime<%H-%M>]', '23-05'],
  ['[datetime<%Y-%m-%d %H><Asia/Tokyo>]', '2024-03-01 08'],
  ['[datetime<><Asia/Tokyo>]', '20240301080509'],
  ['[datetime<%Q>]', '20240229230509'],
  ['[datetime<%H><Nowhere>]', '23'],
  ['[job_timestamp]', '20240229230000'],
  ['[prompt]', 'a_(red_1.2)_cat,_in_the_sun._One_more,_two_more,_three'],
  ['[prompt_spaces]', 'a (red_1.2) cat, in the sun. One more, two more, three'],
  ['[prompt_words]', 'a red 1 2 cat in the sun'],
  ['[prompt_no_styles]', 'a (red_1.2) cat. One more, two more, three'],
  ['[prompt_hash]', '25c5b7de'],
  ['[negative_prompt_hash<4>]', 'cd6357ef'.slice(0, 4)],
  ['[styles]', 'sunny'],
  ['[batch_number] [batch_size] [generation_number]', '2 4 10'],
  ['[seed_first] [seed_last]', '1234567880 1234567891'],
  ['[hasprompt<cat|no cat><dog|no dog><Sun>]', 'catno_dogsun'],
  ['[clip_skip]', '2'],
  ['[denoising]', '0.5'],
  ['[vae_filename]', 'NoneType'],
  ['[image_hash<8>]', 'abababab'],
  ['[basename]', 'img'],
  ['[none]', ''],
  ['x-[unknown]-[user]', 'x-[unknown]-[user]'],
  ['[[seed]] [', '[1234567890] ['],
])('fills %s', (pattern, filled) => {
  // The hash of the prompt is checked against the definition below.
  const expected = pattern === '[prompt_hash]' ? context.hashText(context.parameters.prompt).slice(0, 8) : filled;
  expect(fillPattern(pattern, context)).toBe(expected);
});

it('leaves out what says nothing, with the text in front of it', () => {
  expect(
    fillPattern('[seed]-b[batch_number]-g[generation_number]-[seed_last]-[denoising]', {
      ...single,
      parameters: { ...single.parameters, denoisingStrength: 0 },
    }),
  ).toBe('1234567890');
  expect(fillPattern('[seed_first]', single)).toBe('1234567890');
});

it('names pictures and folders as A1111 does', () => {
  expect(pictureName(DEFAULT_NAMING, context, 0)).toBe('00000-1234567890');
  expect(pictureName(DEFAULT_NAMING, { ...context, basename: 'grid' }, 7)).toBe('grid-0007-1234567890');
  expect(pictureName({ ...DEFAULT_NAMING, filePattern: '[none]' }, context, 12)).toBe('00012');
  expect(pictureName({ ...DEFAULT_NAMING, addNumber: false }, context, 12)).toBe('1234567890');
  expect(pictureName({ ...DEFAULT_NAMING, addNumber: false, filePattern: '' }, context, 12)).toBe('00012');
  expect(pictureFolders(DEFAULT_NAMING, context)).toEqual(['2024-02-29']);
  expect(pictureFolders({ ...DEFAULT_NAMING, folderPattern: '[model_hash]/[date]\\x' }, context)).toEqual([
    '6ce0161689',
    '2024-02-29',
    'x',
  ]);
  expect(sidecarText('a')).toBe('a\n');
});

describe('safety', () => {
  const named = (filePattern: string, prompt = ''): string =>
    pictureName(
      { filePattern, folderPattern: '', addNumber: false },
      { ...context, parameters: { ...context.parameters, prompt } },
      0,
    );

  it('never leaves the root', () => {
    for (const folderPattern of ['../../etc', '/etc/x', '..', './.', 'a/../..', '[prompt_spaces]/..\\..']) {
      const folders = pictureFolders(
        { ...DEFAULT_NAMING, folderPattern },
        { ...context, parameters: { ...context.parameters, prompt: '../..' } },
      );
      expect(
        folders.every((part) => part !== '' && !/^\.+$|[/\\]/.test(part)),
        folders.join('|'),
      ).toBe(true);
    }
    expect(named('../x')).toBe('.._x');
  });

  it('keeps out names that Windows reserves, control characters and endings it would change', () => {
    expect(named('CON')).toBe('CON_');
    expect(named('com1.x')).toBe('com1_.x');
    expect(named('console')).toBe('console');
    expect(named('[prompt]', 'nul\0\x1f. .')).toBe('nul__._');
    expect(named('a. . ')).toBe('a');
    expect(named('...')).toBe('_');
    expect(sanitizePart('  a#b<c>  ')).toBe('__a_b_c___');
    expect(sanitizePart('  a. ', false)).toBe('a');
  });

  it('fits into what disks allow, without cutting a character in two', () => {
    const long = named('[prompt]-[prompt]', '名😀'.repeat(100));
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(240);
    expect(Buffer.from(long).toString()).toBe(long);
    expect(Array.from(sanitizePart('😀'.repeat(200))!)).toHaveLength(128);
    expect(pictureName({ ...DEFAULT_NAMING, filePattern: 'x'.repeat(300) }, context, 0, '-before-highres-fix')).toMatch(
      /^00000-x{200,}-before-highres-fix$/,
    );
  });

  test('any pattern and prompt give a name that every system accepts', () => {
    const pieces = fc.constantFrom(
      ...Object.keys(NAME_PATTERNS).map((name) => `[${name}]`),
      '/',
      '\\',
      '..',
      ':',
      ' ',
      '<',
      '>',
      '[',
      ']',
      '\0',
      'CON',
      '名',
    );
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 8 }),
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.boolean(),
        (pattern, prompt, addNumber) => {
          const rules = { filePattern: pattern.join(''), folderPattern: pattern.join(''), addNumber };
          const spoken = {
            ...context,
            parameters: { ...context.parameters, prompt, samplerName: prompt, model: { name: prompt, hash: prompt } },
            user: prompt,
          };
          for (const name of [pictureName(rules, spoken, 3), ...pictureFolders(rules, spoken)]) {
            expect(name).not.toMatch(/[<>:"/\\|?*\x00-\x1f]|[. ]$|^$/);
            expect(Buffer.byteLength(name)).toBeLessThanOrEqual(242);
          }
        },
      ),
    );
  });
});

it('counts on from the highest number of a folder', () => {
  expect(nextSequenceNumber([])).toBe(0);
  expect(nextSequenceNumber(['00000-1.png', '00007-2.png', '00007-2.txt', 'cat.png', '9.png', '-5.png'])).toBe(10);
  expect(nextSequenceNumber(['grid-0003-1.png', '00009-1.png'], 'grid')).toBe(4);
  expect(nextSequenceNumber(['.00004'])).toBe(0);
});
