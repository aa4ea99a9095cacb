import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, normalize, resolve } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { parse } from 'yaml';
import { ruleFor } from './folder-rules.ts';
import { type ModelFolder } from './model-folder.ts';
import type { Notice } from './notice.ts';

/** Lists of folders are short; a larger file is something else. */
const LIMIT_BYTES = 1 << 20;

/** Keys of a section that name no folder of models. */
const OTHER_KEYS = new Set(['base_path', 'is_default', 'configs', 'custom_nodes']);

/**
 * Reads ComfyUI's `extra_model_paths.yaml`: sections with a `base_path` (`~` and variables are filled in; relative to the file) and
 * folders by kind, several in as many lines. Sections and folders marked `is_default` come first.
 * @throws missing, io or bad-file when the file as a whole cannot be followed; a single entry that makes no sense is a notice.
 */
export async function readExtraPaths(
  file: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ readonly folders: ModelFolder[]; readonly notices: Notice[] }> {
  const sections = await readSections(file);
  const notices: Notice[] = [];
  const first: ModelFolder[] = [];
  const others: ModelFolder[] = [];
  for (const [name, section] of Object.entries(sections)) {
    if (section === null) continue;
    if (!isRecord(section)) {
      notices.push(oddEntry(file, name, section));
      continue;
    }
    const base = section['base_path'];
    const from = typeof base === 'string' ? resolve(dirname(file), fillIn(base, env)) : dirname(resolve(file));
    const into = section['is_default'] === true ? first : others;
    for (const [key, value] of Object.entries(section)) {
      if (OTHER_KEYS.has(key)) continue;
      if (typeof value !== 'string') {
        notices.push(oddEntry(file, `${name} › ${key}`, value));
        continue;
      }
      for (const line of value.split('\n').map((text) => text.trim())) {
        if (line === '') continue;
        const path = normalize(isAbsolute(line) ? line : join(from, line)).replace(/(?<=.)[\\/]+$/, '');
        into.push({ path, kinds: ruleFor(key)?.kinds ?? [], root: resolve(file), deep: true });
      }
    }
  }
  return { folders: [...first, ...others], notices };
}

async function readSections(file: string): Promise<Record<string, unknown>> {
  const { size } = await stat(file);
  if (size > LIMIT_BYTES) throw badFile(file, `a file of ${size} bytes`);
  let value: unknown;
  try {
    // No aliases: a few lines of them can stand for gigabytes.
    value = parse(await readFile(file, 'utf8'), { maxAliasCount: 0, prettyErrors: true, logLevel: 'silent' });
  } catch (error) {
    throw badFile(file, (error as Error).message.split('\n')[0]!);
  }
  if (value === null) return {};
  if (!isRecord(value)) throw badFile(file, 'something else');
  return value;
}

const badFile = (file: string, found: string): DanqingError =>
  new DanqingError('bad-file', {
    where: file,
    expected: 'sections with folders, as in extra_model_paths.yaml of ComfyUI',
    found,
  });

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `~`, `$NAME`, `${NAME}` and `%NAME%` as Python fills them in; a variable that is not set stays as it is. */
function fillIn(path: string, env: NodeJS.ProcessEnv): string {
  const filled = path.replaceAll(
    /\$\{(\w+)\}|\$(\w+)|%(\w+)%/g,
    (whole, a?: string, b?: string, c?: string) => env[(a ?? b ?? c)!] ?? whole,
  );
  return /^~(?=[\\/]|$)/.test(filled) ? join(homedir(), filled.slice(1)) : filled;
}

function oddEntry(file: string, key: string, value: unknown): Notice {
  const found = JSON.stringify(value)?.slice(0, 80) ?? 'nothing';
  return {
    type: 'bad-setting',
    path: file,
    says: {
      en: `${key}: expected a path, or several in as many lines; found ${found}. It is passed over.`,
      zh: `${key}：应为一个路径或每行一个路径，实为 ${found}，已跳过。`,
    },
  };
}
