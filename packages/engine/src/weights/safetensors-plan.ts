import { DanqingError } from '../errors.ts';
import { SAFETENSORS_DTYPES, type SafetensorsDType } from '../tensor/dtype.ts';
import { safetensorsHeader } from './safetensors-header.ts';
import { storedLength } from './stored-length.ts';

/** A tensor that is to be written. */
export interface PlannedTensor {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
}

/** A planned tensor with its place in the file to be. */
export interface PlacedTensor extends PlannedTensor {
  /** Byte offset from the beginning of the file. */
  readonly offset: number;
  /** Length in bytes. */
  readonly length: number;
}

/** A safetensors file that is still to be written: its beginning, and where the bytes of each tensor go. */
export interface SafetensorsPlan {
  /** Header length and header: the first bytes of the file. */
  readonly header: Uint8Array<ArrayBuffer>;
  /** In the order of their bytes, which follow the header without a gap. */
  readonly tensors: readonly PlacedTensor[];
  /** Size of the whole file in bytes. */
  readonly size: number;
}

const rankOf = new Map(Object.keys(SAFETENSORS_DTYPES).map((dtype, rank) => [dtype, rank]));

/**
 * Lays out a safetensors file as the reference implementation does: wide types first, so that everything is aligned,
 * then by name; the header is padded with spaces to 8 bytes.
 * @throws bad-value for a name that is taken twice or reserved, or a header over the format's limit.
 */
export function planSafetensors(
  tensors: Iterable<PlannedTensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): SafetensorsPlan {
  const sorted = [...tensors].sort(
    (a, b) => rankOf.get(b.dtype)! - rankOf.get(a.dtype)! || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  const names = new Set<string>();
  const places: { tensor: PlannedTensor; start: number; length: number }[] = [];
  let end = 0;
  for (const tensor of sorted) {
    const { name, dtype, shape } = tensor;
    refuseName(name, names);
    names.add(name);
    const length = storedLength(name, dtype, shape);
    places.push({ tensor, start: end, length });
    end += length;
  }
  const header = safetensorsHeader(
    places.map(({ tensor, start, length }) => ({ ...tensor, start, end: start + length })),
    metadata,
  );
  return {
    header,
    tensors: places.map(({ tensor, start, length }) => ({ ...tensor, offset: header.length + start, length })),
    size: header.length + end,
  };
}

function refuseName(name: string, taken: ReadonlySet<string>): void {
  const found = taken.has(name) ? 'the name twice' : name === '__metadata__' ? 'the name of the metadata' : undefined;
  if (found === undefined) return;
  throw new DanqingError('bad-value', { where: `safetensors › ${name}`, expected: 'a name of its own', found });
}
