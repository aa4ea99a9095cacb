import { DanqingError } from '../../errors.ts';
import { counted } from '../../words.ts';
import type { ReadOptions } from '../format.ts';
import { type IndexPart, mergeIndexes } from '../merge-indexes.ts';
import { openIndex } from '../open-index.ts';
import type { ByteSource, TensorIndex } from '../tensor-index.ts';
import { chooseWeights } from './choose-weights.ts';
import { checkShards, parseShardList } from './shard-list.ts';

/** A folder as the host shows it. */
export interface Folder {
  readonly path: string;
  readonly files: readonly string[];
  readonly folders: readonly string[];
  /** Opens one of `files`. */
  open(name: string): Promise<ByteSource>;
  /** Looks into one of `folders`. */
  enter(name: string): Promise<Folder>;
}

const FORMAT = 'diffusers folder';

/** Whether an index is that of a folder rather than of a file. */
export const isFolder = ({ format }: TensorIndex): boolean => format === FORMAT;

const PIPELINE = 'model_index.json';
const CONFIG_NAMES = /^(?:model_index|config|scheduler_config|preprocessor_config|adapter_config)\.json$/;
const CONFIG_LIMIT_BYTES = 1_000_000;
const LIST_LIMIT_BYTES = 64 * 2 ** 20;

/**
 * Reads a diffusers folder: a pipeline (`model_index.json` and a folder for each part, whose name becomes the prefix of
 * its tensors: `unet.conv_in.weight`) or one part alone. Configurations become metadata (`unet/config.json`).
 * @throws bad-file when there are no weights, or shards that do not belong together.
 */
export async function readModelFolder(folder: Folder, options: ReadOptions = {}): Promise<TensorIndex> {
  const parts: IndexPart[] = [{ index: await readConfigs(folder), prefix: '' }];
  if (folder.files.includes(PIPELINE)) {
    for (const name of folder.folders) {
      const inner = await folder.enter(name);
      parts.push({ index: await readConfigs(inner), prefix: `${name}/` });
      const index = await readPart(inner, options);
      if (index !== undefined) parts.push({ index, prefix: `${name}.` });
    }
  } else {
    const index = await readPart(folder, options);
    if (index !== undefined) parts.push({ index, prefix: '' });
  }
  const merged = mergeIndexes(FORMAT, folder.path, parts);
  if (merged.tensors.size > 0) return merged;
  throw new DanqingError('bad-file', {
    where: folder.path,
    expected: `a diffusers folder: ${PIPELINE} with parts, or weights such as diffusion_pytorch_model.safetensors`,
    found: `${counted(folder.files.length, 'file')} and ${counted(folder.folders.length, 'folder')}, none of them weights`,
  });
}

async function readPart(folder: Folder, options: ReadOptions): Promise<TensorIndex | undefined> {
  const chosen = chooseWeights(folder.files);
  if (chosen === undefined) return undefined;
  const index = chosen.sharded
    ? await readShards(folder, chosen.name, options)
    : await openIndex(await folder.open(chosen.name), options);
  if (chosen.passedOver.length === 0) return index;
  return { ...index, notes: [`${folder.path}: took ${chosen.name}, passed over ${chosen.passedOver.join(', ')}`] };
}

/**
 * Reads the shards of one part, which `listName` (`….index.json`) names.
 * @throws missing when a shard is absent; bad-file when list and shards disagree.
 */
export async function readShards(folder: Folder, listName: string, options: ReadOptions = {}): Promise<TensorIndex> {
  const where = `${folder.path} › ${listName}`;
  const list = parseShardList(where, await readText(await folder.open(listName), LIST_LIMIT_BYTES));
  const indexes = new Map<string, TensorIndex>();
  for (const name of new Set(list.values())) {
    if (!folder.files.includes(name)) {
      throw new DanqingError('missing', {
        where,
        expected: `the shard ${name}`,
        found: 'none',
        advice: 'Download the missing shard into the same folder.',
      });
    }
    indexes.set(name, await openIndex(await folder.open(name), options));
  }
  checkShards(where, list, indexes);
  return mergeIndexes(
    'shards',
    folder.path,
    [...indexes.values()].map((index) => ({ index, prefix: '' })),
  );
}

/** An index without tensors whose metadata are the configuration files of a folder. */
async function readConfigs(folder: Folder): Promise<TensorIndex> {
  const metadata = new Map<string, string>();
  for (const name of folder.files.filter((each) => CONFIG_NAMES.test(each))) {
    metadata.set(name, await readText(await folder.open(name), CONFIG_LIMIT_BYTES));
  }
  return { format: 'configuration', file: folder.path, tensors: new Map(), metadata };
}

async function readText(source: ByteSource, limitBytes: number): Promise<string> {
  if (source.size > limitBytes) {
    const found = `${source.size}`;
    throw new DanqingError('bad-file', { where: source.file, expected: `at most ${limitBytes} bytes of JSON`, found });
  }
  return new TextDecoder('utf-8').decode(await source.read(0, source.size));
}
