import { DanqingError } from '../../errors.ts';
import { DTYPES, itemBytes } from '../../tensor/dtype.ts';
import { memorySource } from '../memory-source.ts';
import type { ByteSource, TensorEntry, Span } from '../tensor-index.ts';
import { DERIVED } from '../with-sources.ts';
import type { ArrayValue } from './collect.ts';
import { derivedSource, isDense, type Layout } from './derived-source.ts';
import type { NumpyArray } from './numpy-array.ts';
import { type TorchStorage, TorchTensor } from './torch-tensor.ts';

/** Where a torch file keeps its bytes. */
export interface Storages {
  /** The file itself; what lies elsewhere is not in place. */
  readonly source: ByteSource;
  /** What the pickle was read from, which long bytes inside it stand in. */
  readonly pickle: ByteSource;
  readonly bigEndian: boolean;
  /** The bytes of a storage. */
  locate(storage: TorchStorage): Promise<Span> | Span;
}

/** Entries of an index, and the sources of those that no file holds as they are. */
export interface Placed {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly derived: ReadonlyMap<string, ByteSource>;
}

/** A tensor may be larger than what is stored of it (an expanded one repeats its elements), but only up to this. */
const EXPANDED_LIMIT = 64 * 2 ** 20;
/** How many members are looked at at once. */
const BATCH = 64;

/**
 * Says for every array where its bytes are: in the file where they stand there dense and little-endian, else in a
 * derived source.
 * @throws bad-file when a storage is shorter than its tensors need.
 */
export async function placeArrays(arrays: ReadonlyMap<string, ArrayValue>, storages: Storages): Promise<Placed> {
  const tensors = new Map<string, TensorEntry>();
  const derived = new Map<string, ByteSource>();
  const all = [...arrays];
  for (let at = 0; at < all.length; at += BATCH) {
    const batch = all.slice(at, at + BATCH);
    const spans = await Promise.all(batch.map(([, array]) => spanOf(array, storages)));
    batch.forEach(([name, array], i) => {
      tensors.set(name, placeOne(name, array, spans[i]!, storages, derived));
    });
  }
  return { tensors, derived };
}

/** The same entries without looking where their bytes are: every offset is NaN. */
export function listArrays(arrays: ReadonlyMap<string, ArrayValue>, file: string): Placed {
  const tensors = new Map<string, TensorEntry>();
  for (const [name, array] of arrays) {
    tensors.set(name, { name, dtype: array.dtype, shape: array.shape, file, offset: NaN, length: lengthOf(array) });
  }
  return { tensors, derived: new Map() };
}

function placeOne(
  name: string,
  array: ArrayValue,
  span: Span,
  { source, bigEndian }: Storages,
  derived: Map<string, ByteSource>,
): TensorEntry {
  const layout = layoutOf(array, bigEndian);
  const length = lengthOf(array);
  const entry = { name, dtype: array.dtype, shape: array.shape, length };
  if (span.source === source && layout.swapBytes === 1 && isDense(layout)) {
    return { ...entry, file: source.file, offset: span.offset + layout.offset * layout.itemBytes };
  }
  const file = source.file + DERIVED + name;
  if (length > span.length && length > EXPANDED_LIMIT) {
    throw new DanqingError('bad-file', {
      where: file,
      expected: `at most the ${span.length} bytes that are stored`,
      found: `a tensor that repeats them up to ${length} bytes`,
      advice: 'The file is made to deceive.',
    });
  }
  derived.set(file, derivedSource(file, span, layout));
  return { ...entry, file, offset: 0 };
}

async function spanOf(array: ArrayValue, storages: Storages): Promise<Span> {
  if (!(array instanceof TorchTensor)) return numpySpan(array, storages.pickle);
  const span = await storages.locate(array.storage);
  const wanted = array.storage.start + array.storage.length;
  if (wanted > span.length) {
    throw new DanqingError('bad-file', {
      where: `${storages.source.file} › storage ${array.storage.key}`,
      expected: `${wanted} bytes`,
      found: `${span.length}`,
      advice: 'The file is damaged: download it again.',
    });
  }
  return { source: span.source, offset: span.offset + array.storage.start, length: array.storage.length };
}

function numpySpan({ data }: NumpyArray, pickle: ByteSource): Span {
  if (data.inline === undefined) return { source: pickle, offset: data.offset, length: data.length };
  return { source: memorySource('numpy array', data.inline), offset: 0, length: data.length };
}

function lengthOf(array: ArrayValue): number {
  return array.shape.reduce((a, b) => a * b, itemBytes(array.dtype));
}

function layoutOf(array: ArrayValue, bigEndianFile: boolean): Layout {
  const { shape, dtype } = array;
  const size = DTYPES[dtype].bytes;
  const isTorch = array instanceof TorchTensor;
  const bigEndian = isTorch ? bigEndianFile : array.bigEndian;
  const swapBytes = dtype.startsWith('C') ? size / 2 : size;
  return {
    shape,
    strides: isTorch ? array.strides : stridesOf(shape, array.fortran),
    offset: isTorch ? array.offset : 0,
    itemBytes: size,
    swapBytes: bigEndian ? swapBytes : 1,
  };
}

function stridesOf(shape: readonly number[], fortran: boolean): number[] {
  const strides = shape.map(() => 1);
  const axes = fortran ? shape.keys() : [...shape.keys()].reverse();
  let step = 1;
  for (const axis of axes) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}
