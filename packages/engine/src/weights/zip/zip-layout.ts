/** A file that is stored in an archive as it is. */
export interface StoredMember {
  readonly name: string;
  /** Bytes. */
  readonly length: number;
}

/** A member with its place in the archive to be. */
export interface PlacedMember extends StoredMember {
  readonly headerOffset: number;
  /** Byte offset of its contents. */
  readonly offset: number;
}

/** Bytes that belong at a place of a file. */
export interface FramePiece {
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A zip archive that is still to be written. */
export interface ZipLayout {
  readonly members: readonly PlacedMember[];
  /** Size of the whole file in bytes. */
  readonly size: number;
  /** Everything between and behind the contents, given the CRC-32 of each member. */
  frame(checksums: readonly number[]): FramePiece[];
}

/** Where contents begin: at multiples of this, as torch writes them, so that they can be mapped into memory. */
const ALIGNMENT = 64;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const END64_BYTES = 56;
const LOCATOR_BYTES = 20;
const LARGE = 0xffffffff;
const MANY = 0xffff;
/** Names are UTF-8. */
const FLAGS = 0x0800;
const VERSION = 20;
/** With 64-bit sizes or offsets. */
const VERSION64 = 45;
/** The first of January 1980, where zip's calendar begins: the same bytes every time. */
const DATE = 0x21;
const ZIP64_ID = 1;
/** Padding, under the id that torch uses. */
const PADDING_ID = 0x4246;

/** Lays out an archive of stored members, with the 64-bit extension where sizes ask for it. */
export function layOutZip(files: readonly StoredMember[]): ZipLayout {
  const names = files.map(({ name }) => new TextEncoder().encode(name));
  const members: PlacedMember[] = [];
  let end = 0;
  files.forEach((file, i) => {
    const bare = end + LOCAL_BYTES + names[i]!.length + (file.length >= LARGE ? 20 : 0);
    const offset = Math.ceil((bare + 4) / ALIGNMENT) * ALIGNMENT;
    members.push({ ...file, headerOffset: end, offset });
    end = offset + file.length;
  });
  const directory = directoryBytes(members, names);
  const needs64 = end >= LARGE || directory >= LARGE || files.length >= MANY;
  const size = end + directory + (needs64 ? END64_BYTES + LOCATOR_BYTES : 0) + END_BYTES;
  return {
    members,
    size,
    frame(checksums) {
      const headers = members.map((member, i) => localHeader(member, names[i]!, checksums[i]!));
      const writer = new Writer(size - end);
      members.forEach((member, i) => writeEntry(writer, member, names[i]!, checksums[i]!));
      writeEnd(writer, members.length, end, directory, needs64);
      return [...headers, { offset: end, bytes: writer.bytes }];
    },
  };
}

function localHeader(member: PlacedMember, name: Uint8Array, checksum: number): FramePiece {
  const { headerOffset, offset, length } = member;
  const writer = new Writer(offset - headerOffset);
  const isLarge = length >= LARGE;
  writer.u32(0x04034b50);
  writeCommon(writer, isLarge, checksum, isLarge ? LARGE : length, name);
  writer.u16(offset - headerOffset - LOCAL_BYTES - name.length);
  writer.put(name);
  if (isLarge) {
    writer.u16(ZIP64_ID);
    writer.u16(16);
    writer.u64(length);
    writer.u64(length);
  }
  writer.u16(PADDING_ID);
  writer.u16(writer.left - 2);
  writer.bytes.fill(0x5a, writer.position);
  return { offset: headerOffset, bytes: writer.bytes };
}

/** What the header of a member and its entry in the directory have in common, up to the length of the name. */
function writeCommon(writer: Writer, needs64: boolean, checksum: number, length: number, name: Uint8Array): void {
  writer.u16(needs64 ? VERSION64 : VERSION);
  writer.u16(FLAGS);
  writer.u16(0); // stored
  writer.u16(0); // midnight
  writer.u16(DATE);
  writer.u32(checksum);
  writer.u32(length);
  writer.u32(length);
  writer.u16(name.length);
}

/** The 64-bit numbers of an entry of the directory: sizes, then the offset, each only where it does not fit 32 bits. */
function wideNumbers({ length, headerOffset }: PlacedMember): number[] {
  return [...(length >= LARGE ? [length, length] : []), ...(headerOffset >= LARGE ? [headerOffset] : [])];
}

function directoryBytes(members: readonly PlacedMember[], names: readonly Uint8Array[]): number {
  return members.reduce((sum, member, i) => {
    const wide = wideNumbers(member).length;
    return sum + CENTRAL_BYTES + names[i]!.length + (wide > 0 ? 4 + 8 * wide : 0);
  }, 0);
}

function writeEntry(writer: Writer, member: PlacedMember, name: Uint8Array, checksum: number): void {
  const wide = wideNumbers(member);
  writer.u32(0x02014b50);
  writer.u16(wide.length > 0 ? VERSION64 : VERSION);
  writeCommon(writer, wide.length > 0, checksum, Math.min(member.length, LARGE), name);
  writer.u16(wide.length > 0 ? 4 + 8 * wide.length : 0);
  writer.u16(0); // comment
  writer.u16(0); // disk
  writer.u16(0); // internal attributes
  writer.u32(0); // external attributes
  writer.u32(Math.min(member.headerOffset, LARGE));
  writer.put(name);
  if (wide.length === 0) return;
  writer.u16(ZIP64_ID);
  writer.u16(8 * wide.length);
  for (const value of wide) writer.u64(value);
}

function writeEnd(writer: Writer, count: number, start: number, length: number, needs64: boolean): void {
  if (needs64) {
    writer.u32(0x06064b50);
    writer.u64(END64_BYTES - 12);
    writer.u16(VERSION64);
    writer.u16(VERSION64);
    writer.u32(0);
    writer.u32(0);
    writer.u64(count);
    writer.u64(count);
    writer.u64(length);
    writer.u64(start);
    writer.u32(0x07064b50);
    writer.u32(0);
    writer.u64(start + length);
    writer.u32(1);
  }
  writer.u32(0x06054b50);
  writer.u16(0);
  writer.u16(0);
  writer.u16(Math.min(count, MANY));
  writer.u16(Math.min(count, MANY));
  writer.u32(Math.min(length, LARGE));
  writer.u32(Math.min(start, LARGE));
  writer.u16(0);
}

/** Little-endian numbers one after the other. */
class Writer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  position = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  get left(): number {
    return this.bytes.length - this.position;
  }

  u16(value: number): void {
    this.#view.setUint16(this.position, value, true);
    this.position += 2;
  }

  u32(value: number): void {
    this.#view.setUint32(this.position, value, true);
    this.position += 4;
  }

  u64(value: number): void {
    this.#view.setBigUint64(this.position, BigInt(value), true);
    this.position += 8;
  }

  put(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.position);
    this.position += bytes.length;
  }
}
