import { dirname, join, resolve } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import type { KindId } from '@danqing/engine/identify/identification';
import { HashTable } from '../db/hash-table.ts';
import { type FoundRow, ModelTable, type RowOrder, type RowQuery } from '../db/model-table.ts';
import { deleteDatabase, isDamaged, openDatabase } from '../db/open-database.ts';
import { cacheFolder, homeFolder } from '../folders.ts';
import { readSettings, settingsFile } from '../settings/settings.ts';
import { openCatalogue } from './catalogue.ts';
import { findCheckpoint } from './find-checkpoint.ts';
import { findFolders, type FoundFolders, makeOwnFolders } from './find-folders.ts';
import { wordsOf } from './fold-text.ts';
import { ownFolderOf } from './folder-rules.ts';
import { HashQueue } from './hash-queue.ts';
import { isInside } from './is-inside.ts';
import { LibraryModel } from './library-model.ts';
import { LibraryThreads } from './library-threads.ts';
import { listVaes } from './list-vaes.ts';
import { readCategory } from './model-categories.ts';
import type { ModelFolder } from './model-folder.ts';
import { changeNotes, type NoteChanges } from './model-notes.ts';
import { moveModel } from './move-model.ts';
import { type Notice, noticeOf } from './notice.ts';
import { findPairings, type Pairing } from './pairings.ts';
import { scanLibrary, type ScanOptions, type ScanReport } from './scan-library.ts';

/** Which models are looked for; everything that is given must hold. */
export interface ModelQuery {
  /** Words in any language, all of which must be found in what is known of a model. */
  readonly words?: string;
  readonly kinds?: readonly KindId[];
  /** Ids of families, one of which it must belong to or fit. */
  readonly families?: readonly string[];
  readonly category?: string;
  readonly root?: string;
  readonly sort?: RowOrder;
  readonly limit?: number;
  readonly offset?: number;
}

export interface LibraryOptions {
  /** Folder of models and settings. */
  readonly home?: string;
  /** Folder of the database. */
  readonly cache?: string;
  /** Threads that are shared with others and closed by their owner; without, the library has its own. */
  readonly threads?: LibraryThreads;
}

/**
 * The models of a person: in this program's own folders and in those of other programs. What is known of them from before can be used
 * at once; `refresh` brings it up to date with the folders. Everything that a person notes lives beside the models, so that the
 * database can be deleted at any time.
 */
export class Library {
  readonly home: string;
  readonly #cache: string;
  #tables: { readonly models: ModelTable; readonly hashes: HashTable; close(): void };
  #found: FoundFolders;
  #folders: ReadonlyMap<string, ModelFolder>;
  #hashing: HashQueue;
  /** What is wrong with folders, by the last scan. */
  #notices: readonly Notice[] = [];
  readonly #threads: LibraryThreads;
  readonly #ownsThreads: boolean;
  #scanning: Promise<unknown> = Promise.resolve();

  /** @throws what `readSettings` throws. */
  static async open({ home = homeFolder(), cache = cacheFolder(), threads }: LibraryOptions = {}): Promise<Library> {
    const { modelRoots } = await readSettings(settingsFile(home));
    return new Library(home, cache, threads, await findFolders(home, modelRoots));
  }

  private constructor(home: string, cache: string, threads: LibraryThreads | undefined, found: FoundFolders) {
    this.home = home;
    this.#cache = cache;
    this.#found = found;
    this.#folders = byPath(found);
    this.#tables = openTables(cache);
    this.#ownsThreads = threads === undefined;
    this.#threads = threads ?? new LibraryThreads();
    this.#hashing = new HashQueue(this.#tables.models, this.#tables.hashes, this.#threads);
  }

  /** The folders in which models are looked for, the first place first. */
  get folders(): readonly ModelFolder[] {
    return this.#found.folders;
  }

  /** What is wrong with folders and names; what is wrong with a model stands with the model. */
  get notices(): readonly Notice[] {
    return [...this.#found.notices, ...this.#notices];
  }

  /** Whether a path is in a folder of models, all of which belongs to it. */
  isInModels(path: string): boolean {
    return this.#folderOf(path)?.deep === true;
  }

  find(query: ModelQuery = {}): LibraryModel[] {
    return this.#read(({ models }) => models.find(rowQuery(query))).map(this.#toModel);
  }

  count(query: ModelQuery = {}): number {
    return this.#read(({ models }) => models.count(rowQuery(query)));
  }

  get(path: string): LibraryModel | undefined {
    const row = this.#read(({ models }) => models.get(path));
    return row && this.#toModel(row);
  }

  /** Models with a hash that begins with these hex digits, whichever hash it is. */
  findByHash(digits: string): LibraryModel[] {
    if (!/^[\da-f]{6,64}$/i.test(digits)) return [];
    return this.#read(({ models }) => models.findByHash(digits.toLowerCase())).map(this.#toModel);
  }

  /** The checkpoint that a text names, as A1111 understands it. */
  findCheckpoint(text: string): LibraryModel | undefined {
    return findCheckpoint(text, this.find({ kinds: ['checkpoint', 'denoiser'] }));
  }

  /** The model that a text names: a path or its end, or what names a checkpoint. */
  findModel(text: string): LibraryModel | undefined {
    const byPath = this.get(resolve(text));
    if (byPath !== undefined) return byPath;
    const all = this.find();
    const end = `/${text.replaceAll('\\', '/')}`;
    return all.find(({ path }) => path.replaceAll('\\', '/').endsWith(end)) ?? findCheckpoint(text, all);
  }

  /** The same. @throws missing when there is none. */
  modelNamed(text: string): LibraryModel {
    const model = this.findModel(text);
    if (model !== undefined) return model;
    throw new DanqingError('missing', {
      where: text,
      expected: 'a model of the library',
      found: 'none',
      advice: '`danqing library` lists those there are, `danqing library roots` where they are looked for.',
    });
  }

  /** Groups of models that hold the same tensors, whatever their container and name. */
  findDuplicates(): LibraryModel[][] {
    const groups = new Map<string, LibraryModel[]>();
    for (const row of this.#read(({ models }) => models.findSameTensors())) {
      const group = groups.get(row.tensors!) ?? [];
      groups.set(row.tensors!, [...group, this.#toModel(row)]);
    }
    return [...groups.values()];
  }

  /** What a model goes with, and with `checkpoint` whether it fits it. */
  findPairings(model: LibraryModel, checkpoint?: LibraryModel): Pairing[] {
    const catalogue = openCatalogue();
    return findPairings({
      model,
      checkpoint,
      installed: () => this.find(),
      catalogue: catalogue.entries,
      entryOf: (each) => catalogue.recognise(each)?.entry,
    });
  }

  /** Models in a folder for other kinds. */
  findMisplaced(): LibraryModel[] {
    return this.find().filter((model) => !model.isAtHome && this.#homeOf(model) !== undefined);
  }

  /** Paths of the VAEs to choose from, looked up now. */
  async listVaes(): Promise<string[]> {
    await this.#findFolders();
    return listVaes(this.#found.folders);
  }

  /**
   * Brings the library up to date: makes this program's own folders, looks what is new, changed and gone, and looks into it. One at a
   * time; what is found is usable as it comes.
   */
  refresh({ below, ...options }: ScanOptions = {}): Promise<ScanReport> {
    const scan = this.#scanning.then(async () => {
      const inFolder = below === undefined ? undefined : this.#folderOf(below);
      if (inFolder === undefined) await this.#findFolders();
      const found = inFolder === undefined ? this.#found : { ...this.#found, folders: [inFolder] };
      const partly = inFolder === undefined ? {} : { below };
      const work = () => scanLibrary(found, this.#tables.models, this.#threads.scan, { ...options, ...partly });
      let report: ScanReport;
      try {
        report = await work();
      } catch (error) {
        if (!isDamaged(error)) throw error;
        this.#rebuild();
        report = await work();
      }
      this.#keepNotices(report.notices, inFolder === undefined ? undefined : below);
      return report;
    });
    this.#scanning = scan.catch(() => undefined);
    return scan;
  }

  /** Brings the models of some kinds up to date: what the button beside a list of checkpoints does. */
  async refreshKinds(kinds: readonly KindId[]): Promise<void> {
    await this.#findFolders();
    const folders = this.#found.folders.filter((folder) => kinds.some((kind) => folder.kinds.includes(kind)));
    for (const { path } of folders) await this.refresh({ below: path });
  }

  /** How many models have not all of their hashes yet, and their bytes. */
  countWithoutHashes(): { readonly models: number; readonly bytes: number } {
    return this.#read(({ models }) => models.countWithoutHashes());
  }

  /** The queue that computes hashes. */
  get hashing(): HashQueue {
    return this.#hashing;
  }

  /** Changes what is noted of a model, in the file beside it. @throws as `changeNotes` does; missing for what is no model here. */
  async changeNotes(path: string, changes: NoteChanges): Promise<LibraryModel> {
    const model = this.modelNamed(path);
    await changeNotes(join(dirname(path), `${model.stem}.json`), changes);
    await this.refresh({ below: dirname(path) });
    return this.modelNamed(path);
  }

  /**
   * Moves a model, and what lies beside it, into the folder for its kind: in the program it is in, else in this one.
   * @returns its new path, the old one when it is at home.
   * @throws as `moveModel` does; missing for what is no model here; unsupported for what belongs nowhere.
   */
  async move(path: string): Promise<string> {
    const model = this.modelNamed(path);
    if (model.isAtHome) return path;
    const target = this.#homeOf(model);
    if (target === undefined) {
      const found = model.identification?.title.en ?? 'a file that cannot be read as one';
      throw new DanqingError('unsupported', { where: path, expected: 'a model with a folder for its kind', found });
    }
    const moved = await moveModel(path, target);
    for (const below of [dirname(path), target]) await this.refresh({ below });
    return moved;
  }

  async close(): Promise<void> {
    const stopped = this.#hashing.stop();
    if (this.#ownsThreads) await this.#threads.close();
    await Promise.all([stopped, this.#scanning]);
    this.#tables.close();
  }

  readonly #toModel = (row: FoundRow): LibraryModel =>
    new LibraryModel(row, this.#folders.get(row.folder), () => this.#tables.models.factsOf(row.path));

  /** Where a model belongs: in the program it is in, else in this one. */
  #homeOf({ root, kind }: LibraryModel): string | undefined {
    const inRoot = (wanted: string): string | undefined => {
      const there = this.#found.folders.filter((folder) => folder.root === wanted && folder.kinds.includes(kind));
      return (there.find(({ kinds }) => kinds[0] === kind) ?? there[0])?.path;
    };
    const own = ownFolderOf(kind);
    return inRoot(root) ?? inRoot(this.home) ?? (own === undefined ? undefined : join(this.home, own));
  }

  /** The folder of models that a path is in, the innermost. */
  #folderOf(path: string): ModelFolder | undefined {
    const around = this.#found.folders.filter((folder) => isInside(path, folder.path));
    return around.sort((a, b) => b.path.length - a.path.length)[0];
  }

  async #findFolders(): Promise<void> {
    const problems: Notice[] = [];
    try {
      await makeOwnFolders(this.home);
    } catch (error) {
      problems.push(noticeOf('unreadable', this.home, error as Error));
    }
    const { modelRoots } = await readSettings(settingsFile(this.home));
    const found = await findFolders(this.home, modelRoots);
    this.#found = { ...found, notices: [...problems, ...found.notices] };
    this.#folders = byPath(found);
  }

  /** Notices of a partial scan replace those of the same part. */
  #keepNotices(notices: readonly Notice[], below: string | undefined): void {
    const others = below === undefined ? [] : this.#notices.filter(({ path }) => !isInside(path, below));
    this.#notices = [...others, ...notices];
  }

  /** Reads from the database; a damaged one is made anew, and the next refresh fills it. */
  #read<T>(work: (tables: { readonly models: ModelTable }) => T): T {
    try {
      return work(this.#tables);
    } catch (error) {
      if (!isDamaged(error)) throw error;
      this.#rebuild();
      return work(this.#tables);
    }
  }

  #rebuild(): void {
    this.#tables.close();
    deleteDatabase(this.#cache);
    this.#tables = openTables(this.#cache);
    void this.#hashing.stop();
    this.#hashing = new HashQueue(this.#tables.models, this.#tables.hashes, this.#threads);
  }
}

function openTables(cache: string) {
  const database = openDatabase(cache);
  return {
    models: new ModelTable(database),
    hashes: new HashTable(database),
    close: () => database.close(),
  };
}

const rowQuery = ({ words = '', category, ...query }: ModelQuery): RowQuery => ({
  ...query,
  words: wordsOf(words),
  category: category === undefined ? undefined : readCategory(category),
});

const byPath = ({ folders }: FoundFolders): ReadonlyMap<string, ModelFolder> =>
  new Map(folders.map((folder) => [folder.path, folder]));
