import { DanqingError } from '../../errors.ts';
import { DTYPES } from '../../tensor/dtype.ts';
import { ByteWindow } from '../byte-window.ts';
import type { Format, ReadOptions } from '../format.ts';
import { Mismatch, type PickleValue, Tuple } from '../pickle/values.ts';
import { isTar, readTarDirectory } from '../tar/tar-directory.ts';
import type { ByteSource, TensorIndex, Span } from '../tensor-index.ts';
import { collectArrays } from '../torch/collect.ts';
import { listArrays, placeArrays } from '../torch/place.ts';
import { classOfModule, readTorchPickle } from '../torch/torch-pickle.ts';
import { rebuildTensor, StorageType, TorchStorage, type TorchTensor } from '../torch/torch-tensor.ts';

/** What torch before 0.2 saves: a tar archive of storages, tensors that look into them, and a pickle that names those. */
export const torchTarFormat: Format = {
  name: 'torch tar',
  endings: [],
  recognise: isTar,
  read,
};

/** Storages by key, and where their bytes are. */
interface TarStorages {
  readonly storages: Map<number, TorchStorage>;
  readonly spans: Map<string, Span>;
}

const COUNT_BYTES = 8;
const AXES_LIMIT = 64;

async function read(source: ByteSource, options: ReadOptions = {}): Promise<TensorIndex> {
  const members = await readTarDirectory(source);
  const open = (name: string): ByteWindow => {
    const span = members.get(name);
    if (span !== undefined) {
      return new ByteWindow(
        source,
        { where: `${source.file} › ${name}`, what: 'pickle' },
        span.offset,
        span.offset + span.length,
      );
    }
    throw new DanqingError('bad-file', {
      where: source.file,
      expected: `a member ${name}, as torch's oldest files have`,
      found: `a tar archive of ${[...members.keys()].slice(0, 5).join(', ')}`,
      advice: 'If models are packed inside, unpack it first.',
    });
  };
  const storages = await readStorages(open('storages'), options);
  const tensors = await readTensors(open('tensors'), options, storages.storages);
  const window = open('pickle');
  const { value, foreign } = await readTorchPickle(window, {
    options,
    persistent(id) {
      const found = classOfModule(id) ?? tensors.get(Number(id)) ?? storages.storages.get(Number(id));
      if (found === undefined) throw new Mismatch('the number of a tensor', id);
      return found;
    },
  });
  const { arrays, extras } = collectArrays(source.file, value);
  const locate = ({ key }: TorchStorage): Span => storages.spans.get(key)!;
  const placed =
    options.placed === false
      ? listArrays(arrays, source.file)
      : await placeArrays(arrays, { source, pickle: source, bigEndian: false, locate });
  return { format: torchTarFormat.name, file: source.file, metadata: new Map(), extras, foreign, ...placed };
}

/** `storages`: how many; for each (key, location, type), count, elements; then views: (key, key of the whole, start, count). */
async function readStorages(window: ByteWindow, options: ReadOptions): Promise<TarStorages> {
  const storages = new Map<number, TorchStorage>();
  const spans = new Map<string, Span>();
  const count = wholeNumber(window, await next(window, options));
  for (let i = 0; i < count; i++) {
    const [key, , type] = itemsOf(window, await next(window, options));
    if (!(type instanceof StorageType)) throw window.trouble('a class of storage', 'something else');
    await window.fill(COUNT_BYTES);
    const dtype = type.dtype ?? 'U8';
    const length = window.u64() * DTYPES[dtype].bytes;
    const name = String(wholeNumber(window, key));
    spans.set(name, { source: window.source, offset: window.position, length });
    storages.set(Number(name), new TorchStorage(name, dtype, length));
    window.skip(length);
  }
  const views = await next(window, options);
  for (const view of Array.isArray(views) ? views : []) {
    const [key, wholeKey, start, viewed] = itemsOf(window, view).map((item) => wholeNumber(window, item));
    const whole = storages.get(wholeKey ?? -1);
    if (whole === undefined) throw window.trouble('a view of a storage', 'one of no storage');
    const size = DTYPES[whole.dtype].bytes;
    const part = new TorchStorage(whole.key, whole.dtype, viewed! * size, whole.start + start! * size);
    if (start! * size + part.length > whole.length) throw window.trouble('a view inside its storage', 'a longer one');
    storages.set(key!, part);
  }
  return { storages, spans };
}

/** `tensors`: how many; for each (key, key of the storage, class), number of axes, shape, strides, offset. */
async function readTensors(
  window: ByteWindow,
  options: ReadOptions,
  storages: ReadonlyMap<number, TorchStorage>,
): Promise<ReadonlyMap<number, TorchTensor>> {
  const tensors = new Map<number, TorchTensor>();
  const count = wholeNumber(window, await next(window, options));
  for (let i = 0; i < count; i++) {
    const [key, storageKey] = itemsOf(window, await next(window, options)).map((item) =>
      typeof item === 'number' ? item : undefined,
    );
    const storage = storages.get(storageKey ?? -1);
    if (key === undefined || storage === undefined) throw window.trouble('a tensor in a storage', 'one in none');
    await window.fill(8);
    const axes = window.u32();
    window.skip(4); // The number of axes once took eight bytes.
    if (axes > AXES_LIMIT) throw window.trouble(`at most ${AXES_LIMIT} axes`, `${axes}`);
    await window.fill((2 * axes + 1) * 8);
    const shape = Array.from({ length: axes }, () => window.u64());
    const strides = Array.from({ length: axes }, () => window.u64());
    tensors.set(key, tensorIn(window, [storage, window.u64(), new Tuple(shape), new Tuple(strides)]));
  }
  return tensors;
}

function tensorIn(window: ByteWindow, args: PickleValue[]): TorchTensor {
  try {
    return rebuildTensor(args);
  } catch (error) {
    if (error instanceof Mismatch) throw window.trouble(error.expected, error.found);
    throw error;
  }
}

async function next(window: ByteWindow, options: ReadOptions): Promise<PickleValue> {
  return (await readTorchPickle(window, { options })).value;
}

function itemsOf(window: ByteWindow, value: PickleValue): readonly PickleValue[] {
  if (value instanceof Tuple) return value.items;
  throw window.trouble('a tuple', 'something else');
}

function wholeNumber(window: ByteWindow, value: PickleValue | undefined): number {
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw window.trouble('a whole number', 'something else');
}
