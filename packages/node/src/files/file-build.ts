import { availableParallelism } from 'node:os';
import type { Tally } from '@danqing/engine/tensor/compile-expression';
import type { FilePlan } from '@danqing/engine/weights/file-plan';
import type { MadeTensor, Piece, Stretch } from '@danqing/engine/weights/formula';
import { cutIntoPieces, PieceMaker, sourcesOf } from '@danqing/engine/weights/make-piece';
import type { ByteSource } from '@danqing/engine/weights/tensor-index';
import { CallThread } from '../threads/call-thread.ts';
import { BuildLedger, type PieceRecord } from './build-ledger.ts';
import type { BuildRequest } from './build-request.ts';
import type { ThreadTensor, ThreadWork } from './build-thread-work.ts';
import { fastCrc32 } from './checksum.ts';
import type { FileSource } from './file-source.ts';
import type { NewFile } from './new-file.ts';
import type { WriteLargeOptions } from './write-large-file.ts';

/** Bytes of a piece that is made in this thread, and how many such pieces are under way at once. */
const PIECE_BYTES = 1 << 18;
const LANES = 3;
/** Less than this is done before a thread has started. */
const THREAD_BYTES = 16 << 20;
const THREADS = Math.min(4, availableParallelism());
/** The disk is told to begin writing whenever this much has gathered, so that at the end there is little left. */
const FLUSH_BYTES = 256 << 20;

/** A piece that is made on this side of the threads. */
interface Task {
  readonly made: ThreadTensor;
  readonly piece: Piece;
}

/**
 * One run of `buildFile`: threads of its own make what stands in files, this one makes the rest. A thread that waits for the system
 * writes what it has just read or computed while that is still in its processor's cache: half the work of asking for both and
 * being told.
 */
export class FileBuild {
  readonly #request: BuildRequest;
  readonly #plan: FilePlan;
  readonly #file: NewFile;
  readonly #options: WriteLargeOptions;
  readonly #files = new Map<string, FileSource>();
  readonly #derived = new Map<string, ByteSource>();
  readonly #ledger = new BuildLedger();
  readonly #maker = new PieceMaker();
  /** See `ThreadWork`. */
  readonly #shared = new Int32Array(new SharedArrayBuffer(8));
  #doneBytes = 0;
  #flushedBytes = 0;
  #flushing: Promise<void> | undefined;
  /** A disk tells each of its troubles only once. */
  #flushTrouble: Error | undefined;

  constructor(request: BuildRequest, plan: FilePlan, file: NewFile, options: WriteLargeOptions) {
    this.#request = request;
    this.#plan = plan;
    this.#file = file;
    this.#options = options;
    for (const { index, files } of request.models) {
      for (const source of files) this.#files.set(source.file, source);
      for (const [name, source] of index.derived ?? []) this.#derived.set(name, source);
    }
  }

  /** Makes and writes all tensors. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    const stop = (): void => void Atomics.store(this.#shared, 1, 1);
    signal?.addEventListener('abort', stop);
    try {
      const made = this.#inOrder();
      const inFiles = made.filter(({ tensor }) => this.#isInFiles(tensor));
      const bytes = inFiles.reduce((sum, { length }) => sum + length, 0);
      const inThreads = new Set(bytes < THREAD_BYTES ? [] : inFiles);
      const tasks = made
        .filter((each) => !inThreads.has(each))
        .flatMap((each) => cutIntoPieces(each.tensor, PIECE_BYTES).map((piece) => ({ made: each, piece })));
      const work = [...this.#startThreads([...inThreads]), ...this.#startLanes(tasks)];
      for (const one of work) one.catch(stop);
      // All come to their end before the file is closed, also when one of them fails.
      const ends = await Promise.allSettled(work);
      await this.#flushing;
      signal?.throwIfAborted();
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      if (this.#flushTrouble !== undefined) throw this.#flushTrouble;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /** CRC-32 of each tensor by name, where the container wants them. */
  checksums(): ReadonlyMap<string, number> {
    if (!this.#plan.checksummed) return new Map();
    return new Map(this.#request.tensors.map(({ name }, i) => [name, this.#ledger.checksumOf(i)]));
  }

  /** What there is to say about the values of each tensor, by name. */
  tallies(): ReadonlyMap<string, Tally> {
    return new Map(this.#request.tensors.map(({ name }, i) => [name, this.#ledger.tallyOf(i)]));
  }

  /** The tensors with their places, in the order of their bytes. */
  #inOrder(): (ThreadTensor & { readonly length: number })[] {
    const numbers = new Map(this.#request.tensors.map(({ name }, i) => [name, i]));
    return this.#plan.tensors.map(({ name, offset, length }) => {
      const number = numbers.get(name)!;
      return { tensor: this.#request.tensors[number]!, number, offset, length };
    });
  }

  /** Whether a thread can read for itself all that a tensor is made from. */
  #isInFiles({ formula }: MadeTensor): boolean {
    if (formula.from === 'bytes') return false;
    const entries = formula.from === 'tensor' ? [formula.entry] : formula.operands;
    return entries.every(({ file }) => this.#files.has(file));
  }

  #startThreads(tensors: readonly ThreadTensor[]): Promise<void>[] {
    if (tensors.length === 0) return [];
    const work: ThreadWork = {
      tensors,
      files: new Map([...this.#files].map(([name, { descriptor }]) => [name, descriptor])),
      target: this.#file.handle.fd,
      path: this.#request.path,
      checksummed: this.#plan.checksummed,
      shared: this.#shared,
    };
    return Array.from({ length: THREADS }, async () => {
      const thread = new CallThread<ThreadWork, readonly PieceRecord[], number>(
        new URL('./build-thread-work.ts', import.meta.url),
      );
      try {
        const records = await thread.call(work, { onProgress: (bytes) => this.#advance(bytes) });
        for (const record of records) this.#ledger.add(record);
      } finally {
        await thread.close();
      }
    });
  }

  #startLanes(tasks: readonly Task[]): Promise<void>[] {
    let next = 0;
    return Array.from({ length: Math.min(LANES, tasks.length) }, async () => {
      const room = new Uint8Array(PIECE_BYTES);
      while (Atomics.load(this.#shared, 1) === 0) {
        const task = tasks[next++];
        if (task === undefined) return;
        await this.#make(task, room);
      }
    });
  }

  async #make({ made: { tensor, number, offset }, piece }: Task, room: Uint8Array): Promise<void> {
    const out = piece.length <= room.length ? room.subarray(0, piece.length) : new Uint8Array(piece.length);
    const read = sourcesOf(tensor, piece).map(async (stretch) => this.#read(stretch, tensor, out));
    const tally = this.#maker.make(tensor, piece, await Promise.all(read), out);
    const checksum = this.#plan.checksummed ? { checksum: fastCrc32(out) } : {};
    await this.#file.write(out, offset + piece.start);
    this.#ledger.add({ tensor: number, ...piece, tally, ...checksum });
    this.#advance(piece.length);
  }

  /** The bytes of a stretch; where they are copied, they are read to the place that they are written from. */
  async #read({ entry, start, length }: Stretch, { formula }: MadeTensor, out: Uint8Array): Promise<Uint8Array> {
    const file = this.#files.get(entry.file);
    if (file === undefined) return this.#derived.get(entry.file)!.read(entry.offset + start, length);
    const bytes = formula.from === 'tensor' ? out : new Uint8Array(length);
    await file.readInto(bytes, entry.offset + start);
    return bytes;
  }

  #advance(bytes: number): void {
    this.#doneBytes += bytes;
    this.#options.onProgress?.(this.#doneBytes, this.#plan.size);
    if (this.#flushing !== undefined || this.#doneBytes - this.#flushedBytes < FLUSH_BYTES) return;
    this.#flushedBytes = this.#doneBytes;
    this.#flushing = this.#flush();
  }

  async #flush(): Promise<void> {
    try {
      await this.#file.handle.datasync();
    } catch (error) {
      this.#flushTrouble ??= error as Error;
      Atomics.store(this.#shared, 1, 1);
    } finally {
      this.#flushing = undefined;
    }
  }
}
