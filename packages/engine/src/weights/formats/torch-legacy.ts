import { DanqingError } from '../../errors.ts';
import { DTYPES } from '../../tensor/dtype.ts';
import { ByteWindow } from '../byte-window.ts';
import type { Format, ReadOptions } from '../format.ts';
import { describe, type PickleValue } from '../pickle/values.ts';
import type { ByteSource, TensorIndex, Span } from '../tensor-index.ts';
import { collectArrays } from '../torch/collect.ts';
import { listArrays, placeArrays } from '../torch/place.ts';
import { classOfModule, readTorchPickle, StorageTable } from '../torch/torch-pickle.ts';
import type { TorchStorage } from '../torch/torch-tensor.ts';

/** First value of a legacy file, and how pickle protocols from 2 on write it. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const MAGIC_BYTES = '\x8a\n\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19';
const PROTOCOL = 1001;
/** Each storage begins with its number of elements. */
const COUNT_BYTES = 8;
const BATCH = 64;

/**
 * What torch before 1.6 saves: five pickles in a row (magic number, protocol, system, object, storage keys), then the
 * storages, always little-endian.
 */
export const torchLegacyFormat: Format = {
  name: 'torch legacy',
  endings: [],
  recognise(head) {
    const text = String.fromCharCode(...head.subarray(0, 40));
    return text.includes(MAGIC_BYTES) || text.startsWith(`L${MAGIC}L`);
  },
  read,
};

async function read(source: ByteSource, options: ReadOptions = {}): Promise<TensorIndex> {
  const window = new ByteWindow(source, { where: source.file, what: 'pickle' });
  await expectPickle(window, options, 'the magic number of torch', MAGIC);
  await expectPickle(window, options, `format version ${PROTOCOL}`, PROTOCOL);
  await readTorchPickle(window, { options }); // Sizes of integers on the machine that saved: nothing depends on them.
  const table = new StorageTable();
  const { value, foreign } = await readTorchPickle(window, {
    options,
    persistent: (id) => classOfModule(id) ?? table.resolve(id),
  });
  const keys = (await readTorchPickle(window, { options })).value;
  const { arrays, extras } = collectArrays(source.file, value);
  const spans = layOut(source, window.position, keys, table.wholes);
  const index = {
    format: torchLegacyFormat.name,
    file: source.file,
    metadata: new Map<string, string>(),
    extras,
    foreign,
  };
  if (options.placed === false) return { ...index, ...listArrays(arrays, source.file) };
  await checkCounts(spans, table.wholes);
  const locate = ({ key }: TorchStorage): Span => spans.get(key)!;
  return { ...index, ...(await placeArrays(arrays, { source, pickle: source, bigEndian: false, locate })) };
}

async function expectPickle(
  window: ByteWindow,
  options: ReadOptions,
  expected: string,
  wanted: PickleValue,
): Promise<void> {
  const { value } = await readTorchPickle(window, { options });
  if (value !== wanted) throw window.trouble(expected, describe(value));
}

/** Where each storage's elements are: one after the other in the order of the keys, each behind its count. */
function layOut(
  source: ByteSource,
  start: number,
  keys: PickleValue,
  storages: ReadonlyMap<string, TorchStorage>,
): ReadonlyMap<string, Span> {
  const spans = new Map<string, Span>();
  let offset = start;
  for (const key of Array.isArray(keys) ? keys : []) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (storage === undefined || spans.has(storage.key)) {
      throw broken(source.file, 'keys of the storages that the pickle names, each once', describe(key));
    }
    spans.set(storage.key, { source, offset: offset + COUNT_BYTES, length: storage.length });
    offset += COUNT_BYTES + storage.length;
  }
  if (spans.size !== storages.size) throw broken(source.file, `${storages.size} storage keys`, `${spans.size}`);
  if (offset > source.size) {
    throw broken(source.file, `a file of ${offset} bytes`, `${source.size} bytes: the download was cut short`);
  }
  return spans;
}

async function checkCounts(
  spans: ReadonlyMap<string, Span>,
  storages: ReadonlyMap<string, TorchStorage>,
): Promise<void> {
  const all = [...spans];
  for (let at = 0; at < all.length; at += BATCH) {
    await Promise.all(
      all.slice(at, at + BATCH).map(async ([key, { source, offset }]) => {
        const { dtype, length } = storages.get(key)!;
        const bytes = await source.read(offset - COUNT_BYTES, COUNT_BYTES);
        const count = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
        const wanted = BigInt(length / DTYPES[dtype].bytes);
        if (count !== wanted) throw broken(source.file, `${wanted} elements in storage ${key}`, `${count}`);
      }),
    );
  }
}

function broken(where: string, expected: string, found: string): DanqingError {
  return new DanqingError('bad-file', { where, expected, found, advice: 'The file is damaged: get it again.' });
}
