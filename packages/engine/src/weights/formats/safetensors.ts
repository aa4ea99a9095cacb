import { DanqingError } from '../../errors.ts';
import { isSafetensorsDType, type SafetensorsDType } from '../../tensor/dtype.ts';
import type { Format, ReadOptions } from '../format.ts';
import { JsonTrouble, StrictJson } from '../json/strict-json.ts';
import { storedLength } from '../stored-length.ts';
import type { ByteSource, TensorEntry, TensorIndex } from '../tensor-index.ts';
import type { TensorLists } from '../tensor-lists.ts';

/** Longest header that the format allows, in bytes. */
export const HEADER_LIMIT = 100_000_000;

const LENGTH_BYTES = 8;
const DOWNLOAD_AGAIN = 'The download was probably cut short: download the file again.';
const NOT_WHOLE = 'The file is damaged or was written by a faulty program: get it again from its source.';

/** The safetensors container: header length, JSON header, then the tensors' bytes without a gap. */
export const safetensorsFormat: Format = {
  name: 'safetensors',
  endings: ['.safetensors', '.safetensor', '.sft'],
  recognise(head) {
    if (head.length < LENGTH_BYTES + 2 || head[LENGTH_BYTES] !== 0x7b) return false;
    const length = headerLength(head);
    return length <= HEADER_LIMIT && /^[\s"}]/.test(String.fromCharCode(head[LENGTH_BYTES + 1]!));
  },
  read: readSafetensors,
};

/**
 * Reads the header of a safetensors file and checks it by the rules of the format: every dtype known, tensors in
 * offset order without hole or overlap from the end of the header to the end of the file, every length equal to what
 * dtype and shape say, each name once.
 * @throws bad-file naming the rule that is broken.
 */
export async function readSafetensors(source: ByteSource, { lists }: ReadOptions = {}): Promise<TensorIndex> {
  const where = `${source.file} › safetensors header`;
  if (source.size < LENGTH_BYTES) {
    throw new DanqingError('bad-file', {
      where,
      expected: `at least ${LENGTH_BYTES} bytes`,
      found: `a file of ${source.size} bytes`,
      advice: DOWNLOAD_AGAIN,
    });
  }
  const length = headerLength(await source.read(0, LENGTH_BYTES));
  if (length > HEADER_LIMIT) {
    throw new DanqingError('bad-file', {
      where,
      expected: `a header of at most ${HEADER_LIMIT} bytes`,
      found: `a length of ${length} bytes`,
      advice: 'This is no safetensors file, or its beginning is damaged.',
    });
  }
  const dataStart = LENGTH_BYTES + length;
  if (dataStart > source.size) {
    throw new DanqingError('bad-file', {
      where,
      expected: `a header of ${length} bytes`,
      found: `only ${source.size - LENGTH_BYTES} bytes after the header length`,
      advice: DOWNLOAD_AGAIN,
    });
  }
  const text = decodeHeader(where, await source.read(LENGTH_BYTES, length));
  if (lists !== undefined) return readList(source, { where, text, dataStart }, lists);
  const { records, metadata } = parseHeader(where, text);
  checkSize(source, dataStart + checkLayout(source.file, records));
  const tensors = new Map<string, TensorEntry>();
  for (const { name, dtype, shape, start, end } of records) {
    tensors.set(name, { name, dtype, shape, file: source.file, offset: dataStart + start, length: end - start });
  }
  return { format: safetensorsFormat.name, file: source.file, tensors, metadata };
}

/** The same without places, by the list of tensors that another file may have had before. */
function readList(
  source: ByteSource,
  { where, text, dataStart }: { readonly where: string; readonly text: string; readonly dataStart: number },
  lists: TensorLists,
): TensorIndex {
  const first = readFirstMetadata(text);
  // A whole header begins with a brace, what follows the notes at the beginning does not: they cannot be taken for each other.
  const key = text.slice(first?.end ?? 0);
  let list = lists.get(key);
  if (list === undefined) {
    const { records, metadata } = parseHeader(where, text);
    const tensors = new Map<string, TensorEntry>();
    for (const { name, dtype, shape, start, end } of records) {
      tensors.set(name, { name, dtype, shape, file: '', offset: NaN, length: end - start });
    }
    list = { tensors, metadata, dataLength: checkLayout(source.file, records) };
    lists.put(key, list);
  }
  checkSize(source, dataStart + list.dataLength);
  const metadata = first?.metadata ?? list.metadata;
  return { format: safetensorsFormat.name, file: source.file, tensors: list.tensors, metadata };
}

const METADATA_FIRST = '{"__metadata__":{';

/** The notes where a header begins with them, as most do, and where they end. */
function readFirstMetadata(text: string): { readonly metadata: Map<string, string>; readonly end: number } | undefined {
  if (!text.startsWith(METADATA_FIRST)) return undefined;
  const json = new StrictJson(text);
  json.position = METADATA_FIRST.length - 1;
  const metadata = new Map<string, string>();
  try {
    json.object((name) => metadata.set(name, json.string()));
  } catch {
    // The whole header is read then, and says what is wrong.
    return undefined;
  }
  return { metadata, end: json.position };
}

function checkSize(source: ByteSource, wanted: number): void {
  if (wanted !== source.size) {
    throw new DanqingError('bad-file', {
      where: source.file,
      expected: `a file of ${wanted} bytes, as its header says`,
      found: `${source.size} bytes`,
      advice: wanted > source.size ? DOWNLOAD_AGAIN : `There is data after the last tensor. ${NOT_WHOLE}`,
    });
  }
}

/** What the header says about one tensor; offsets count from the end of the header. */
interface TensorRecord {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

interface Header {
  /** In the order of their bytes. */
  readonly records: readonly TensorRecord[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** Exact up to 2^53; beyond that still larger than any limit. */
function headerLength(head: Uint8Array): number {
  const view = new DataView(head.buffer, head.byteOffset, LENGTH_BYTES);
  return view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
}

function decodeHeader(where: string, bytes: Uint8Array): string {
  if (bytes[0] !== 0x7b) {
    throw new DanqingError('bad-file', {
      where,
      expected: "a header that begins with '{'",
      found: bytes.length === 0 ? 'an empty header' : `byte 0x${bytes[0]!.toString(16).padStart(2, '0')}`,
      advice: NOT_WHOLE,
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new DanqingError('bad-file', { where, expected: 'UTF-8 text', found: 'other bytes', advice: NOT_WHOLE });
  }
}

function parseHeader(where: string, text: string): Header {
  try {
    return readHeader(new StrictJson(text));
  } catch (error) {
    if (!(error instanceof JsonTrouble)) throw error;
    throw new DanqingError('bad-file', { where, expected: error.expected, found: error.found, advice: NOT_WHOLE });
  }
}

function readHeader(json: StrictJson): Header {
  const records: TensorRecord[] = [];
  const metadata = new Map<string, string>();
  json.object((key) => {
    if (key !== '__metadata__') records.push(readRecord(json, key));
    else if (!json.isNull()) json.object((name) => metadata.set(name, json.string()));
  });
  json.end();
  records.sort((a, b) => a.start - b.start || a.end - b.end);
  return { records, metadata };
}

function readRecord(json: StrictJson, name: string): TensorRecord {
  const before = json.position;
  const usual = readUsualRecord(json, name);
  if (usual !== undefined) return usual;
  json.position = before;
  let dtype: SafetensorsDType | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  json.object((key) => {
    const at = json.position;
    switch (key) {
      case 'dtype': {
        const text = json.string();
        if (!isSafetensorsDType(text)) {
          throw new JsonTrouble(
            json.text,
            at,
            'a dtype of the safetensors format',
            `${JSON.stringify(text)} for ${name}`,
          );
        }
        dtype = text;
        break;
      }
      case 'shape':
        shape = unsignedList(json);
        break;
      case 'data_offsets':
        offsets = unsignedList(json);
        if (offsets.length !== 2) throw new JsonTrouble(json.text, at, 'two offsets', `${offsets.length} for ${name}`);
        break;
      default:
        json.skip();
    }
  });
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    const missing = dtype === undefined ? 'dtype' : shape === undefined ? 'shape' : 'data_offsets';
    throw new JsonTrouble(json.text, before, `a ${missing} for ${name}`, 'none');
  }
  return { name, dtype, shape, start: offsets[0]!, end: offsets[1]! };
}

/** How the reference implementation writes, and how Python's json does: nearly every file is one or the other. */
const SPACINGS = ['', ' '].map((space) => ({
  dtype: `${space}{"dtype":${space}"`,
  shape: `,${space}"shape":${space}[`,
  comma: `,${space}`,
  offsets: `],${space}"data_offsets":${space}[`,
}));

/** Reads a tensor that is written in a usual way, in half the time; undefined when it is not. */
function readUsualRecord(json: StrictJson, name: string): TensorRecord | undefined {
  const spacing = json.text.charCodeAt(json.position) === 0x20 ? SPACINGS[1]! : SPACINGS[0]!;
  if (!json.literal(spacing.dtype)) return undefined;
  json.position--; // Back to the quote, for the text to be read whole.
  const dtype = json.string();
  if (!isSafetensorsDType(dtype) || !json.literal(spacing.shape)) return undefined;
  const shape: number[] = [];
  if (json.text.charCodeAt(json.position) !== 0x5d) {
    do shape.push(json.unsigned());
    while (json.literal(spacing.comma));
  }
  if (!json.literal(spacing.offsets)) return undefined;
  const start = json.unsigned();
  if (!json.literal(spacing.comma)) return undefined;
  const end = json.unsigned();
  return json.literal(']}') ? { name, dtype, shape, start, end } : undefined;
}

function unsignedList(json: StrictJson): number[] {
  const list: number[] = [];
  json.array(() => list.push(json.unsigned()));
  return list;
}

/** Checks that the tensors fill the data without hole or overlap and have the sizes they say; answers the data's length. */
function checkLayout(file: string, records: readonly TensorRecord[]): number {
  let position = 0;
  for (const { name, dtype, shape, start, end } of records) {
    const where = `${file} › ${name}`;
    if (start !== position || end < start) {
      const gap = start > position ? 'a hole' : 'an overlap';
      throw new DanqingError('bad-file', {
        where,
        expected: `bytes from ${position} of the data on`,
        found: end < start ? `an end of ${end} before the start of ${start}` : `${gap}: bytes ${start} to ${end}`,
        advice: NOT_WHOLE,
      });
    }
    const length = storedLength(where, dtype, shape);
    if (end - start !== length) {
      throw new DanqingError('bad-file', {
        where,
        expected: `${length} bytes for ${dtype} [${shape.join(', ')}]`,
        found: `${end - start} bytes`,
        advice: NOT_WHOLE,
      });
    }
    position = end;
  }
  return position;
}
