import { DanqingError } from '../../errors.ts';
import { DTYPES, type DType } from '../../tensor/dtype.ts';
import { ByteWindow } from '../byte-window.ts';
import type { Format } from '../format.ts';
import { storedLength } from '../stored-length.ts';
import type { ByteSource, TensorEntry, TensorIndex } from '../tensor-index.ts';

/** The container of ggml programs: metadata, a table of tensors, then their bytes, aligned. Versions 2 and 3. */
export const ggufFormat: Format = {
  name: 'GGUF',
  endings: ['.gguf'],
  recognise: (head) => String.fromCharCode(...head.subarray(0, 4)) === 'GGUF',
  read,
};

/** Element types by their number in the file. */
const TYPES: ReadonlyMap<number, DType> = new Map<number, DType>([
  [0, 'F32'],
  [1, 'F16'],
  [2, 'Q4_0'],
  [3, 'Q4_1'],
  [6, 'Q5_0'],
  [7, 'Q5_1'],
  [8, 'Q8_0'],
  [9, 'Q8_1'],
  [10, 'Q2_K'],
  [11, 'Q3_K'],
  [12, 'Q4_K'],
  [13, 'Q5_K'],
  [14, 'Q6_K'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [20, 'IQ4_NL'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [23, 'IQ4_XS'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [29, 'IQ1_M'],
  [30, 'BF16'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
  [39, 'MXFP4'],
  [40, 'NVFP4'],
  [41, 'Q1_0'],
]);

/** Kinds of metadata values by their number: bytes of one, and how it is read. */
interface ValueKind {
  readonly name: string;
  readonly bytes: number;
  read(view: DataView): number | bigint | boolean;
}

const VALUES: ReadonlyMap<number, ValueKind> = new Map<number, ValueKind>([
  [0, { name: 'u8', bytes: 1, read: (view) => view.getUint8(0) }],
  [1, { name: 'i8', bytes: 1, read: (view) => view.getInt8(0) }],
  [2, { name: 'u16', bytes: 2, read: (view) => view.getUint16(0, true) }],
  [3, { name: 'i16', bytes: 2, read: (view) => view.getInt16(0, true) }],
  [4, { name: 'u32', bytes: 4, read: (view) => view.getUint32(0, true) }],
  [5, { name: 'i32', bytes: 4, read: (view) => view.getInt32(0, true) }],
  [6, { name: 'f32', bytes: 4, read: (view) => view.getFloat32(0, true) }],
  [7, { name: 'bool', bytes: 1, read: (view) => view.getUint8(0) !== 0 }],
  [10, { name: 'u64', bytes: 8, read: (view) => view.getBigUint64(0, true) }],
  [11, { name: 'i64', bytes: 8, read: (view) => view.getBigInt64(0, true) }],
  [12, { name: 'f64', bytes: 8, read: (view) => view.getFloat64(0, true) }],
]);
const TEXT = 8;
const LIST = 9;

const LIMITS = {
  /** Of metadata values, and of tensors. */
  count: 1_000_000,
  textBytes: 16 * 2 ** 20,
  nameBytes: 65_536,
  axes: 8,
  listDepth: 4,
  /** A longer list of metadata (a tokenizer's words) is only described. */
  shownItems: 16,
} as const;

const DEFAULT_ALIGNMENT = 32;

async function read(source: ByteSource): Promise<TensorIndex> {
  const window = new ByteWindow(source, { where: source.file, what: 'GGUF header' });
  await window.fill(24);
  window.skip(4);
  const version = window.u32();
  if (version !== 2 && version !== 3) throw versionTrouble(source.file, version);
  const tensorCount = countWithin(window, window.u64(), LIMITS.count, 'tensors');
  const valueCount = countWithin(window, window.u64(), LIMITS.count, 'metadata values');
  const metadata = new Map<string, string>();
  for (let i = 0; i < valueCount; i++) {
    const key = await readText(window, LIMITS.nameBytes);
    if (metadata.has(key)) throw window.trouble('each key once', `a second ${key}`);
    await window.fill(4);
    metadata.set(key, await readValue(window, window.u32(), 0));
  }
  const records: TensorRecord[] = [];
  for (let i = 0; i < tensorCount; i++) records.push(await readRecord(window));
  const alignment = Number(metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT);
  if (!(Number.isSafeInteger(alignment) && alignment > 0)) throw window.trouble('an alignment', String(alignment));
  const dataStart = Math.ceil(window.position / alignment) * alignment;
  return {
    format: ggufFormat.name,
    file: source.file,
    tensors: placed(source, records, dataStart, alignment),
    metadata,
  };
}

/** One row of the table of tensors; the offset counts from the beginning of the data. */
interface TensorRecord {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly offset: number;
}

async function readRecord(window: ByteWindow): Promise<TensorRecord> {
  const name = await readText(window, LIMITS.nameBytes);
  await window.fill(4);
  const axes = countWithin(window, window.u32(), LIMITS.axes, 'axes');
  await window.fill(axes * 8 + 12);
  // ggml counts axes from the fastest.
  const shape = Array.from({ length: axes }, () => window.u64()).reverse();
  const type = window.u32();
  const dtype = TYPES.get(type);
  if (dtype === undefined) throw window.trouble(`a known element type for ${name}`, `number ${type}`);
  const row = shape.at(-1) ?? 1;
  if (row % DTYPES[dtype].elements !== 0) {
    throw window.trouble(`rows of a multiple of ${DTYPES[dtype].elements} elements for ${name}`, `${row}`);
  }
  return { name, dtype, shape, offset: window.u64() };
}

function placed(
  source: ByteSource,
  records: readonly TensorRecord[],
  dataStart: number,
  alignment: number,
): ReadonlyMap<string, TensorEntry> {
  const tensors = new Map<string, TensorEntry>();
  let end = dataStart;
  for (const { name, dtype, shape, offset } of [...records].sort((a, b) => a.offset - b.offset)) {
    const where = `${source.file} › ${name}`;
    const length = storedLength(where, dtype, shape);
    const start = dataStart + offset;
    if (tensors.has(name)) throw broken(where, 'each name once', 'a second one');
    if (offset % alignment !== 0) throw broken(where, `an offset that is a multiple of ${alignment}`, `${offset}`);
    if (start < end) throw broken(where, `bytes from ${end} on`, `an overlap from ${start} on`);
    end = start + length;
    if (end > source.size) throw broken(where, `a file of at least ${end} bytes`, `${source.size}: it was cut short`);
    tensors.set(name, { name, dtype, shape, file: source.file, offset: start, length });
  }
  return tensors;
}

/** A metadata value as text: numbers and texts as they are, short lists as JSON, long ones in words. */
async function readValue(window: ByteWindow, type: number, depth: number): Promise<string> {
  if (type === TEXT) return readText(window, LIMITS.textBytes);
  if (type === LIST) return readList(window, depth);
  const kind = VALUES.get(type);
  if (kind === undefined) throw window.trouble('a known kind of metadata', `number ${type}`);
  await window.fill(kind.bytes);
  const bytes = window.bytes(kind.bytes);
  return String(kind.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length)));
}

async function readList(window: ByteWindow, depth: number): Promise<string> {
  await window.fill(12);
  const type = window.u32();
  const count = window.u64();
  if (depth >= LIMITS.listDepth) throw window.trouble(`lists at most ${LIMITS.listDepth} deep`, 'deeper ones');
  const kind = VALUES.get(type);
  if (kind !== undefined && count > LIMITS.shownItems) {
    window.skip(count * kind.bytes);
    return `${count} × ${kind.name}`;
  }
  countWithin(window, count, Math.min(LIMITS.count, window.left), 'items');
  const items: string[] = [];
  for (let i = 0; i < count; i++) {
    const item = await readValue(window, type, depth + 1);
    if (i < LIMITS.shownItems) items.push(type === TEXT ? JSON.stringify(item) : item);
  }
  return count > LIMITS.shownItems ? `${count} × ${type === TEXT ? 'text' : 'list'}` : `[${items.join(', ')}]`;
}

async function readText(window: ByteWindow, limit: number): Promise<string> {
  await window.fill(8);
  const length = countWithin(window, window.u64(), limit, 'bytes of text');
  await window.fill(length);
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(window.bytes(length));
}

function countWithin(window: ByteWindow, count: number, limit: number, what: string): number {
  if (count > limit) throw window.trouble(`at most ${limit} ${what}`, `${count}`);
  return count;
}

function versionTrouble(where: string, version: number): DanqingError {
  const swapped = version > 0 && version % 2 ** 24 === 0;
  const found = swapped ? 'big-endian numbers' : `version ${version}`;
  return new DanqingError('unsupported', {
    where,
    expected: 'GGUF version 2 or 3, little-endian',
    found,
    advice: 'Convert it with a newer ggml program.',
  });
}

function broken(where: string, expected: string, found: string): DanqingError {
  return new DanqingError('bad-file', { where, expected, found, advice: 'The file is damaged: download it again.' });
}
