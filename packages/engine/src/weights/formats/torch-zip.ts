import { DanqingError } from '../../errors.ts';
import { ByteWindow } from '../byte-window.ts';
import type { Format, ReadOptions } from '../format.ts';
import type { ByteSource, TensorIndex, Span } from '../tensor-index.ts';
import { collectArrays } from '../torch/collect.ts';
import { listArrays, placeArrays, type Storages } from '../torch/place.ts';
import { readTorchPickle, StorageTable } from '../torch/torch-pickle.ts';
import { readZipDirectory, type ZipMember } from '../zip/zip-directory.ts';
import { openMember } from '../zip/zip-member.ts';

/** What torch 1.6 and newer save: a zip archive with a pickle and one stored member per storage. TorchScript too. */
export const torchZipFormat: Format = {
  name: 'torch zip',
  endings: [],
  recognise: (head) => head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4,
  read,
};

const PICKLE_NAME = 'data.pkl';

async function read(source: ByteSource, options: ReadOptions = {}): Promise<TensorIndex> {
  const members = await readZipDirectory(source);
  const pickle = findPickle(source.file, members);
  const root = pickle.name.slice(0, -PICKLE_NAME.length);
  const span = await openMember(source, pickle, options.inflate);
  const names = { where: `${source.file} › ${pickle.name}`, what: 'pickle' };
  const window = new ByteWindow(span.source, names, span.offset, span.offset + span.length);
  const { value, foreign } = await readTorchPickle(window, {
    options,
    torchScript: members.has(`${root}constants.pkl`),
    persistent: new StorageTable().resolve,
  });
  const { arrays, extras } = collectArrays(names.where, value);
  const storages: Storages = {
    source,
    pickle: span.source,
    bigEndian: await isBigEndian(source, members.get(`${root}byteorder`), options),
    locate: locator(source, members, root, options),
  };
  const placed = options.placed === false ? listArrays(arrays, source.file) : await placeArrays(arrays, storages);
  return { format: torchZipFormat.name, file: source.file, metadata: new Map(), extras, foreign, ...placed };
}

function findPickle(file: string, members: ReadonlyMap<string, ZipMember>): ZipMember {
  const found = [...members.values()].filter(({ name }) => name === PICKLE_NAME || name.endsWith(`/${PICKLE_NAME}`));
  if (found.length === 1) return found[0]!;
  throw new DanqingError('bad-file', {
    where: file,
    expected: `one ${PICKLE_NAME} in the archive`,
    found: found.length === 0 ? `a zip archive of ${members.size} other files` : `${found.length} of them`,
    advice: found.length === 0 ? 'If models are packed inside, unpack it first.' : 'The file is made to deceive.',
  });
}

/** Finds the member of each storage; several tensors often share one. */
function locator(
  source: ByteSource,
  members: ReadonlyMap<string, ZipMember>,
  root: string,
  options: ReadOptions,
): Storages['locate'] {
  const known = new Map<string, Promise<Span>>();
  const open = async (key: string): Promise<Span> => {
    const member = members.get(`${root}data/${key}`);
    if (member !== undefined) return openMember(source, member, options.inflate);
    throw new DanqingError('bad-file', {
      where: source.file,
      expected: `a member ${root}data/${key}`,
      found: 'none',
      advice: 'The file is damaged: download it again.',
    });
  };
  return ({ key }) => {
    const span = known.get(key) ?? open(key);
    known.set(key, span);
    return span;
  };
}

async function isBigEndian(source: ByteSource, member: ZipMember | undefined, options: ReadOptions): Promise<boolean> {
  if (member === undefined) return false;
  const span = await openMember(source, member, options.inflate);
  const order = String.fromCharCode(...(await span.source.read(span.offset, Math.min(span.length, 16))));
  if (order === 'little' || order === 'big') return order === 'big';
  throw new DanqingError('bad-file', {
    where: `${source.file} › ${member.name}`,
    expected: 'little or big',
    found: order,
  });
}
