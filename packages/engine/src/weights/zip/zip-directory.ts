import { DanqingError } from '../../errors.ts';
import type { ByteSource, Span } from '../tensor-index.ts';

/** A file inside a zip archive, as the archive's directory describes it. */
export interface ZipMember {
  readonly name: string;
  readonly method: number;
  readonly encrypted: boolean;
  /** Length of the data in the archive, in bytes. */
  readonly storedBytes: number;
  /** Length of the data once unpacked, in bytes. */
  readonly sizeBytes: number;
  /** Where its own header stands. */
  readonly headerOffset: number;
  /** Where the bytes that may be its header and data end: the next member or the directory. */
  readonly limit: number;
  readonly nameBytes: Uint8Array;
}

export const STORED = 0;
export const DEFLATED = 8;

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const END64_SIGNATURE = 0x06064b50;
const END64_BYTES = 56;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_BYTES = 20;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;
const HEADER_SIGNATURE = 0x04034b50;
const HEADER_BYTES = 30;
const COMMENT_LIMIT = 0xffff;
/** The end of the archive that is read at once; it usually holds the whole directory. */
const TAIL_BYTES = 1 << 17;
const DIRECTORY_LIMIT = 64 * 2 ** 20;

const FULL16 = 0xffff;
const FULL32 = 0xffffffff;

/**
 * Reads the directory of a zip archive (zip64 too) without its members. Every archive trick that readers disagree on is
 * refused: bytes before or after it, members that overlap or occur twice, sizes that do not fit.
 * @throws bad-file naming the rule that is broken.
 */
export async function readZipDirectory(source: ByteSource): Promise<ReadonlyMap<string, ZipMember>> {
  const { start, end, count } = await findDirectory(source);
  const bytes = await source.read(start, end - start);
  const entries = readEntries(source.file, bytes, count);
  entries.sort((a, b) => a.headerOffset - b.headerOffset);
  const members = new Map<string, ZipMember>();
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!;
    entry.limit = entries[i + 1]?.headerOffset ?? start;
    const { name, headerOffset, limit } = entry;
    const least = HEADER_BYTES + entry.nameBytes.length + entry.storedBytes;
    if (headerOffset + least > limit) {
      throw trouble(source.file, `room of ${least} bytes for ${name}`, `${limit - headerOffset}: members overlap`);
    }
    if (members.has(name)) throw trouble(source.file, 'each name once', `a second ${name}`);
    members.set(name, entry);
  }
  return members;
}

/**
 * Where the data of a member begins, by its own header.
 * @throws bad-file when that header says something else than the directory; unsupported when the data is encrypted.
 */
export async function locateData(source: ByteSource, member: ZipMember): Promise<number> {
  const where = `${source.file} › ${member.name}`;
  if (member.encrypted) {
    throw new DanqingError('unsupported', { where, expected: 'open data', found: 'a member locked with a password' });
  }
  const length = Math.min(HEADER_BYTES + member.nameBytes.length, member.limit - member.headerOffset);
  const bytes = await source.read(member.headerOffset, length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const nameLength = view.getUint16(26, true);
  const name = bytes.subarray(HEADER_BYTES);
  const same =
    view.getUint32(0, true) === HEADER_SIGNATURE &&
    nameLength === member.nameBytes.length &&
    member.nameBytes.every((byte, i) => byte === name[i]);
  if (!same) throw trouble(where, 'a header of this name', 'another one than the directory says');
  if (view.getUint16(8, true) !== member.method) throw trouble(where, `packing method ${member.method}`, 'another one');
  // Sizes may be left out here (zero) or stand in a zip64 field (all ones).
  const stored = view.getUint32(18, true);
  if (stored !== 0 && stored !== FULL32 && stored !== member.storedBytes) {
    throw trouble(where, `${member.storedBytes} bytes of data, as the directory says`, `${stored}`);
  }
  const offset = member.headerOffset + HEADER_BYTES + nameLength + view.getUint16(28, true);
  if (offset + member.storedBytes > member.limit) {
    throw trouble(where, `${member.storedBytes} bytes of data before the next member`, `${member.limit - offset}`);
  }
  return offset;
}

/**
 * The part of a file that some readers take for a zip archive although other bytes stand before it; undefined where
 * there is no end of an archive.
 */
export async function findHiddenArchive(source: ByteSource): Promise<Span | undefined> {
  const tailStart = Math.max(0, source.size - TAIL_BYTES);
  const tail = await source.read(tailStart, source.size - tailStart);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length);
  const at = findEnd(view);
  if (at === undefined) return undefined;
  const offset = tailStart + at - view.getUint32(at + 12, true) - view.getUint32(at + 16, true);
  return offset < 0 ? undefined : { source, offset, length: source.size - offset };
}

/** A member whose limit is found when all are known. */
type ZipEntry = Omit<ZipMember, 'limit'> & { limit: number };

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

async function findDirectory(source: ByteSource): Promise<{ start: number; end: number; count: number }> {
  const tailStart = Math.max(0, source.size - TAIL_BYTES);
  const tail = await source.read(tailStart, source.size - tailStart);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length);
  const at = findEnd(view);
  if (at === undefined) {
    throw trouble(
      source.file,
      'a zip directory at the end',
      'none',
      'The download was probably cut short: download the file again.',
    );
  }
  const endAt = tailStart + at;
  const disk = view.getUint16(at + 4, true);
  let count = view.getUint16(at + 10, true);
  let size = view.getUint32(at + 12, true);
  let start = view.getUint32(at + 16, true);
  let end = endAt;
  // torch writes a zip64 end even where the plain one would do.
  if (at >= LOCATOR_BYTES && view.getUint32(at - LOCATOR_BYTES, true) === LOCATOR_SIGNATURE) {
    end = u64(view, at - LOCATOR_BYTES + 8);
    if (end + END64_BYTES > endAt) throw trouble(source.file, 'a zip64 end inside the file', `one at byte ${end}`);
    const bytes = await source.read(end, END64_BYTES);
    const end64 = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (end64.getUint32(0, true) !== END64_SIGNATURE) throw trouble(source.file, 'a zip64 end', 'something else');
    const agree = (plain: number, full: number, wide: number): number => {
      if (plain !== full && plain !== wide) throw trouble(source.file, 'two ends that agree', `${plain} and ${wide}`);
      return wide;
    };
    count = agree(count, FULL16, u64(end64, 32));
    size = agree(size, FULL32, u64(end64, 40));
    start = agree(start, FULL32, u64(end64, 48));
  }
  if (disk !== 0) throw trouble(source.file, 'an archive in one piece', `part ${disk + 1}`);
  if (size > DIRECTORY_LIMIT) throw trouble(source.file, `a directory of at most ${DIRECTORY_LIMIT} bytes`, `${size}`);
  if (start + size !== end) {
    throw trouble(source.file, `a directory from byte ${start} to ${start + size}`, `its end at byte ${end}`);
  }
  return { start, end, count };
}

/** Offset of the last end record whose comment reaches just to the end of the file. */
function findEnd(view: DataView): number | undefined {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= 0 && at >= last - COMMENT_LIMIT; at--) {
    if (view.getUint32(at, true) === END_SIGNATURE && view.getUint16(at + 20, true) === last - at) return at;
  }
  return undefined;
}

function readEntries(file: string, bytes: Uint8Array, count: number): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: ZipEntry[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + ENTRY_BYTES > bytes.length || view.getUint32(at, true) !== ENTRY_SIGNATURE) {
      throw trouble(file, `an entry at byte ${at} of the directory`, 'something else');
    }
    const nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const end = extraEnd + view.getUint16(at + 32, true);
    if (end > bytes.length) throw trouble(file, `a whole entry at byte ${at} of the directory`, 'a part of one');
    const nameBytes = bytes.subarray(at + ENTRY_BYTES, nameEnd);
    const name = decoder.decode(nameBytes);
    if (name.includes('\0')) throw trouble(file, 'names without zero bytes', JSON.stringify(name));
    const { storedBytes, sizeBytes, headerOffset } = sizesOf(view, at, nameEnd, extraEnd);
    const method = view.getUint16(at + 10, true);
    if (method === STORED && storedBytes !== sizeBytes) {
      throw trouble(file, `one length for ${name}, which is not packed`, `${storedBytes} and ${sizeBytes}`);
    }
    const encrypted = (view.getUint16(at + 8, true) & 1) === 1;
    entries.push({ name, nameBytes, method, encrypted, storedBytes, sizeBytes, headerOffset, limit: 0 });
    at = end;
  }
  if (entries.length !== count) throw trouble(file, `${count} entries in the directory`, `${entries.length}`);
  return entries;
}

/** Sizes and place of an entry; a zip64 field replaces those that are all ones, in this order. */
function sizesOf(
  view: DataView,
  at: number,
  extraStart: number,
  extraEnd: number,
): Pick<ZipEntry, 'sizeBytes' | 'storedBytes' | 'headerOffset'> {
  let storedBytes = view.getUint32(at + 20, true);
  let sizeBytes = view.getUint32(at + 24, true);
  let headerOffset = view.getUint32(at + 42, true);
  for (let field = extraStart; field + 4 <= extraEnd;) {
    const length = view.getUint16(field + 2, true);
    const fieldEnd = Math.min(field + 4 + length, extraEnd);
    if (view.getUint16(field, true) === 1) {
      let next = field + 4;
      const take = (value: number): number => {
        if (value !== FULL32 || next + 8 > fieldEnd) return value;
        next += 8;
        return u64(view, next - 8);
      };
      sizeBytes = take(sizeBytes);
      storedBytes = take(storedBytes);
      headerOffset = take(headerOffset);
    }
    field += 4 + length;
  }
  return { sizeBytes, storedBytes, headerOffset };
}

/** Exact up to 2^53; beyond that still larger than any file. */
function u64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}

function trouble(where: string, expected: string, found: string, advice?: string): DanqingError {
  return new DanqingError('bad-file', {
    where: `${where} › zip`,
    expected,
    found,
    advice: advice ?? 'The file is damaged, or made to deceive: get it again from a source that you trust.',
  });
}
