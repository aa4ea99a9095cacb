import { type BigIntStats, type Dirent, readdirSync, statSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { fileStamp, folderStamp } from '@danqing/node/files/file-stamp';
import type { ModelFolder } from './model-folder.ts';
import { isModelName, modelStem } from './model-stem.ts';
import type { Notice, NoticeType } from './notice.ts';
import { showText } from './show-text.ts';
import { findSideNames, type SideNames, stampSides } from './side-files.ts';

/** A model as the folders show it, before it is looked into. */
export interface ListedModel {
  /** A file; the list of its shards; or a diffusers folder. */
  readonly path: string;
  /** Path from the folder of models, with `/`: how A1111 names it. */
  readonly name: string;
  /** The folder of models, and the root, that it was found in. */
  readonly folder: string;
  readonly root: string;
  /** Size, time of the last change and inode: what is known of a file holds as long as they stay. */
  readonly stamp: string;
  readonly sizeBytes: number;
  readonly changedMs: number;
  readonly sides: SideNames;
  readonly sideStamp: string;
}

/** What a walk finds. */
export interface Listing {
  readonly models: ListedModel[];
  /** Every folder that was entered, for those who watch them. */
  readonly folders: string[];
  readonly notices: Notice[];
}

/** How a shard's name ends. */
const SHARD = /-\d{5}-of-\d{5}\.(?:safetensors|bin)$/;

const FOLDERS_DEEP = 64;

/**
 * Walks folders for models, which it does not open. Links are followed; a folder that is reached twice counts once, where it was
 * reached first. Nothing stops the walk: what cannot be read is a notice. Blocks; made for a thread.
 * @param below part of the only folder, where not all of it is walked.
 */
export function listModels(folders: readonly ModelFolder[], below?: string): Listing {
  const walk: Walk = { models: [], folders: [], notices: [], seen: new Set() };
  // A folder of its own that lies in another one keeps its own kind.
  const own = new Set(folders.map(({ path }) => path));
  for (const folder of folders) enter(walk, { folder, own }, below ?? folder.path, []);
  return { models: walk.models, folders: walk.folders, notices: walk.notices };
}

interface Walk extends Listing {
  /** Device and inode of every folder that was entered. */
  readonly seen: Set<string>;
}

interface Place {
  readonly folder: ModelFolder;
  readonly own: ReadonlySet<string>;
}

function enter(walk: Walk, place: Place, path: string, above: readonly string[]): void {
  const stats = statOf(walk, path);
  if (stats === undefined) return;
  const id = `${stats.dev} ${stats.ino}`;
  if (above.includes(id)) {
    note(walk, 'bad-link', path, 'This link leads back to a folder that it is in.', '此链接指回它所在的文件夹。');
    return;
  }
  if (above.length > FOLDERS_DEEP) {
    note(walk, 'unreadable', path, 'Folders are nested too deeply here.', '此处文件夹嵌套过深。');
    return;
  }
  if (walk.seen.has(id)) return;
  walk.seen.add(id);
  const entries = entriesOf(walk, path);
  if (entries === undefined) return;
  walk.folders.push(path);
  const names = new Set(entries.map(({ name }) => name));
  if (names.has('model_index.json')) {
    addFolder(walk, place, path);
    return;
  }
  const lists = entries.map(({ name }) => name).filter((name) => name.endsWith('.index.json'));
  const isShard = (name: string): boolean =>
    SHARD.test(name) && lists.some((list) => list.startsWith(name.replace(SHARD, '.')));
  for (const entry of entries) {
    const { name } = entry;
    if (name.startsWith('.')) continue;
    const inside = join(path, name);
    const isModel = isModelName(name);
    if (entry.isSymbolicLink() && !isModel && !leadsToFolder(inside)) continue;
    if (entry.isDirectory() || (entry.isSymbolicLink() && !isModel)) {
      if (place.folder.deep && !place.own.has(inside)) enter(walk, place, inside, [...above, id]);
    } else if (isModel && !isShard(name)) addFile(walk, place, inside, names);
  }
}

function addFile(walk: Walk, { folder }: Place, path: string, names: ReadonlySet<string>): void {
  const stats = statOf(walk, path);
  if (stats === undefined) return;
  if (!stats.isFile()) {
    note(
      walk,
      'unreadable',
      path,
      'Expected a file, found a folder, device or pipe.',
      '应为文件，实为文件夹、设备或管道。',
    );
    return;
  }
  noteOddName(walk, path);
  const inside = join(path, '..');
  const sides = findSideNames(modelStem(path), names);
  walk.models.push({
    ...placeOf(folder, path),
    stamp: fileStamp(stats),
    sizeBytes: Number(stats.size),
    changedMs: Number(stats.mtimeMs),
    sides,
    sideStamp: stampSides(inside, sides),
  });
}

/** A diffusers folder is one model, which changes when any file in it does. */
function addFolder(walk: Walk, { folder }: Place, path: string): void {
  let sizeBytes = 0;
  let last = 0n;
  let files = 0;
  const add = (at: string, depth: number): void => {
    for (const entry of entriesOf(walk, at) ?? []) {
      const inside = join(at, entry.name);
      if (entry.isDirectory() && depth > 0) add(inside, depth - 1);
      else if (!entry.isDirectory()) {
        const stats = statOf(walk, inside);
        if (stats === undefined) continue;
        files++;
        sizeBytes += Number(stats.size);
        if (stats.mtimeNs > last) last = stats.mtimeNs;
      }
    }
  };
  add(path, 2);
  const above = join(path, '..');
  const sides = findSideNames(modelStem(path), new Set((entriesOf(walk, above) ?? []).map(({ name }) => name)));
  walk.models.push({
    ...placeOf(folder, path),
    stamp: folderStamp(sizeBytes, last, files),
    sizeBytes,
    changedMs: Number(last / 1_000_000n),
    sides,
    sideStamp: stampSides(above, sides),
  });
}

const placeOf = ({ path: folder, root }: ModelFolder, path: string) => ({
  path,
  name: path === folder ? basename(path) : path.slice(folder.length + 1).replaceAll(sep, '/'),
  folder,
  root,
});

function statOf(walk: Walk, path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ELOOP' && code !== 'ENOENT') {
      note(walk, 'unreadable', path, `It cannot be read: ${code ?? message}.`, `无法读取：${code ?? message}。`);
    } else if (path.includes('\uFFFD')) {
      const en = 'The name is not valid text, so that programs cannot open it. Rename it.';
      note(walk, 'odd-name', path, en, '文件名不是有效文字，程序无法打开，请改名。');
    } else {
      note(
        walk,
        'bad-link',
        path,
        'This link leads nowhere, or the file was just taken away.',
        '此链接无效，或文件刚被移走。',
      );
    }
    return undefined;
  }
}

function entriesOf(walk: Walk, path: string): Dirent[] | undefined {
  try {
    return readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    note(
      walk,
      'unreadable',
      path,
      `This folder cannot be read: ${code ?? message}.`,
      `此文件夹无法读取：${code ?? message}。`,
    );
    return undefined;
  }
}

function leadsToFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // A dead link that is not named like a model concerns nobody.
    return false;
  }
}

function noteOddName(walk: Walk, path: string): void {
  const name = basename(path);
  const shown = showText(name);
  if (shown === name) return;
  note(
    walk,
    'odd-name',
    path,
    `The name holds characters that cannot be seen and may make it look like another: ${shown}`,
    `文件名含有看不见的字符，可能冒充别的文件：${shown}`,
  );
}

function note(walk: Walk, type: NoticeType, path: string, en: string, zh: string): void {
  walk.notices.push({ type, path, says: { en, zh } });
}
