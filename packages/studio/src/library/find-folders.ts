import { type Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { ModelRoot } from '@danqing/contract/settings';
import type { KindId } from '@danqing/engine/identify/identification';
import { makeFolder } from '@danqing/node/files/make-folder';
import { ownFolders, ruleFor } from './folder-rules.ts';
import type { ModelFolder } from './model-folder.ts';
import { type Notice, noticeOf } from './notice.ts';
import { readExtraPaths } from './read-extra-paths.ts';

/** Where models are looked for, the first place first, and what is wrong with the list of places. */
export interface FoundFolders {
  readonly folders: readonly ModelFolder[];
  readonly notices: readonly Notice[];
  /** Roots that are not there at the moment: a drive that is not connected. */
  readonly away: readonly string[];
}

/** Finds the folders of models below this program's own root and below those of other programs; nothing is made, moved or changed. */
export async function findFolders(home: string, roots: readonly ModelRoot[]): Promise<FoundFolders> {
  const found = await Promise.all([{ path: home }, ...roots].map(findBelow));
  const known = new Map<string, ModelFolder>();
  for (const folder of found.flatMap(({ folders }) => folders)) {
    // A folder that is named twice, as ComfyUI's lists do, is at home to the kinds of both.
    const before = known.get(folder.path);
    known.set(folder.path, before === undefined ? folder : { ...before, kinds: joined(before.kinds, folder.kinds) });
  }
  return {
    folders: [...known.values()],
    notices: found.flatMap(({ notices }) => notices),
    away: found.flatMap(({ away }) => away),
  };
}

/**
 * Makes the folders of this program's own root that are not there in any case of letters.
 * @throws io.
 */
export async function makeOwnFolders(home: string): Promise<void> {
  await makeFolder(home);
  for (const own of ownFolders) {
    let at = home;
    for (const name of own.split('/')) at = join(at, (await namesLike(at, name))[0] ?? name);
    await makeFolder(at);
  }
}

/** Where a path of folder names leads when case does not count; `*` stands for any name. Several lead there on some systems. */
export async function pathsLike(root: string, path: string): Promise<string[]> {
  let found = [root];
  for (const name of path.split('/')) {
    const next = await Promise.all(
      found.map(async (folder) => (await namesLike(folder, name)).map((each) => join(folder, each))),
    );
    found = next.flat();
  }
  return found;
}

async function findBelow({ path, kind }: ModelRoot): Promise<FoundFolders> {
  const root = resolve(path);
  const found = { folders: [] as ModelFolder[], notices: [] as Notice[], away: [] as string[] };
  try {
    const stats = await stat(root);
    if (/\.ya?ml$/i.test(root) && stats.isFile()) return { ...found, ...(await readExtraPaths(root)) };
    if (kind !== undefined) found.folders.push({ path: root, kinds: [kind as KindId], root, deep: true });
    else found.folders.push(...(await foldersOfProgram(root)));
    for (const list of await pathsLike(root, 'extra_model_paths.yaml')) {
      const { folders, notices } = await readExtraPaths(list);
      found.folders.push(...folders.map((folder) => ({ ...folder, root })));
      found.notices.push(...notices);
    }
  } catch (error) {
    const isAway = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (isAway) found.away.push(root);
    found.notices.push(isAway ? awayNotice(root) : noticeOf('bad-setting', root, error as Error));
  }
  return found;
}

/** Folders beside `models` in which programs keep models, by the names of the rules that they follow. */
const BESIDE_MODELS: Readonly<Record<string, string>> = {
  embeddings: 'embeddings',
  'extensions/sd-webui-controlnet/models': 'controlnet',
  'extensions/sd-webui-additional-networks/models/lora': 'lora',
  'extensions/sd-webui-animatediff/model': 'animatediff',
  'extensions/*/aesthetic_embeddings': 'aesthetic_embeddings',
};

/** The folders of a program (one with a folder `models`), of a folder like `models`, or a plain folder of models. */
async function foldersOfProgram(root: string): Promise<ModelFolder[]> {
  const models = await pathsLike(root, 'models');
  if (models.length > 0) {
    const beside = Object.entries(BESIDE_MODELS).map(async ([path, rule]) =>
      (await pathsLike(root, path)).map((folder) => ({ path: folder, kinds: ruleFor(rule)!.kinds, root, deep: true })),
    );
    const inside = models.map(async (folder) => foldersOfModels(folder, root));
    return (await Promise.all([...inside, ...beside])).flat();
  }
  const kinds = ruleFor(basename(root))?.kinds;
  if (kinds !== undefined) return [{ path: root, kinds, root, deep: true }];
  const names = (await foldersIn(root)).filter((name) => ruleFor(name) !== undefined);
  if (names.length > 1 || /^models$/i.test(basename(root))) return foldersOfModels(root, root);
  return [{ path: root, kinds: [], root, deep: true }];
}

/** Each folder of `models`, and the files beside them. */
async function foldersOfModels(models: string, root: string): Promise<ModelFolder[]> {
  const names = await foldersIn(models);
  return [
    ...names.map((name) => ({ path: join(models, name), kinds: ruleFor(name)?.kinds ?? [], root, deep: true })),
    { path: models, kinds: [], root, deep: false },
  ];
}

async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  const isFolder = async (entry: Dirent): Promise<boolean> =>
    entry.isSymbolicLink() ? isFolderAt(join(path, entry.name)) : entry.isDirectory();
  const kept = await Promise.all(entries.map(async (entry) => !entry.name.startsWith('.') && isFolder(entry)));
  return entries.filter((_, i) => kept[i]).map(({ name }) => name);
}

async function namesLike(folder: string, name: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  if (name === '*') return names;
  const like = names.filter((each) => each.toLowerCase() === name.toLowerCase());
  // The one with the very name comes first.
  return like.sort((a, b) => Number(b === name) - Number(a === name));
}

const isFolderAt = (path: string): Promise<boolean> =>
  stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );

const joined = (a: ModelFolder['kinds'], b: ModelFolder['kinds']): ModelFolder['kinds'] =>
  a.length === 0 || b.length === 0 ? [] : [...new Set([...a, ...b])];

const awayNotice = (root: string): Notice => ({
  type: 'unreadable',
  path: root,
  says: {
    en: 'This folder is not there. If it is on a drive, connect it; what is known of its models is kept.',
    zh: '找不到这个文件夹。若它在外接硬盘上，请接好硬盘；其中模型的资料仍保留。',
  },
});
