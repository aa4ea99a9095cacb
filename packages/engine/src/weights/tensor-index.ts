import type { DType } from '../tensor/dtype.ts';

/** One stored tensor: where its bytes stand, without having read them. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Absolute path (or another name the host understands) of the file that holds the bytes. */
  readonly file: string;
  /** Byte offset of the first element in `file`. */
  readonly offset: number;
  /** Length in bytes. */
  readonly length: number;
}

/**
 * All tensors of one model file (or of the shards of one), in file order, and the file's own notes.
 * Every container format ends here: safetensors, torch zip, torch legacy, GGUF.
 */
export interface TensorIndex {
  /** Container format, for people: `safetensors`, `torch zip`, … */
  readonly format: string;
  readonly file: string;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Text metadata of the container, empty where it has none. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Random access to a file's bytes; the engine's only way to see a file. */
export interface ByteSource {
  readonly file: string;
  readonly size: number;
  /** Reads exactly `length` bytes at `offset`; fails with code `io` or `bad-file` if the file is shorter. */
  read(offset: number, length: number): Promise<Uint8Array>;
}
