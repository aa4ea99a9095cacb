import { DanqingError } from '../errors.ts';
import { SAFETENSORS_DTYPES, type SafetensorsDType } from '../tensor/dtype.ts';
import { HEADER_LIMIT } from './formats/safetensors.ts';
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

const ALIGNMENT = 8;
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
  // Every character is at least a byte: what is far too long need not be put together first.
  refuseLength([...metadata].reduce((sum, [key, text]) => sum + key.length + text.length, 0));
  const sorted = [...tensors].sort(
    (a, b) => rankOf.get(b.dtype)! - rankOf.get(a.dtype)! || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  const names = new Set<string>();
  const parts: string[] = [];
  if (metadata.size > 0)
    parts.push(`"__metadata__":${recordOf([...metadata].map(([key, text]) => [key, quote(text)]))}`);
  const places: { tensor: PlannedTensor; start: number; length: number }[] = [];
  let end = 0;
  for (const tensor of sorted) {
    const { name, dtype, shape } = tensor;
    refuseName(name, names);
    names.add(name);
    const length = storedLength(name, dtype, shape);
    places.push({ tensor, start: end, length });
    const offsets = `${end},${end + length}`;
    parts.push(`${quote(name)}:{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${offsets}]}`);
    end += length;
  }
  const header = headerBytes(`{${parts.join(',')}}`);
  return {
    header,
    tensors: places.map(({ tensor, start, length }) => ({ ...tensor, offset: header.length + start, length })),
    size: header.length + end,
  };
}

const quote = (text: string): string => JSON.stringify(text);

const recordOf = (pairs: readonly (readonly [string, string])[]): string =>
  `{${pairs.map(([key, value]) => `${quote(key)}:${value}`).join(',')}}`;

function refuseName(name: string, taken: ReadonlySet<string>): void {
  const found = taken.has(name) ? 'the name twice' : name === '__metadata__' ? 'the name of the metadata' : undefined;
  if (found === undefined) return;
  throw new DanqingError('bad-value', { where: `safetensors › ${name}`, expected: 'a name of its own', found });
}

function headerBytes(json: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  refuseLength(length);
  const bytes = new Uint8Array(ALIGNMENT + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, ALIGNMENT);
  return bytes;
}

function refuseLength(length: number): void {
  if (length <= HEADER_LIMIT) return;
  throw new DanqingError('bad-value', {
    where: 'safetensors header',
    expected: `at most ${HEADER_LIMIT} bytes`,
    found: `${length} bytes`,
    advice: 'Shorten the metadata.',
  });
}
