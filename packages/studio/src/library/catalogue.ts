import { readFileSync } from 'node:fs';
import type { CatalogueEntry } from '@danqing/contract/catalogue';
import { catalogueFile } from '../folders.ts';
import { foldText, wordsOf } from './fold-text.ts';
import { modelStem } from './model-stem.ts';

/** A file as far as the catalogue can know it. */
export interface CataloguedFile {
  readonly path: string;
  readonly kind: string;
  readonly hashes?: { readonly sha256?: string; readonly autoV2?: string };
}

/** The entry that a file is, and by what it is known. */
export interface Recognition {
  readonly entry: CatalogueEntry;
  /** A hash is certain; a name may be that of another version. */
  readonly by: 'hash' | 'file name' | 'name';
}

/** What is looked for in the catalogue; everything that is given must hold. */
export interface CatalogueQuery {
  readonly kind?: string;
  /** Category: anime, realistic, 2.5d; character, style, concept, clothing, object; or other. */
  readonly category?: string;
}

/** The catalogue that comes with the program, read once. */
export const openCatalogue = (): Catalogue =>
  (opened ??= new Catalogue(JSON.parse(readFileSync(catalogueFile, 'utf8')) as CatalogueEntry[]));

let opened: Catalogue | undefined;

/** Well-known models: what they are for, what to write, and what goes with what. */
export class Catalogue {
  readonly entries: readonly CatalogueEntry[];
  readonly #byId: ReadonlyMap<string, CatalogueEntry>;
  readonly #searched: readonly { readonly entry: CatalogueEntry; readonly names: string; readonly all: string }[];
  readonly #names: readonly { readonly entry: CatalogueEntry; readonly name: string; readonly isFile: boolean }[];

  constructor(entries: readonly CatalogueEntry[]) {
    this.entries = entries;
    this.#byId = new Map(entries.map((entry) => [entry.id, entry]));
    this.#searched = entries.map((entry) => ({ entry, names: searchedNames(entry), all: searchedText(entry) }));
    this.#names = entries.flatMap((entry) => [
      ...(entry.fileName === undefined ? [] : [{ entry, name: bareName(modelStem(entry.fileName)), isFile: true }]),
      ...[entry.id, entry.name, ...(entry.alsoCalled ?? [])].map((name) => ({
        entry,
        name: bareName(modelStem(name)),
        isFile: false,
      })),
    ]);
  }

  get(id: string): CatalogueEntry | undefined {
    return this.#byId.get(id);
  }

  /** Entries that hold all of the words, in English or Chinese, or a hash; those whose names hold them come first. */
  search(text: string, { kind, category }: CatalogueQuery = {}): CatalogueEntry[] {
    const words = wordsOf(text);
    const fitting = this.#searched.filter(
      ({ entry, all }) =>
        (kind === undefined || entry.kind === kind) &&
        (category === undefined || categoryOf(entry) === category) &&
        words.every((word) => all.includes(word)),
    );
    const rank = (names: string): number => (words.every((word) => names.includes(word)) ? 0 : 1);
    return fitting.sort((a, b) => rank(a.names) - rank(b.names)).map(({ entry }) => entry);
  }

  /** The entry that a text names as a whole: by a name of it, its file, or a hash. */
  named(text: string): CatalogueEntry | undefined {
    const wanted = bareName(modelStem(text.trim()));
    const byHash = this.entries.find(({ hashes }) =>
      [hashes?.autoV2, hashes?.shortHash].some((hash) => hash?.toLowerCase() === wanted),
    );
    return byHash ?? this.#names.find(({ name }) => name === wanted && name !== '')?.entry;
  }

  /** The entry that a file is: by its hash; by its file name; by a name of the entry that its own is or begins with. */
  recognise(file: CataloguedFile): Recognition | undefined {
    const entry = this.#byHash(file);
    if (entry !== undefined) return { entry, by: 'hash' };
    const stem = modelStem(file.path);
    const bare = bareName(stem);
    const named = this.#names.filter((each) => isOfKind(each.entry, file.kind));
    const same = named.find(({ name, isFile }) => isFile && name === bare) ?? named.find(({ name }) => name === bare);
    if (same !== undefined) return { entry: same.entry, by: same.isFile ? 'file name' : 'name' };
    const [beginning] = named
      .filter(({ name }) => name.length >= LEAST_BEGINNING && isBeginning(stem, name))
      .sort((a, b) => b.name.length - a.name.length);
    return beginning && { entry: beginning.entry, by: 'name' };
  }

  /** Links to a model at places that programs can fetch from, each once. */
  fetchable({ links = [] }: CatalogueEntry): string[] {
    const urls = links.filter(({ site }) => site === 'civitai' || site === 'huggingface').map(({ url }) => url);
    return [...new Set(urls)];
  }

  /** Ten digits of the SHA-256 name a file, whoever prints them. */
  #byHash({ hashes }: CataloguedFile): CatalogueEntry | undefined {
    const short = (hashes?.autoV2 ?? hashes?.sha256?.slice(0, SHORT_HASH))?.toLowerCase();
    if (short === undefined || short.length < SHORT_HASH) return undefined;
    return this.entries.find(({ hashes: own }) =>
      [own?.autoV2, own?.shortHash].some((hash) => hash?.toLowerCase() === short),
    );
  }
}

const SHORT_HASH = 10;

/** Shorter names begin too many others: `LOFI`, `NED`. */
const LEAST_BEGINNING = 6;

/** Category of an entry as a person would sort it (LIB-19, LIB-20). */
export function categoryOf({ kind, class: own }: CatalogueEntry): string | undefined {
  return own ?? (kind === 'checkpoint' ? 'other' : undefined);
}

const searchedNames = ({ id, name, alsoCalled = [], fileName = '' }: CatalogueEntry): string =>
  foldText([id, name, ...alsoCalled, fileName].join('\n'));

function searchedText(entry: CatalogueEntry): string {
  const { purpose, advice, triggerWords = [], hashes, base = '', class: own = '', mergeOf = [], kind } = entry;
  const others = [purpose.en, purpose.zh, advice?.en ?? '', advice?.zh ?? '', ...triggerWords, ...mergeOf];
  const known = [hashes?.autoV2 ?? '', hashes?.shortHash ?? '', base, own, kind];
  return `${searchedNames(entry)}\n${foldText([...others, ...known].join('\n'))}`;
}

/** Letters and digits of a name in any script: what stays the same however people write it. */
const bareName = (name: string): string => foldText(name).replaceAll(/[^\p{L}\p{N}]/gu, '');

/** Whether a file's stem is a name and then something else that is no part of a word: `chilloutmix_Ni`, `Counterfeit-V2.5`. */
function isBeginning(stem: string, name: string): boolean {
  const parts = foldText(stem).split(/[^\p{L}\p{N}]+/u);
  let read = '';
  for (const part of parts.slice(0, -1)) {
    read += part;
    if (read === name) return true;
  }
  // A version may follow without a mark between: `deliberatev2`, `anything45`.
  const rest = bareName(stem).startsWith(name) ? bareName(stem).slice(name.length) : '';
  return /^(?:v?\d|ver)/.test(rest);
}

/** LyCORIS files are called LoRA by most, and a denoiser was part of a checkpoint. */
function isOfKind({ kind }: CatalogueEntry, found: string): boolean {
  const same: Readonly<Record<string, string>> = { lycoris: 'lora', denoiser: 'checkpoint' };
  return kind === (same[found] ?? found) || kind === found;
}
