import { dirname, join } from 'node:path';
import type { ModelNotes } from '@danqing/contract/model-notes';
import type { FamilyFact, Identification, KindId } from '@danqing/engine/identify/identification';
import type { FoundRow } from '../db/model-table.ts';
import { isSafeContainer } from './is-safe-container.ts';
import { type ModelFacts, NO_FACTS } from './model-facts.ts';
import type { ModelFolder } from './model-folder.ts';
import { modelStem } from './model-stem.ts';
import type { Notice } from './notice.ts';
import type { CivitaiFacts, SideFacts } from './side-files.ts';
import { isAtHome, wrongFolderNotice } from './wrong-folder.ts';
import { wrongHashNotice } from './wrong-hash.ts';

/** Hashes as far as they have been computed, under the names they are known by; hex digits in lower case. */
export interface KnownHashes {
  /** A1111's first hash, 8 digits. */
  readonly old?: string;
  readonly sha256?: string;
  /** Civitai's AutoV2 and A1111's short hash: 10 digits of `sha256`. */
  readonly autoV2?: string;
  /** 12 digits of the hash of the data. */
  readonly autoV3?: string;
  /** The same for a model in another container. */
  readonly tensors?: string;
  readonly blake3?: string;
  readonly crc32?: string;
}

/** A model of the library with all that is known of it, which is read when it is asked for: lists of thousands show little of each. */
export class LibraryModel {
  readonly #row: FoundRow;
  readonly #home: ModelFolder | undefined;
  readonly #loadFacts: () => string | undefined;
  #facts: ModelFacts | undefined;
  #sides: SideFacts | undefined;

  /**
   * @param home its folder of models, which says what kinds are at home there.
   * @param loadFacts fetches its facts from the database, as JSON.
   */
  constructor(row: FoundRow, home: ModelFolder | undefined, loadFacts: () => string | undefined) {
    this.#row = row;
    this.#home = home;
    this.#loadFacts = loadFacts;
  }

  get path(): string {
    return this.#row.path;
  }

  /** Path from its folder of models, with `/`: what A1111 calls it. */
  get name(): string {
    return this.#row.name;
  }

  /** File name without its ending: how prompts name it. */
  get stem(): string {
    return modelStem(this.path);
  }

  /** A1111's title: the name, and in brackets the short hash once it is known. */
  get title(): string {
    const { sha256 } = this.#row;
    return sha256 === null ? this.name : `${this.name} [${sha256.slice(0, 10)}]`;
  }

  /** The root it was found in, as it is set. */
  get root(): string {
    return this.#row.root;
  }

  /** Its folder of models. */
  get folder(): string {
    return this.#row.folder;
  }

  get kind(): KindId {
    return this.#row.kind as KindId;
  }

  /** Ids of the families it belongs to or fits. */
  get familyIds(): readonly string[] {
    return this.#row.families.split(' ').filter((id) => id !== '');
  }

  get families(): readonly FamilyFact[] {
    return this.identification?.families ?? [];
  }

  /** Absent where the file cannot be read as a model. */
  get identification(): Identification | undefined {
    return this.facts.identification;
  }

  get facts(): ModelFacts {
    return (this.#facts ??= parseFacts(this.#loadFacts()));
  }

  get sizeBytes(): number {
    return this.#row.sizeBytes;
  }

  /** Time of the last change, in milliseconds since 1970. */
  get changedMs(): number {
    return this.#row.changedMs;
  }

  /** Whether its drive is not connected. */
  get isAway(): boolean {
    return this.#row.away === 1;
  }

  /** Whether it lies where programs look for its kind. */
  get isAtHome(): boolean {
    return this.#home === undefined || isAtHome(this.path, this.kind, this.#home);
  }

  /** Whether it is in a container that cannot hold code. */
  get isSafeContainer(): boolean {
    return isSafeContainer(this.path);
  }

  get notes(): ModelNotes {
    return this.#sidesOf().notes;
  }

  get civitai(): CivitaiFacts | undefined {
    return this.#sidesOf().civitai;
  }

  /** Path of its preview picture. */
  get preview(): string | undefined {
    const { preview } = this.#sidesOf();
    return preview === undefined ? undefined : join(dirname(this.path), preview);
  }

  /** Words that call it up in a prompt: as noted, else as Civitai or the file say. */
  get triggerWords(): readonly string[] {
    const { activationText } = this.notes;
    return activationText === undefined ? (this.civitai?.trainedWords ?? this.facts.triggerWords) : [activationText];
  }

  get hashes(): KnownHashes {
    const { old, sha256, data, tensors, blake3, crc32 } = this.#row;
    const hashes = { old, sha256, autoV2: sha256?.slice(0, 10), autoV3: data?.slice(0, 12), tensors, blake3, crc32 };
    return Object.fromEntries(Object.entries(hashes).filter(([, hash]) => typeof hash === 'string'));
  }

  /** What a person should know of it. */
  get notices(): readonly Notice[] {
    const { path, isAtHome: isHere } = this;
    const { data, notices } = this.#row;
    const told = JSON.parse(notices) as Notice[];
    // Thousands are asked for theirs, and most have nothing to tell: their facts are not fetched.
    const wrongFolder = isHere ? undefined : wrongFolderNotice(path, this.facts.identification, this.#home);
    return [
      // What is said of notes before the hash of the data is known is said better afterwards.
      ...(data === null ? told : told.filter((notice) => notice.type !== 'wrong-note' || notice.path !== path)),
      ...(wrongFolder ? [wrongFolder] : []),
      ...(data === null ? [] : this.facts.claimed.flatMap((claim) => wrongHashNotice(path, claim, data) ?? [])),
    ];
  }

  /** All of it, as JSON shows it. */
  toJSON(): Record<string, unknown> {
    const { path, name, title, kind, familyIds, sizeBytes, changedMs, isAway, isSafeContainer: safe } = this;
    const { notes, civitai, preview, triggerWords, hashes, notices, root, folder, facts } = this;
    const { identification, ...inside } = facts;
    return {
      path,
      name,
      title,
      kind,
      families: familyIds,
      sizeBytes,
      changed: new Date(changedMs).toISOString(),
      away: isAway,
      safe,
      notes,
      civitai,
      preview,
      triggerWords,
      hashes,
      notices,
      root,
      folder,
      inside,
      identification,
    };
  }

  #sidesOf(): SideFacts {
    return (this.#sides ??= JSON.parse(this.#row.sides) as SideFacts);
  }
}

/** Of a model that has just been removed nothing is known. */
const parseFacts = (json: string | undefined): ModelFacts =>
  json === undefined ? NO_FACTS : (JSON.parse(json) as ModelFacts);
