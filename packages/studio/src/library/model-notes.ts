import { readFile } from 'node:fs/promises';
import { modelNotes, type ModelNotes } from '@danqing/contract/model-notes';
import { DanqingError } from '@danqing/engine/errors';
import { JsonTrouble, StrictJson } from '@danqing/engine/weights/json/strict-json';
import { readingTrouble } from '@danqing/node/files/reading-trouble';
import { writeAtomic } from '@danqing/node/files/write-atomic';

/** Names of the notes in the file: A1111's, and more in its manner. */
export const noteKeys: Readonly<Record<keyof ModelNotes, string>> = {
  description: 'description',
  notes: 'notes',
  sdVersion: 'sd version',
  activationText: 'activation text',
  preferredWeight: 'preferred weight',
  negativeText: 'negative text',
  vae: 'vae',
  category: 'category',
  style: 'style',
  promptStructure: 'prompt structure',
  negativeStructure: 'negative structure',
  vaeAdvice: 'vae advice',
  recommendedBase: 'recommended base',
  clipSkip: 'clip skip',
};

/** Changes of notes; undefined removes one. */
export type NoteChanges = { readonly [Name in keyof ModelNotes]?: ModelNotes[Name] | undefined };

/**
 * Changes as people type them: `key=value`, with A1111's name of the note or ours; without a value it is removed.
 * @throws bad-value.
 */
export function readNoteChanges(pairs: readonly string[]): NoteChanges {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[\s_-]/g, '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key = '', value = ''] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
      const name = (Object.keys(noteKeys) as (keyof ModelNotes)[]).find(
        (one) => plain(one) === plain(key) || plain(noteKeys[one]) === plain(key),
      );
      if (name === undefined) {
        const all = Object.values(noteKeys);
        const close = all.filter((one) => plain(key) !== '' && plain(one).includes(plain(key)));
        const expected = `key=value with one of these keys: ${(close.length > 0 ? close : all).join(', ')}`;
        throw new DanqingError('bad-value', { where: 'note', expected, found: pair });
      }
      const isNumber = modelNotes.shape[name].safeParse(0).success && Number.isFinite(Number(value));
      return [name, value === '' ? undefined : isNumber ? Number(value) : value];
    }),
  );
}

/** The notes in the text of such a file. Fields of another type than they should have are left out, and empty texts. */
export function parseNotes(text: string): ModelNotes {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  const fields = value as Record<string, unknown>;
  const found = Object.entries(noteKeys).map(([name, key]) => [name, asNote(name, fields[key])] as const);
  return Object.fromEntries(found.filter(([, note]) => note !== undefined));
}

/**
 * Changes notes in the file `<stem>.json` of a model; everything else in it stays as it is, to the letter.
 * @throws bad-file when the file is no JSON object, which is then left alone; bad-value for a note of the wrong type; io.
 */
export async function changeNotes(file: string, changes: NoteChanges): Promise<void> {
  const fields = splitFields(file, await readText(file));
  for (const [name, key] of Object.entries(noteKeys) as [keyof ModelNotes, string][]) {
    if (!Object.hasOwn(changes, name)) continue;
    const note = changes[name];
    if (note === undefined) fields.delete(key);
    else fields.set(key, JSON.stringify(checkNote(file, name, note)));
  }
  const lines = [...fields].map(([key, value]) => `    ${JSON.stringify(key)}: ${value}`);
  await writeAtomic(file, lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n}`);
}

function asNote(name: string, value: unknown): unknown {
  const result = modelNotes.shape[name as keyof ModelNotes].safeParse(value);
  return result.success && result.data !== '' ? result.data : undefined;
}

function checkNote(file: string, name: keyof ModelNotes, note: unknown): unknown {
  const result = modelNotes.shape[name].safeParse(note);
  if (result.success && (typeof note !== 'number' || Number.isFinite(note))) return note;
  const expected = ['preferredWeight', 'clipSkip'].includes(name) ? 'a number' : 'a text';
  throw new DanqingError('bad-value', { where: `${file} › ${noteKeys[name]}`, expected, found: String(note) });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
    throw readingTrouble(file, error);
  }
}

/** The fields of an object with their values as they are written. */
function splitFields(file: string, text: string): Map<string, string> {
  const fields = new Map<string, string>();
  try {
    const json = new StrictJson(text.replace(/^\uFEFF/, ''));
    json.object((key) => {
      const start = json.position;
      json.skip();
      fields.set(key, json.text.slice(start, json.position).trim());
    });
    json.end();
    return fields;
  } catch (error) {
    if (!(error instanceof JsonTrouble)) throw error;
    const { expected, found } = error;
    const advice = 'Nothing was written: repair the file, or move it away.';
    throw new DanqingError('bad-file', { where: file, expected: `a JSON object with ${expected}`, found, advice });
  }
}
