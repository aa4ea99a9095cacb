import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import type { Words } from '@danqing/engine/words';
import { openModel } from '@danqing/node/files/open-model';
import { modelStem } from '../library/model-stem.ts';

/** An adapter found by its name. */
export interface FoundAdapter {
  readonly path: string;
  /** Name by which A1111 knows it. */
  readonly name: string;
  /** What was understood otherwise than it was written. */
  readonly remarks: readonly Words[];
}

/** Endings that A1111 takes in these folders, and the one that diffusers writes; of two files with one name the first counts. */
const ENDINGS = ['.safetensors', '.pt', '.ckpt', '.bin'];

/** Names that A1111 takes for no alias. */
const FORBIDDEN = new Set(['none', 'addams']);

const FOLDERS_DEEP = 16;

/** Looks adapters up by name in folders and those below them, for as long as one job takes. */
export class AdapterFolders {
  readonly #folders: readonly string[];
  readonly #endings: readonly string[];
  #files: Promise<readonly string[]> | undefined;
  #aliases: Promise<ReadonlyMap<string, readonly string[]>> | undefined;

  /** @param endings of the files that count, the better ones first. */
  constructor(folders: readonly string[], endings: readonly string[] = ENDINGS) {
    this.#folders = folders;
    this.#endings = endings;
  }

  /**
   * The file called `name`: a path, a name without its ending, in any case, or the name that its trainer gave it. Undefined when there is none.
   */
  async find(name: string): Promise<FoundAdapter | undefined> {
    if (await isFile(name)) return { path: resolve(name), name: modelStem(name), remarks: [] };
    const files = await (this.#files ??= this.#list());
    const stem = modelStem(name);
    const exact = files.filter((path) => modelStem(path) === stem);
    if (exact[0] !== undefined) return found(exact, []);
    const alike = files.filter((path) => modelStem(path).toLowerCase() === stem.toLowerCase());
    if (alike[0] !== undefined) {
      const own = modelStem(alike[0]);
      return found(alike, [{ en: `"${name}" is read as "${own}"`, zh: `“${name}”按“${own}”理解` }]);
    }
    return this.#byAlias(name);
  }

  /** Paths of all files. */
  async files(): Promise<readonly string[]> {
    return (this.#files ??= this.#list());
  }

  /** Names of all files, for those who look for one that is not there. */
  async names(): Promise<readonly string[]> {
    return (await this.files()).map(modelStem);
  }

  /** Names of the files that trainers called `name`: an alias that two of them share tells neither. */
  async calledSo(name: string): Promise<readonly string[]> {
    return (await this.#aliased(name)).map(modelStem);
  }

  async #aliased(name: string): Promise<readonly string[]> {
    if (FORBIDDEN.has(name.toLowerCase())) return [];
    return (await (this.#aliases ??= this.#readAliases())).get(name) ?? [];
  }

  async #byAlias(name: string): Promise<FoundAdapter | undefined> {
    const named = await this.#aliased(name);
    if (named.length !== 1) return undefined;
    const own = modelStem(named[0]!);
    return found(named, [
      { en: `"${name}" is what its trainer called "${own}"`, zh: `“${name}”是“${own}”的训练者起的名字` },
    ]);
  }

  async #list(): Promise<readonly string[]> {
    return listFiles(this.#folders, this.#endings);
  }

  async #readAliases(): Promise<ReadonlyMap<string, readonly string[]>> {
    const aliases = new Map<string, string[]>();
    for (const path of await (this.#files ??= this.#list())) {
      const alias = await aliasOf(path);
      if (alias === undefined) continue;
      const others = aliases.get(alias);
      if (others === undefined) aliases.set(alias, [path]);
      else others.push(path);
    }
    return aliases;
  }
}

function found(paths: readonly string[], remarks: readonly Words[]): FoundAdapter {
  const [path, ...others] = paths as [string, ...string[]];
  const more: Words[] = [];
  if (others.length > 0) {
    more.push({
      en: `there are ${paths.length} files of this name; ${path} is used`,
      zh: `有 ${paths.length} 个同名文件；使用 ${path}`,
    });
  }
  return { path, name: modelStem(path), remarks: [...remarks, ...more] };
}

/** Files in folders and those below them, by the place of their ending among `endings`, then by name. */
export async function listFiles(folders: readonly string[], endings: readonly string[]): Promise<string[]> {
  const files = new Set<string>();
  /** Links may lead back to where they are. */
  const entered = new Set<string>();
  const place = (path: string): number => endings.indexOf(extname(path).toLowerCase());
  const walk = async (folder: string, deep: number): Promise<void> => {
    const real = await realpath(folder).catch(() => folder);
    if (entered.has(real)) return;
    entered.add(real);
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      const path = join(folder, entry.name);
      const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && !(await isFile(path)));
      if (isFolder && deep > 0) await walk(path, deep - 1);
      else if (!isFolder && place(path) >= 0) files.add(path);
    }
  };
  for (const folder of folders) await walk(resolve(folder), FOLDERS_DEEP);
  return [...files].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

/** The name that a trainer noted; of a file that cannot be read there is none. */
async function aliasOf(path: string): Promise<string | undefined> {
  try {
    const { index, close } = await openModel(path);
    await close();
    return index.metadata.get('ss_output_name');
  } catch {
    return undefined;
  }
}

const isFile = async (path: string): Promise<boolean> =>
  path !== '' &&
  (await stat(path).then(
    (facts) => facts.isFile(),
    () => false,
  ));
