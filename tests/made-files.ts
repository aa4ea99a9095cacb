import { decodeToFloat32, type DType } from '@danqing/engine/tensor/dtype';
import { encodeFloat32 } from '@danqing/engine/tensor/encode';
import type { Container } from '@danqing/engine/weights/file-plan';
import type { MadeTensor } from '@danqing/engine/weights/formula';
import { cutIntoPieces, PieceMaker, sourcesOf } from '@danqing/engine/weights/make-piece';
import { memorySource } from '@danqing/engine/weights/memory-source';
import { openIndex } from '@danqing/engine/weights/open-index';
import { planFile } from '@danqing/engine/weights/plan-file';
import type { ByteSource, TensorIndex } from '@danqing/engine/weights/tensor-index';
import { crc32 } from '@danqing/engine/weights/zip/crc32';

// Model files in memory, for tests of what is made from them.

/** A model file with its index. */
export interface MemoryModel {
  readonly bytes: Uint8Array;
  readonly source: ByteSource;
  readonly index: TensorIndex;
}

/** A tensor by its values, which are counted up from `start` in steps when they are not given. */
export interface TensorOfTest {
  readonly dtype?: DType;
  readonly shape: readonly number[];
  readonly values?: readonly number[];
  readonly bytes?: Uint8Array;
}

/** A tensor of these values. */
export const tensorOf = (
  shape: readonly number[],
  values?: readonly number[] | ((i: number) => number),
  dtype: DType = 'F16',
): TensorOfTest => ({
  shape,
  dtype,
  ...(values !== undefined && {
    values: typeof values === 'function' ? Array.from({ length: countOf(shape) }, (_, i) => values(i)) : values,
  }),
});

const countOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function bytesOf({ dtype = 'F16', shape, values, bytes }: TensorOfTest): Uint8Array {
  if (bytes !== undefined) return bytes;
  const numbers = values ?? Array.from({ length: countOf(shape) }, (_, i) => (i % 64) / 8);
  if (dtype === 'I64') return new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer);
  if (dtype === 'I32') return new Uint8Array(Int32Array.from(numbers).buffer);
  return encodeFloat32(Float32Array.from(numbers), dtype).bytes;
}

/** A file of these tensors. */
export async function modelOf(
  file: string,
  tensors: Readonly<Record<string, TensorOfTest>>,
  metadata: Readonly<Record<string, string>> = {},
  container: Container = 'safetensors',
): Promise<MemoryModel> {
  const made = Object.entries(tensors).map(([name, tensor]): MadeTensor => {
    const { dtype = 'F16', shape } = tensor;
    return { name, dtype, shape, formula: { from: 'bytes', bytes: bytesOf(tensor) } };
  });
  return makeModel(file, made, [], new Map(Object.entries(metadata)), container);
}

/** Makes a planned file of a few tensors, in pieces of `pieceBytes`. */
export async function makeModel(
  file: string,
  tensors: readonly MadeTensor[],
  sources: readonly ByteSource[],
  metadata: ReadonlyMap<string, string> = new Map(),
  container: Container = 'safetensors',
  pieceBytes = 96,
): Promise<MemoryModel> {
  const plan = planFile(container, tensors, metadata);
  const bytes = new Uint8Array(plan.size);
  const maker = new PieceMaker();
  const checksums = new Map<string, number>();
  for (const place of plan.tensors) {
    const tensor = tensors.find(({ name }) => name === place.name)!;
    for (const piece of cutIntoPieces(tensor, pieceBytes)) {
      const read = sourcesOf(tensor, piece).map(async ({ entry, start, length }) =>
        sources.find((source) => source.file === entry.file)!.read(entry.offset + start, length),
      );
      const out = bytes.subarray(place.offset + piece.start, place.offset + piece.start + piece.length);
      maker.make(tensor, piece, await Promise.all(read), out);
    }
    checksums.set(place.name, crc32(bytes.subarray(place.offset, place.offset + place.length)));
  }
  for (const piece of plan.frame(checksums)) bytes.set(piece.bytes, piece.offset);
  const source = memorySource(file, bytes);
  return { bytes, source, index: await openIndex(source) };
}

/** The values of a tensor of a file in memory. */
export async function valuesOf({ index, source }: MemoryModel, name: string): Promise<number[]> {
  const entry = index.tensors.get(name)!;
  return [...decodeToFloat32(await source.read(entry.offset, entry.length), entry.dtype)];
}
