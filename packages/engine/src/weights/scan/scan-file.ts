import { DanqingError } from '../../errors.ts';
import { ByteWindow } from '../byte-window.ts';
import { HEAD_BYTES, type ReadOptions } from '../format.ts';
import { formats } from '../formats/index.ts';
import { recogniseFormat } from '../open-index.ts';
import { partSource } from '../part-source.ts';
import { readTarDirectory } from '../tar/tar-directory.ts';
import type { ByteSource } from '../tensor-index.ts';
import { findHiddenArchive, readZipDirectory, type ZipMember } from '../zip/zip-directory.ts';
import { openMember } from '../zip/zip-member.ts';
import { scanNpy } from './scan-npy.ts';
import { SCAN_OPERATIONS, type ScanBudget, scanPickles } from './scan-pickles.ts';
import { ScanNotes, type ScanReport } from './scan-report.ts';

const NESTING_LIMIT = 4;
/** A packed member is unpacked for the scan only up to this. */
const UNPACK_LIMIT_BYTES = 64 * 2 ** 20;
const MEMBER_LIMIT = 100_000;
/** Magic number, protocol, system, object, storage keys. */
const LEGACY_PICKLES = 5;
/** Members of archives that are taken for pickles by their names, whatever they begin with. */
const PICKLE_ENDINGS = /\.(?:pkl|pickle|p|joblib|dat|data|pt|pth|bin|ckpt)$/i;

/** Containers that cannot hold code, by the name of their format. */
const HARMLESS = new Set([
  formats.safetensorsFormat.name,
  formats.ggufFormat.name,
  formats.onnxFormat.name,
  formats.pictureEmbeddingFormat.name,
]);

/** Files that might hold code, known by their first bytes, that cannot be looked into. */
const OPAQUE: readonly (readonly [string, string])[] = [
  ['7z archive', '7z\xbc\xaf\x27\x1c'],
  ['gzip file', '\x1f\x8b'],
  ['bzip2 file', 'BZh'],
  ['xz file', '\xfd7zXZ'],
  ['zstandard file', '\x28\xb5\x2f\xfd'],
  ['lz4 file', '\x04\x22\x4d\x18'],
  ['zlib file', '\x78\x9c'],
  ['RAR archive', 'Rar!'],
  ['HDF5 file', '\x89HDF'],
];

/**
 * Lists what a file would make programs import that run its pickles, in every container: pickles in a row, torch files,
 * zip and tar archives, numpy files. Builds no object, runs nothing, and never fails for what is inside the file: what
 * it cannot see stands in the report, which then is not safe.
 */
export async function scanFile(source: ByteSource, options: Pick<ReadOptions, 'inflate'> = {}): Promise<ScanReport> {
  const notes = new ScanNotes();
  const container = await new Scan(notes, options).scan(source, 0, true);
  return notes.report(source.file, container);
}

class Scan {
  readonly #notes: ScanNotes;
  readonly #options: Pick<ReadOptions, 'inflate'>;
  readonly #budget: ScanBudget = { operations: SCAN_OPERATIONS };
  #members = 0;

  constructor(notes: ScanNotes, options: Pick<ReadOptions, 'inflate'>) {
    this.#notes = notes;
    this.#options = options;
  }

  /** Scans one file or member; answers what it is. `expected`: whether it should hold a pickle or be known. */
  async scan(source: ByteSource, depth: number, expected: boolean): Promise<string> {
    const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
    const format = recogniseFormat(head);
    const text = String.fromCharCode(...head.subarray(0, 8));
    const opaque = OPAQUE.find(([, mark]) => text.startsWith(mark))?.[0];
    let name = format?.name ?? (text.startsWith('\x93NUMPY') ? 'numpy' : opaque) ?? 'unknown';
    await this.#guarded(source.file, async () => {
      if (format === formats.torchZipFormat) name = await this.#scanZip(source, depth);
      else if (format === formats.torchTarFormat) await this.#scanTar(source);
      else if (format === formats.torchLegacyFormat)
        await scanPickles(windowOf(source), this.#notes, this.#budget, LEGACY_PICKLES);
      else if (name === 'numpy') await scanNpy(source, this.#notes, this.#budget);
      else if (opaque !== undefined && expected) this.#notes.missed(source.file, `a ${opaque} cannot be looked into`);
      else if (expected && !HARMLESS.has(name)) await scanPickles(windowOf(source), this.#notes, this.#budget);
      else await this.#scanUnexpected(source);
      if (depth === 0 && format !== formats.torchZipFormat) await this.#lookBehind(source);
    });
    return name;
  }

  /** Bytes that are something else, but might be a pickle too: they count only when they name something. */
  async #scanUnexpected(source: ByteSource): Promise<void> {
    const own = new ScanNotes();
    await scanPickles(windowOf(source), own, this.#budget);
    if (own.count > 0 && own.plausible) this.#notes.add(own);
  }

  /** Some programs take any file with a zip directory at its end for a zip archive. */
  async #lookBehind(source: ByteSource): Promise<void> {
    const hidden = await findHiddenArchive(source);
    if (hidden === undefined) return;
    const where = `${source.file} › hidden zip`;
    this.#notes.missed(where, 'a zip archive behind other bytes');
    await this.#guarded(where, async () => void (await this.#scanZip(partSource(where, hidden), 1)));
  }

  /** Answers what kind of zip archive it is. */
  async #scanZip(source: ByteSource, depth: number): Promise<string> {
    if (depth >= NESTING_LIMIT) {
      this.#notes.missed(source.file, 'archives within archives, too deep');
      return 'zip';
    }
    const members = [...(await readZipDirectory(source)).values()];
    for (const member of members) {
      if (++this.#members > MEMBER_LIMIT) {
        this.#notes.missed(source.file, `more than ${MEMBER_LIMIT} members`);
        break;
      }
      await this.#guarded(`${source.file} › ${member.name}`, () => this.#scanMember(source, member, depth));
    }
    return members.some((member) => /(?:^|\/)data\.pkl$/.test(member.name)) ? formats.torchZipFormat.name : 'zip';
  }

  async #scanMember(source: ByteSource, member: ZipMember, depth: number): Promise<void> {
    if (member.sizeBytes === 0) return;
    const where = `${source.file} › ${member.name}`;
    if (member.method !== 0 && member.sizeBytes > UNPACK_LIMIT_BYTES) {
      return this.#notes.missed(where, `a packed member of ${member.sizeBytes} bytes`);
    }
    // A mark of encryption on open data stops careful readers, and not the careless ones.
    const span = await openMember(source, { ...member, encrypted: false }, this.#options.inflate);
    const expected = PICKLE_ENDINGS.test(member.name);
    await this.scan(partSource(where, span), depth + 1, expected);
  }

  async #scanTar(source: ByteSource): Promise<void> {
    const members = await readTarDirectory(source);
    for (const [name, span] of members) {
      if (span.length > 0) await this.#scanUnexpected(partSource(`${source.file} › ${name}`, span));
    }
    // The lists of storages and tensors hold pickles between raw bytes: only their reader finds them all.
    const { torchTarFormat } = formats;
    await torchTarFormat.read(source, { foreign: 'ignore', placed: false, onGlobal: this.#notes.found });
  }

  /** What is wrong with one part becomes a note and stops nothing else. */
  async #guarded(where: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof DanqingError) || error.code === 'io') throw error;
      this.#notes.missed(where, `expected ${error.trouble.expected}, found ${error.trouble.found}`);
    }
  }
}

function windowOf(source: ByteSource): ByteWindow {
  return new ByteWindow(source, { where: source.file, what: 'pickle' });
}
