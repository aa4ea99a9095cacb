import { DanqingError } from '../../errors.ts';
import { DTYPES } from '../../tensor/dtype.ts';
import type { ByteWindow } from '../byte-window.ts';
import type { ReadOptions } from '../format.ts';
import { type PickleHost, unpickle } from '../pickle/unpickle.ts';
import { Global, Mismatch, type PickleValue, Tuple } from '../pickle/values.ts';
import { gradeGlobal } from '../scan/grade.ts';
import { torchGlobal } from './torch-meanings.ts';
import { StorageType, TorchStorage } from './torch-tensor.ts';

/** A pickle of a torch file, read. */
export interface TorchPickle {
  readonly value: PickleValue;
  /** Full names of the foreign classes and functions that were passed over. */
  readonly foreign: readonly string[];
}

/** What the container of a pickle knows. */
export interface TorchPickleContext {
  readonly options?: Pick<ReadOptions, 'foreign' | 'onGlobal'>;
  /** Whether classes of compiled TorchScript (`__torch__.…`) belong here. */
  readonly torchScript?: boolean;
  /** What a persistent id stands for; without it there must be none. */
  readonly persistent?: (id: PickleValue) => PickleValue;
}

/**
 * Reads one pickle as torch's data.
 * @throws unsupported when it names classes or functions outside the allow-list, naming each and where it stands.
 */
export async function readTorchPickle(window: ByteWindow, context: TorchPickleContext = {}): Promise<TorchPickle> {
  const foreign: Global[] = [];
  const host: PickleHost = {
    global(module, name, position) {
      context.options?.onGlobal?.({ module, name, position, where: window.names.where });
      const known = torchGlobal(module, name, position);
      if (known !== undefined) return known;
      const global = new Global(module, name, position);
      if (!(context.torchScript === true && module.startsWith('__torch__'))) foreign.push(global);
      return global;
    },
    persistent(id) {
      if (context.persistent === undefined) throw new Mismatch('no persistent id in this pickle', id);
      return context.persistent(id);
    },
  };
  const refuses = context.options?.foreign !== 'ignore';
  try {
    const value = await unpickle(window, host);
    if (foreign.length > 0 && refuses) throw foreignTrouble(window, foreign);
    return { value, foreign: [...new Set(foreign.map((global) => global.fullName))] };
  } catch (error) {
    // Whatever else is wrong with a pickle, foreign names are what its reader must hear of.
    throw foreign.length > 0 && refuses ? foreignTrouble(window, foreign) : error;
  }
}

/** The storages that persistent ids name: ('storage', type, key, location, count, view). */
export class StorageTable {
  /** Whole storages by key. */
  readonly wholes = new Map<string, TorchStorage>();

  /** @throws Mismatch for anything but a storage, or one that was another before. */
  readonly resolve = (id: PickleValue): TorchStorage => {
    if (!(id instanceof Tuple)) throw new Mismatch('a storage as persistent id', id);
    const [kind, type, key, , count, view] = id.items;
    if (kind !== 'storage' || !(type instanceof StorageType)) throw new Mismatch('a storage as persistent id', kind);
    if (typeof key !== 'string') throw new Mismatch('a text as key of a storage', key);
    const dtype = type.dtype ?? 'U8';
    const size = DTYPES[dtype].bytes;
    const length = countOf(count) * size;
    const known = this.wholes.get(key);
    if (known !== undefined && known.length !== length) {
      throw new Mismatch(`${known.length} bytes in storage ${key}, as before`, length);
    }
    const whole = known?.dtype === dtype ? known : new TorchStorage(key, dtype, length);
    if (known === undefined) this.wholes.set(key, whole);
    if (view === undefined || view === null) return whole;
    if (!(view instanceof Tuple)) throw new Mismatch('a view of a storage', view);
    const start = countOf(view.items[1]) * size;
    const part = countOf(view.items[2]) * size;
    if (start + part > length) throw new Mismatch(`a view inside ${length} bytes`, start + part);
    return new TorchStorage(key, dtype, part, start);
  };
}

/** The class in ('module', class, source file, source), as old files keep the source of modules. */
export function classOfModule(id: PickleValue): Global | undefined {
  if (!(id instanceof Tuple) || id.items[0] !== 'module') return undefined;
  return id.items[1] instanceof Global ? id.items[1] : undefined;
}

function countOf(value: PickleValue | undefined): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new Mismatch('a count', value);
  return value;
}

function foreignTrouble(window: ByteWindow, foreign: readonly Global[]): DanqingError {
  const places = new Map<string, number>();
  for (const { fullName, position } of foreign) if (!places.has(fullName)) places.set(fullName, position);
  const shown = [...places].slice(0, 10).map(([name, position]) => `${name} at byte ${position}`);
  const more = places.size > shown.length ? ` and ${places.size - shown.length} more` : '';
  const dangerous = foreign.some(({ module, name }) => gradeGlobal(module, name).grade === 'dangerous');
  return new DanqingError('unsupported', {
    where: window.names.where,
    expected: 'tensors and plain data',
    found: `${shown.join(', ')}${more}`,
    advice: dangerous
      ? 'In programs that run pickles this file can take over the computer: delete it. (Nothing of it was run here.)'
      : 'Programs that run pickles would run this code. (Nothing of it was run here.) Get the model as safetensors.',
  });
}
