import { DanqingError } from '../errors.ts';
import type { ByteSource } from './tensor-index.ts';

const CHUNK_BYTES = 1 << 16;

/** What a format says of itself when its bytes end too early. */
export interface WindowNames {
  /** Beginning of errors: `model.pt › archive/data.pkl`. */
  readonly where: string;
  /** What the bytes are: `pickle`, `GGUF header`. */
  readonly what: string;
}

/**
 * Reads forward through part of a source with a buffer: `await fill(n)` where `holds(n)` is false, then take up to n
 * bytes without waiting. Positions count from the beginning of the source.
 */
export class ByteWindow {
  readonly source: ByteSource;
  readonly names: WindowNames;
  /** Where the part ends. */
  readonly end: number;
  position: number;
  #bytes: Uint8Array = new Uint8Array();
  #view: DataView = new DataView(new ArrayBuffer(0));
  readonly #chunkBytes: number;
  /** Position of the first buffered byte. */
  #start: number;

  constructor(source: ByteSource, names: WindowNames, start = 0, end = source.size, chunkBytes = CHUNK_BYTES) {
    this.source = source;
    this.names = names;
    this.position = start;
    this.end = end;
    this.#start = start;
    this.#chunkBytes = chunkBytes;
  }

  /** Bytes between here and the end. */
  get left(): number {
    return this.end - this.position;
  }

  /** Whether `length` bytes from here are buffered. */
  holds(length: number): boolean {
    return this.position - this.#start + length <= this.#bytes.length;
  }

  /**
   * Buffers `length` bytes from here.
   * @throws bad-file when the part ends before.
   */
  async fill(length: number): Promise<void> {
    if (length > this.left) throw this.trouble(`${length} more bytes`, `only ${this.left} before the end`);
    await this.fillUpTo(length);
  }

  /** Buffers `length` bytes from here, or as many as there are. */
  async fillUpTo(length: number): Promise<void> {
    if (this.holds(Math.min(length, this.left))) return;
    const wanted = Math.min(this.left, Math.max(length, this.#chunkBytes));
    const bytes = await this.source.read(this.position, wanted);
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#start = this.position;
  }

  /** Passes over bytes without reading them. */
  skip(length: number): void {
    if (length > this.left) throw this.trouble(`${length} more bytes`, `only ${this.left} before the end`);
    this.position += length;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** Exact up to 2^53; beyond that still larger than any file. */
  u64(): number {
    const at = this.#advance(8);
    return this.#view.getUint32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
  }

  /** Big-endian double, as pickles have it. */
  f64BigEndian(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** A view of buffered bytes, good until the next `fill`. */
  bytes(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Number of buffered bytes from here. */
  get buffered(): number {
    return this.#bytes.length - (this.position - this.#start);
  }

  /** Offset from here of the next buffered `byte`, or undefined when none is buffered. */
  find(byte: number): number | undefined {
    const from = this.position - this.#start;
    const at = this.#bytes.indexOf(byte, from);
    return at < 0 ? undefined : at - from;
  }

  /** An error at this position. */
  trouble(expected: string, found: string, advice?: string): DanqingError {
    return new DanqingError('bad-file', {
      where: `${this.names.where} › byte ${this.position}`,
      expected: `${expected} of ${this.names.what}`,
      found,
      ...(advice === undefined ? {} : { advice }),
    });
  }

  #advance(length: number): number {
    const at = this.position - this.#start;
    // Reading past the buffer is a mistake of the caller, who must fill first; the bounds check of the views shows it.
    this.position += length;
    return at;
  }
}
