// What runs in the threads of `buildFile`: reads, computes and writes pieces, without waiting for anyone.
import { readSync, writeSync } from 'node:fs';
import { DanqingError } from '@danqing/engine/errors';
import type { MadeTensor, Piece } from '@danqing/engine/weights/formula';
import { cutIntoPieces, PieceMaker, sourcesOf } from '@danqing/engine/weights/make-piece';
import { serveCalls } from '../threads/serve-calls.ts';
import type { PieceRecord } from './build-ledger.ts';
import { fastCrc32 } from './checksum.ts';
import { readingTrouble } from './reading-trouble.ts';
import { writingTrouble } from './writing-trouble.ts';

/** What all threads of one build share. */
export interface ThreadWork {
  readonly tensors: readonly ThreadTensor[];
  /** Open files by the name that entries call them by. */
  readonly files: ReadonlyMap<string, number>;
  /** The new file, open. */
  readonly target: number;
  /** Its path, for errors. */
  readonly path: string;
  readonly checksummed: boolean;
  /** Number of the next piece that nobody has taken; then 1 when all are to stop. */
  readonly shared: Int32Array;
}

export interface ThreadTensor {
  readonly tensor: MadeTensor;
  /** Its number in the whole request. */
  readonly number: number;
  /** Where it begins in the new file. */
  readonly offset: number;
}

/**
 * Bytes of a piece: what is read for it, and it, stay in the processor's cache; and writes of a megabyte and more make Linux look for
 * large pages, which takes longer than it gains.
 */
const PIECE_BYTES = 1 << 18;
/** Progress is told this often at most. */
const TELL_EVERY_BYTES = 16 << 20;

serveCalls<ThreadWork, readonly PieceRecord[], number>((work, { tell }) => {
  const { tensors, shared } = work;
  const tasks = tensors.flatMap((made) => cutIntoPieces(made.tensor, PIECE_BYTES).map((piece) => ({ made, piece })));
  const maker = new PieceMaker();
  const rooms = new Rooms();
  const records: PieceRecord[] = [];
  let untold = 0;
  try {
    while (Atomics.load(shared, 1) === 0) {
      const task = tasks[Atomics.add(shared, 0, 1)];
      if (task === undefined) break;
      records.push(makePiece(work, task.made, task.piece, maker, rooms));
      untold += task.piece.length;
      if (untold < TELL_EVERY_BYTES) continue;
      tell(untold);
      untold = 0;
    }
  } catch (error) {
    Atomics.store(shared, 1, 1);
    throw error;
  }
  tell(untold);
  return records;
});

function makePiece(
  work: ThreadWork,
  { tensor, number, offset }: ThreadTensor,
  piece: Piece,
  maker: PieceMaker,
  rooms: Rooms,
): PieceRecord {
  const out = rooms.take(0, piece.length);
  const sources = sourcesOf(tensor, piece).map(({ entry, start, length }, i) => {
    // What is copied is read to the place that it is written from.
    const bytes = tensor.formula.from === 'tensor' ? out : rooms.take(i + 1, length);
    readAll(entry.file, work.files.get(entry.file)!, bytes, entry.offset + start);
    return bytes;
  });
  const tally = maker.make(tensor, piece, sources, out);
  writeAll(work, out, offset + piece.start);
  const checksum = work.checksummed ? { checksum: fastCrc32(out) } : {};
  return { tensor: number, ...piece, tally, ...checksum };
}

/** Memory that is used again for every piece. */
class Rooms {
  readonly #rooms: Uint8Array[] = [];

  take(which: number, length: number): Uint8Array {
    const room = this.#rooms[which];
    if (room !== undefined && room.length >= length) return room.subarray(0, length);
    return (this.#rooms[which] = new Uint8Array(length));
  }
}

function readAll(file: string, descriptor: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    let read: number;
    try {
      read = readSync(descriptor, bytes, done, bytes.length - done, position + done);
    } catch (error) {
      throw readingTrouble(file, error);
    }
    if (read === 0) {
      throw new DanqingError('io', {
        where: file,
        expected: `${bytes.length} bytes at ${position}`,
        found: `only ${done}`,
        advice: 'The file became shorter while it was read: try again once nothing writes to it.',
      });
    }
    done += read;
  }
}

function writeAll({ target, path }: ThreadWork, bytes: Uint8Array, position: number): void {
  try {
    for (let done = 0; done < bytes.length;) {
      done += writeSync(target, bytes, done, bytes.length - done, position + done);
    }
  } catch (error) {
    throw writingTrouble(path, error);
  }
}
