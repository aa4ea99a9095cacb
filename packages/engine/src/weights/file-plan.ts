import type { DType } from '../tensor/dtype.ts';
import type { FramePiece } from './zip/zip-layout.ts';

/** A kind of file that models can be saved as. */
export type Container = 'safetensors' | 'torch';

/** A tensor that is to be saved. */
export interface SavedTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** Where the bytes of a tensor go. */
export interface TensorPlace {
  readonly name: string;
  /** Byte offset from the beginning of the file. */
  readonly offset: number;
  /** Length in bytes. */
  readonly length: number;
}

/** A model file that is still to be written. */
export interface FilePlan {
  /** In the order of their bytes. */
  readonly tensors: readonly TensorPlace[];
  /** Size of the whole file in bytes. */
  readonly size: number;
  /** Whether the frame needs checksums of the tensors. */
  readonly checksummed: boolean;
  /** All bytes that are no tensor's; `checksums` holds the CRC-32 of each tensor by name, where they are needed. */
  frame(checksums: ReadonlyMap<string, number>): readonly FramePiece[];
}
