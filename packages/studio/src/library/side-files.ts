import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelNotes } from '@danqing/contract/model-notes';
import { parseNotes } from './model-notes.ts';
import type { Notice } from './notice.ts';

/** The files beside a model that belong to it, by what they hold; names without their folder. */
export interface SideNames {
  readonly notes?: string;
  readonly description?: string;
  readonly civitai?: string;
  readonly preview?: string;
}

/** What is noted beside a model. */
export interface SideFacts {
  readonly notes: ModelNotes;
  readonly civitai?: CivitaiFacts;
  /** File name of the preview picture. */
  readonly preview?: string;
}

/** What `<stem>.civitai.info` says: the answer of Civitai about the model's version. */
export interface CivitaiFacts {
  readonly modelId?: number;
  readonly versionId?: number;
  readonly modelName?: string;
  readonly versionName?: string;
  readonly baseModel?: string;
  readonly trainedWords: readonly string[];
  readonly tags: readonly string[];
}

/** Endings of previews, as A1111 looks for them; each also as `.preview.<ending>`. */
const PREVIEW_ENDINGS = ['png', 'jpg', 'jpeg', 'webp', 'gif'].flatMap((ending) => [`.${ending}`, `.preview.${ending}`]);

/** Longer ones are not read: they are not what their name says. */
const LIMIT_BYTES = 8 << 20;
const DESCRIPTION_LIMIT_BYTES = 1 << 16;

/** Everything that can lie beside a model and belongs to it: moved along with it, and never a model itself. */
export const sideEndings: readonly string[] = [
  '.json',
  '.txt',
  '.description.txt',
  '.civitai.info',
  '.yaml',
  ...PREVIEW_ENDINGS,
];

/** Which of the files in its folder belong to the model of that stem. */
export function findSideNames(stem: string, names: ReadonlySet<string>): SideNames {
  const found = (...endings: readonly string[]): string | undefined =>
    endings.map((ending) => stem + ending).find((name) => names.has(name));
  const sides = {
    notes: found('.json'),
    description: found('.txt', '.description.txt'),
    civitai: found('.civitai.info'),
    preview: found(...PREVIEW_ENDINGS),
  };
  return Object.fromEntries(Object.entries(sides).filter(([, name]) => name !== undefined));
}

/** Changes when one of the files does; empty without any. */
export function stampSides(folder: string, sides: SideNames): string {
  const stamps = Object.values(sides).map((name: string) => {
    const stats = statSync(join(folder, name), { throwIfNoEntry: false });
    return `${name} ${stats?.size} ${stats?.mtimeMs}`;
  });
  return stamps.join('\n');
}

/** Reads them; one that cannot be read or understood is a notice. */
export function readSides(folder: string, sides: SideNames): { readonly facts: SideFacts; readonly notices: Notice[] } {
  const notices: Notice[] = [];
  const read = <T>(name: string | undefined, limit: number, parse: (text: string) => T): T | undefined => {
    if (name === undefined) return undefined;
    const path = join(folder, name);
    try {
      const { size } = statSync(path);
      if (size > limit) throw new Error(`it is larger than ${limit} bytes`);
      return parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
    } catch (error) {
      notices.push(badNote(path, error as Error));
      return undefined;
    }
  };
  const notes = read(sides.notes, LIMIT_BYTES, parseNotes);
  const description = read(sides.description, DESCRIPTION_LIMIT_BYTES, (text) => text.trim());
  const civitai = read(sides.civitai, LIMIT_BYTES, parseCivitai);
  return {
    facts: {
      notes: { ...(description !== undefined && description !== '' && { description }), ...notes },
      ...(civitai && { civitai }),
      ...(sides.preview !== undefined && { preview: sides.preview }),
    },
    notices,
  };
}

function parseCivitai(text: string): CivitaiFacts {
  const version = asRecord(JSON.parse(text));
  const model = asRecord(version['model']);
  const facts = {
    modelId: asNumber(version['modelId']),
    versionId: asNumber(version['id']),
    modelName: asText(model['name']),
    versionName: asText(version['name']),
    baseModel: asText(version['baseModel']),
  };
  return {
    ...Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined)),
    trainedWords: asTexts(version['trainedWords']),
    tags: asTexts(model['tags'] ?? version['tags']),
  };
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

const asText = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const asNumber = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

const asTexts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string' && item.trim() !== '') : [];

const badNote = (path: string, { message }: Error): Notice => ({
  type: 'wrong-note',
  path,
  says: {
    en: `This file beside a model cannot be read: ${message}`,
    zh: `模型旁边的这个文件无法读取：${message}`,
  },
});
