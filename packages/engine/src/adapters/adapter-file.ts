import { DanqingError } from '../errors.ts';
import { constant, type Value, weight } from '../graph/value.ts';
import type { AddOnLayout, Role } from '../identify/add-on.ts';
import { readAddOn, type AddOnModule } from '../identify/read-add-on.ts';
import { splitKey } from '../identify/split-key.ts';
import { countNonFinite } from '../tensor/count-non-finite.ts';
import { decodeToFloat32 } from '../tensor/dtype.ts';
import type { TensorEntry, TensorIndex } from '../weights/tensor-index.ts';

/** Roles that are numbers, needed while a graph is built. */
const NUMBERS: ReadonlySet<Role> = new Set(['alpha', 'scale', 'scalar', 'on_input', 'dyn']);

/** Types that a graph can read where they stand. */
const IN_PLACE = ['F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2'] as const;

/** One module of an open adapter file. */
export interface FileModule extends AddOnModule {
  /** Keys of the file by the roles of their tensors. */
  readonly keys: ReadonlyMap<Role, string>;
  readonly tensors: ReadonlyMap<Role, Value>;
  readonly numbers: ReadonlyMap<Role, number>;
}

/** A LoRA or one of its kin, taken apart, its numbers read and all of its values known to be finite. */
export interface AdapterFile {
  readonly file: string;
  readonly layout: AddOnLayout;
  readonly modules: readonly FileModule[];
  /** Words whose embeddings come along, for whoever looks after embeddings. */
  readonly embeddings: readonly string[];
  /** Keys that belong to no module, or to one of no known algorithm. */
  readonly strangers: readonly string[];
  /** Number of keys in the file, those of embeddings not counted. */
  readonly keyCount: number;
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Reads an adapter file. Its weights are looked at once and stay in the file.
 * @param read gives the stored bytes of a tensor.
 * @throws bad-file when it is no adapter or a damaged one; not-a-number when a value is not finite.
 */
export async function openAdapter(
  index: TensorIndex,
  read: (entry: TensorEntry) => Promise<Uint8Array>,
): Promise<AdapterFile> {
  const addOn = readAddOn(index);
  if (addOn === undefined) {
    throw new DanqingError('bad-file', {
      where: index.file,
      expected: 'a LoRA or one of its kin (LoCon, LoHa, LoKr, IA³, OFT …)',
      found: `${index.tensors.size} tensors of another kind of file`,
    });
  }
  const keys = keysByModule(index, addOn.layout.id === 'cloneofsimo-list');
  const modules: FileModule[] = [];
  for (const module of addOn.modules) {
    modules.push(await readModule(module, keys.get(module.name) ?? new Map(), index, read));
  }
  const known = modules.flatMap((module) => [...module.keys.values()]);
  const embeddingKeys = [...index.tensors.keys()].filter((key) => isEmbeddingKey(key, addOn.embeddings));
  const named = new Set([...known, ...embeddingKeys]);
  return {
    file: index.file,
    layout: addOn.layout,
    modules,
    embeddings: addOn.embeddings,
    strangers: [...index.tensors.keys()].filter((key) => !named.has(key)),
    keyCount: index.tensors.size - embeddingKeys.length,
    metadata: index.metadata,
  };
}

const isEmbeddingKey = (key: string, words: readonly string[]): boolean =>
  words.includes(key) || words.some((word) => key.startsWith(`bundle_emb.${word}.`));

/** Keys by module and role. */
function keysByModule(index: TensorIndex, isList: boolean): Map<string, Map<Role, string>> {
  const keys = new Map<string, Map<Role, string>>();
  const put = (module: string, role: Role, key: string): void => {
    const roles = keys.get(module) ?? new Map<Role, string>();
    keys.set(module, roles.set(role, key));
  };
  for (const key of index.tensors.keys()) {
    if (isList) {
      put(String(Math.floor(Number(key) / 2)), Number(key) % 2 === 0 ? 'lora_up' : 'lora_down', key);
      continue;
    }
    const split = splitKey(key);
    // PEFT's magnitudes are read otherwise than those of the same role.
    if (split !== undefined) put(split.module, key.includes('magnitude') ? 'magnitude' : split.role, key);
  }
  return keys;
}

async function readModule(
  module: AddOnModule,
  keys: ReadonlyMap<Role, string>,
  index: TensorIndex,
  read: (entry: TensorEntry) => Promise<Uint8Array>,
): Promise<FileModule> {
  const tensors = new Map<Role, Value>();
  const numbers = new Map<Role, number>();
  for (const [role, key] of keys) {
    const entry = index.tensors.get(key)!;
    if (entry.shape.includes(0)) throw emptyTensor(index.file, entry);
    const bytes = await read(entry);
    refuseNonFinite(index.file, entry, bytes);
    if (NUMBERS.has(role)) numbers.set(role, numberIn(bytes, entry));
    else tensors.set(role, await valueOf(entry, bytes, index));
  }
  return { ...module, keys, tensors, numbers };
}

/** A tensor as a value: where it stands in the file, or held in the graph when it cannot be read there. */
async function valueOf(entry: TensorEntry, bytes: Uint8Array, index: TensorIndex): Promise<Value> {
  const isInPlace = (IN_PLACE as readonly string[]).includes(entry.dtype) && index.derived?.has(entry.file) !== true;
  return isInPlace ? weight(entry) : constant(entry.shape, decodeToFloat32(bytes, entry.dtype));
}

function numberIn(bytes: Uint8Array, { dtype }: TensorEntry): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (dtype) {
    case 'I64':
      return Number(view.getBigInt64(0, true));
    case 'I32':
      return view.getInt32(0, true);
    case 'I16':
      return view.getInt16(0, true);
    case 'I8':
      return view.getInt8(0);
    case 'BOOL':
    case 'U8':
      return view.getUint8(0);
    default:
      return decodeToFloat32(bytes, dtype)[0]!;
  }
}

function refuseNonFinite(file: string, { name, dtype }: TensorEntry, bytes: Uint8Array): void {
  if (!['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2'].includes(dtype)) return;
  const { nan, infinite } = countNonFinite(bytes, dtype as (typeof IN_PLACE)[number]);
  if (nan + infinite === 0) return;
  throw new DanqingError('not-a-number', {
    where: `${file} › ${name}`,
    expected: 'finite values',
    found: `${nan} that are not numbers and ${infinite} that are infinite`,
    advice: 'The file is damaged, or its training went wrong. Get it again, or leave it out.',
  });
}

const emptyTensor = (file: string, { name, shape }: TensorEntry): DanqingError =>
  new DanqingError('bad-file', {
    where: `${file} › ${name}`,
    expected: 'a rank of at least 1',
    found: `a tensor of shape [${shape.join(', ')}]`,
    advice: 'This add-on holds nothing and changes nothing.',
  });
