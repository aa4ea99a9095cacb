import { DanqingError } from '../errors.ts';
import { HEADER_LIMIT } from './formats/safetensors.ts';

/** What the header says about one tensor; offsets count from the end of the header. */
export interface HeaderRecord {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** The header's length comes first, and headers are padded to a multiple of its size. */
const ALIGNMENT = 8;

/**
 * The first bytes of a safetensors file: length of the header, then the header, padded with spaces.
 * @throws bad-value for a header over the format's limit.
 */
export function safetensorsHeader(
  records: readonly HeaderRecord[],
  metadata: ReadonlyMap<string, string>,
): Uint8Array<ArrayBuffer> {
  // Every character is at least a byte: what is far too long need not be put together first.
  refuseLength([...metadata].reduce((sum, [key, text]) => sum + key.length + text.length, 0));
  const parts = records.map(
    ({ name, dtype, shape, start, end }) =>
      `${quote(name)}:{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${start},${end}]}`,
  );
  const notes = [...metadata].map(([key, text]) => `${quote(key)}:${quote(text)}`);
  const all = notes.length === 0 ? parts : [`"__metadata__":{${notes.join(',')}}`, ...parts];
  return headerBytes(`{${all.join(',')}}`);
}

const quote = (text: string): string => JSON.stringify(text);

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
