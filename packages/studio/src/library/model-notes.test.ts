import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeNotes, parseNotes, readNoteChanges } from './model-notes.ts';
import { findSideNames, readSides, stampSides } from './side-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-notes-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const sidesOf = (stem: string) => findSideNames(stem, new Set(readdirSync(folder)));

describe('notes', () => {
  it('LIB-17: are written as A1111 reads them, and read back', async () => {
    const file = join(folder, 'lora.json');
    const notes = {
      description: '水墨风格',
      notes: 'good at landscapes',
      sdVersion: 'SD1',
      activationText: 'shuimo, ink',
      preferredWeight: 0.7,
      negativeText: 'color',
      vae: 'None',
      category: 'style',
      style: 'ink',
      promptStructure: 'subject, shuimo, style',
      negativeStructure: '(worst quality:2)',
      vaeAdvice: 'any',
      recommendedBase: 'chilloutmix',
      clipSkip: 2,
    };
    await changeNotes(file, notes);
    expect(parseNotes(readFileSync(file, 'utf8'))).toEqual(notes);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      'sd version': 'SD1',
      'activation text': 'shuimo, ink',
      'preferred weight': 0.7,
      'negative text': 'color',
    });
  });

  it('keep what they do not know, to the letter', async () => {
    const file = put(
      'a.json',
      '\uFEFF{"future": {"big": 18446744073709551615, "tiny": 1.0},\n "notes": "old", "vae":"x", "last": [1e2]}',
    );
    await changeNotes(file, { notes: 'new', vae: undefined });
    expect(readFileSync(file, 'utf8')).toBe(
      '{\n    "future": {"big": 18446744073709551615, "tiny": 1.0},\n    "notes": "new",\n    "last": [1e2]\n}',
    );
    expect(readdirSync(folder)).toEqual(['a.json']);
  });

  it.each(['[1, 2]', '{"a": ', '{"a": NaN}', '{"a": 1, "a": 2}', ''])(
    'leave a file alone that holds %j',
    async (text) => {
      const file = put('a.json', text);
      await expect(changeNotes(file, { notes: 'x' })).rejects.toMatchObject({ code: 'bad-file' });
      expect(readFileSync(file, 'utf8')).toBe(text);
    },
  );

  it('refuse values that are none, and read past them', async () => {
    const file = put('a.json', '{"preferred weight": "heavy", "notes": 7, "vae": "", "activation text": "ok"}');
    await expect(changeNotes(file, { preferredWeight: NaN })).rejects.toThrow('expected a number, found NaN');
    expect(parseNotes(readFileSync(file, 'utf8'))).toEqual({ activationText: 'ok' });
  });
});

describe('readNoteChanges', () => {
  it('reads notes as people type them', () => {
    const typed = ['preferred weight=0.7', 'Activation_Text=a=b, c', 'vae=', 'clipSkip=2'];
    expect(readNoteChanges(typed)).toEqual({
      preferredWeight: 0.7,
      activationText: 'a=b, c',
      vae: undefined,
      clipSkip: 2,
    });
    expect(() => readNoteChanges(['colour=red'])).toThrow('one of these keys: description, notes');
    expect(() => readNoteChanges(['notes'])).toThrow('found notes');
  });
});

describe('files beside a model', () => {
  it('LIB-18: finds the preview as A1111 does', () => {
    put('a.preview.png', '');
    put('a.jpg', '');
    put('ab.png', '');
    expect(sidesOf('a').preview).toBe('a.preview.png');
    put('a.png', '');
    expect(sidesOf('a').preview).toBe('a.png');
    expect(sidesOf('none')).toEqual({});
  });

  it('reads notes, description and what Civitai said', () => {
    put('a.json', '{"notes": "mine", "description": "the json wins"}');
    put('a.description.txt', ' words \n');
    put(
      'a.civitai.info',
      JSON.stringify({
        id: 2,
        modelId: 1,
        name: 'v1',
        baseModel: 'SD 1.5',
        trainedWords: ['x', 3],
        model: { name: 'Ink', tags: ['style'] },
      }),
    );
    put('b.txt', ' only words \n');
    expect(readSides(folder, sidesOf('a'))).toEqual({
      facts: {
        notes: { notes: 'mine', description: 'the json wins' },
        civitai: {
          modelId: 1,
          versionId: 2,
          modelName: 'Ink',
          versionName: 'v1',
          baseModel: 'SD 1.5',
          trainedWords: ['x'],
          tags: ['style'],
        },
      },
      notices: [],
    });
    expect(readSides(folder, sidesOf('b')).facts.notes).toEqual({ description: 'only words' });
  });

  it('gives notice of files that make no sense', () => {
    put('a.json', '{{');
    put('a.civitai.info', 'null');
    put('a.txt', 'x'.repeat(100_000));
    const { facts, notices } = readSides(folder, sidesOf('a'));
    expect(facts).toEqual({ notes: {}, civitai: { trainedWords: [], tags: [] } });
    expect(notices.map(({ path }) => path)).toEqual([join(folder, 'a.json'), join(folder, 'a.txt')]);
  });

  it('notices changes by their stamp', () => {
    put('a.json', '{}');
    const before = stampSides(folder, sidesOf('a'));
    put('a.json', '{"notes": "x"}');
    expect(stampSides(folder, sidesOf('a'))).not.toBe(before);
    expect(stampSides(folder, {})).toBe('');
  });
});
