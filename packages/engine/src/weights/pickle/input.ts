import type { ByteWindow } from '../byte-window.ts';
import { Mismatch, PickledBytes } from './values.ts';

/** Bounds that keep a hostile pickle from eating time or memory. The largest real training states stay far below. */
export const LIMITS = {
  operations: 2_000_000,
  /** Bytes that are read into memory; longer byte strings stay in the file and do not count. */
  bytes: 256 * 2 ** 20,
  /** One text. */
  textBytes: 64 * 2 ** 20,
  /** One line of the text protocols. */
  lineBytes: 16 * 2 ** 20,
  /** One integer. */
  integerBytes: 1024,
  /** A byte string longer than this stays in the file. */
  inlineBytes: 4096,
} as const;

/** Fewer bytes are buffered than an opcode needs: `length` from its beginning. */
export class Shortage extends Error {
  readonly length: number;

  constructor(length: number) {
    super();
    this.length = length;
  }
}

const NEWLINE = 0x0a;

/** Takes the arguments of opcodes from a window, within the limits. Throws `Shortage` where the window must be filled. */
export class PickleInput {
  /** Position of the opcode that is being carried out. */
  at: number;
  readonly window: ByteWindow;
  #bytesRead = 0;

  constructor(window: ByteWindow) {
    this.window = window;
    this.at = window.position;
  }

  need(length: number): void {
    if (length > this.window.left) {
      throw this.window.trouble(`${length} more bytes`, `only ${this.window.left}`, 'The file is cut short.');
    }
  }

  u8(): number {
    this.need(1);
    return this.window.u8();
  }

  u16(): number {
    this.need(2);
    return this.window.u16();
  }

  i32(): number {
    this.need(4);
    return this.window.i32();
  }

  u32(): number {
    this.need(4);
    return this.window.u32();
  }

  u64(): number {
    this.need(8);
    return this.window.u64();
  }

  f64(): number {
    this.need(8);
    return this.window.f64BigEndian();
  }

  length32(limit: number): number {
    return lengthWithin(this.u32(), limit);
  }

  length64(limit: number): number {
    return lengthWithin(this.u64(), limit);
  }

  bytes(length: number): Uint8Array {
    const window = this.window;
    this.need(length);
    if (!window.holds(length)) throw new Shortage(window.position - this.at + length);
    this.#spend(length);
    return window.bytes(length);
  }

  shortBytes(length: number): PickledBytes {
    return PickledBytes.here(this.bytes(length).slice());
  }

  longBytes(length: number): PickledBytes {
    if (length <= LIMITS.inlineBytes) return this.shortBytes(length);
    this.need(length);
    const bytes = PickledBytes.inSource(this.window.position, length);
    this.window.skip(length);
    return bytes;
  }

  line(): Uint8Array {
    const window = this.window;
    const length = window.find(NEWLINE);
    if (length === undefined) {
      if (window.buffered >= window.left) {
        throw window.trouble('the end of a line', 'no more lines', 'The file is cut short.');
      }
      if (window.buffered > LIMITS.lineBytes)
        throw new Mismatch(`a line of at most ${LIMITS.lineBytes} bytes`, undefined, 'a longer one');
      throw new Shortage(window.position - this.at + 4 * Math.max(window.buffered, 64));
    }
    this.#spend(length);
    const bytes = window.bytes(length);
    window.skip(1);
    return bytes;
  }

  #spend(length: number): void {
    this.#bytesRead += length;
    if (this.#bytesRead > LIMITS.bytes)
      throw new Mismatch(`a pickle with at most ${LIMITS.bytes} bytes of text`, undefined, 'more');
  }
}

function lengthWithin(length: number, limit: number): number {
  if (length > limit) throw new Mismatch(`a length of at most ${limit}`, length);
  return length;
}
