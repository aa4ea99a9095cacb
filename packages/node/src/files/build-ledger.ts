import type { Tally } from '@danqing/engine/tensor/compile-expression';
import { joinCrc32 } from '@danqing/engine/weights/zip/crc32';

/** What is known of one finished piece. */
export interface PieceRecord {
  /** Number of the tensor, in the order of the request. */
  readonly tensor: number;
  readonly start: number;
  readonly length: number;
  readonly tally: Tally;
  /** CRC-32 of its bytes, where it was asked for. */
  readonly checksum?: number;
}

const NOTHING: Tally = { saturated: 0, nan: 0, infinite: 0 };

/** Keeps what the pieces of a file's tensors have to say, in whatever order they are finished. */
export class BuildLedger {
  readonly #pieces = new Map<number, PieceRecord[]>();

  add(record: PieceRecord): void {
    const known = this.#pieces.get(record.tensor);
    if (known === undefined) this.#pieces.set(record.tensor, [record]);
    else known.push(record);
  }

  /** The sum of all pieces of a tensor. */
  tallyOf(tensor: number): Tally {
    return (this.#pieces.get(tensor) ?? []).reduce((sum, { tally }) => addUp(sum, tally), NOTHING);
  }

  /** CRC-32 of a whole tensor. */
  checksumOf(tensor: number): number {
    const pieces = (this.#pieces.get(tensor) ?? []).toSorted((a, b) => a.start - b.start);
    return pieces.reduce((sum, { checksum, length }) => joinCrc32(sum, checksum!, length), 0);
  }
}

/** The sum of two tallies. */
export const addUp = (a: Tally, b: Tally): Tally => ({
  saturated: a.saturated + b.saturated,
  nan: a.nan + b.nan,
  infinite: a.infinite + b.infinite,
});
