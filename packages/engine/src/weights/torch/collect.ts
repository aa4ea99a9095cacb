import { DanqingError } from '../../errors.ts';
import { describe, type Dict, Global, Instance, PickledBytes, type PickleValue, Tuple } from '../pickle/values.ts';
import type { PlainValue } from '../plain-value.ts';
import { NumpyArray } from './numpy-array.ts';
import { TorchParameter, TorchTensor } from './torch-tensor.ts';

/** What holds numbers in a pickle. */
export type ArrayValue = TorchTensor | NumpyArray;

/** The tensors of a pickle by name, and everything else. */
export interface Collected {
  readonly arrays: ReadonlyMap<string, ArrayValue>;
  readonly extras: ReadonlyMap<string, PlainValue>;
}

/** Keys under which trainers put the state dict, first choice first, whatever stands beside. */
const WRAPPERS = ['state_dict', 'model_state_dict', 'params_ema', 'params-ema', 'params'];
/** Keys that are a wrapper only when nothing but training state stands beside. */
const LOOSE_WRAPPERS = ['model', 'net', 'module', 'generator'];
const TRAINING_STATE = /optim|sched|scaler|ema|epoch|step|iter|callback|loop|hyper|config|args|rng/i;

const DEPTH_LIMIT = 64;
/** Places that are looked at; shared parts of a pickle can make its unfolded form endless. */
const VISIT_LIMIT = 200_000;
const EXTRA_DEPTH_LIMIT = 12;
const EXTRA_VISIT_LIMIT = 20_000;
const EXTRA_TEXT_LIMIT = 10_000;

/**
 * Finds every tensor of a pickle's value and names it as a safetensors file would: keys of dicts, positions in lists and
 * tuples, parameters of modules, joined by dots. A state dict inside a training checkpoint is taken out of it.
 * @throws bad-file when two tensors get one name, or the value is too deep or too large.
 */
export function collectArrays(where: string, root: PickleValue): Collected {
  const { value, beside } = unwrap(root);
  const arrays = new Map<string, ArrayValue>();
  const walker = new Walker(where, arrays);
  walker.visit('', value, 0);
  const plain = new PlainWriter();
  const extras = new Map<string, PlainValue>();
  for (const [key, item] of beside) extras.set(key, plain.write(item, 0, true) ?? null);
  for (const [key, item] of childrenOf(value) ?? []) {
    const written = isArray(item) ? undefined : plain.write(item, 0, false);
    if (written !== undefined && !extras.has(key)) extras.set(key, written);
  }
  return { arrays, extras };
}

/** Takes the state dict out of what a trainer wrapped around it. */
function unwrap(root: PickleValue): { value: PickleValue; beside: Map<string, PickleValue> } {
  const beside = new Map<string, PickleValue>();
  let value = root;
  for (let depth = 0; depth < 4 && value instanceof Map; depth++) {
    const dict: Dict = value;
    const key = WRAPPERS.find((each) => holdsArrays(dict.get(each))) ?? looseWrapper(dict);
    if (key === undefined) break;
    for (const [other, item] of dict) if (other !== key) beside.set(nameOf(other), item);
    value = dict.get(key)!;
  }
  return { value, beside };
}

function looseWrapper(dict: Dict): string | undefined {
  const key = LOOSE_WRAPPERS.find((each) => holdsArrays(dict.get(each)));
  const alone = [...dict].every(
    ([other, item]) => other === key || TRAINING_STATE.test(nameOf(other)) || (!isArray(item) && !holdsArrays(item)),
  );
  return alone ? key : undefined;
}

/** Whether a value is a state dict or module: arrays directly inside, or inside the parts of a module. */
function holdsArrays(value: PickleValue | undefined): boolean {
  if (value === undefined) return false;
  const holds = (item: PickleValue): boolean => isArray(item) || item instanceof Instance;
  if (value instanceof Map) {
    for (const item of value.values()) if (holds(item)) return true;
    return false;
  }
  return value instanceof Instance && partsOf(value).some(([, item]) => holds(item));
}

function isArray(value: PickleValue): boolean {
  return arrayOf(value) !== undefined;
}

function arrayOf(value: PickleValue): ArrayValue | undefined {
  if (value instanceof TorchTensor || value instanceof NumpyArray) return value;
  return value instanceof TorchParameter ? value.tensor : undefined;
}

class Walker {
  readonly #where: string;
  readonly #arrays: Map<string, ArrayValue>;
  #visits = 0;

  constructor(where: string, arrays: Map<string, ArrayValue>) {
    this.#where = where;
    this.#arrays = arrays;
  }

  visit(name: string, value: PickleValue, depth: number): void {
    if (++this.#visits > VISIT_LIMIT) throw this.#trouble(name, `at most ${VISIT_LIMIT} values`, 'more');
    const array = arrayOf(value);
    if (array !== undefined) {
      const known = name === '' ? '0' : name;
      if (this.#arrays.has(known)) throw this.#trouble(known, 'one tensor of each name', 'a second one');
      this.#arrays.set(known, array);
      return;
    }
    const children = childrenOf(value);
    if (children === undefined) return;
    if (depth > DEPTH_LIMIT) throw this.#trouble(name, `at most ${DEPTH_LIMIT} levels`, 'more');
    for (const [key, item] of children) this.visit(name === '' ? key : `${name}.${key}`, item, depth + 1);
  }

  #trouble(name: string, expected: string, found: string): DanqingError {
    const shown = name.length > 100 ? `${name.slice(0, 100)}…` : name;
    return new DanqingError('bad-file', { where: `${this.#where} › ${shown}`, expected, found });
  }
}

/** Named parts of a container, or undefined for what is none. */
function childrenOf(value: PickleValue): [string, PickleValue][] | undefined {
  if (value instanceof Map) return [...value].map(([key, item]) => [nameOf(key), item]);
  if (Array.isArray(value)) return value.map((item, i) => [String(i), item]);
  if (value instanceof Tuple) return value.items.map((item, i) => [String(i), item]);
  return value instanceof Instance ? partsOf(value) : undefined;
}

/** Parts of an object: what was appended and set, and its attributes. */
function partsOf({ state, entries, items }: Instance): [string, PickleValue][] {
  const attributes: Dict = state instanceof Map ? state : new Map();
  if (attributes.get('_parameters') instanceof Map) return partsOfModule(attributes);
  const parts = [...entries, ...attributes].map(([key, item]): [string, PickleValue] => [nameOf(key), item]);
  items.forEach((item, i) => parts.push([String(i), item]));
  return parts;
}

/** Parts of a module as its `state_dict()` would have them: parameters, buffers that persist, modules. */
function partsOfModule(attributes: Dict): [string, PickleValue][] {
  const passing = attributes.get('_non_persistent_buffers_set');
  return ['_parameters', '_buffers', '_modules'].flatMap((group) => {
    const parts = attributes.get(group);
    if (!(parts instanceof Map)) return [];
    const kept =
      group === '_buffers' && passing instanceof Set ? [...parts].filter(([key]) => !passing.has(key)) : [...parts];
    return kept.map(([key, item]): [string, PickleValue] => [nameOf(key), item]);
  });
}

function nameOf(key: PickleValue): string {
  if (typeof key === 'string') return key;
  if (key instanceof Tuple) return `(${key.items.map(nameOf).join(', ')})`;
  return key instanceof Global ? key.fullName : describe(key);
}

/** Turns values into plain data, within limits: what is too deep or too much becomes an ellipsis. */
class PlainWriter {
  #visits = 0;

  /** Undefined for arrays, and for containers of nothing else, unless `withArrays` asks for them in words. */
  write(value: PickleValue, depth: number, withArrays: boolean): PlainValue | undefined {
    const array = arrayOf(value);
    if (array !== undefined) return withArrays ? `${array.dtype} [${array.shape.join(', ')}]` : undefined;
    if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'bigint')
      return value;
    if (typeof value === 'string') return shorten(value);
    if (value instanceof PickledBytes) return describe(value);
    const children =
      value instanceof Set ? [...value].map((item, i): [string, PickleValue] => [String(i), item]) : childrenOf(value);
    if (children === undefined) return describe(value);
    if (depth > EXTRA_DEPTH_LIMIT) return '…';
    const isList = Array.isArray(value) || value instanceof Tuple || value instanceof Set;
    const written: [string, PlainValue][] = [];
    for (const [key, item] of children) {
      if (++this.#visits > EXTRA_VISIT_LIMIT) {
        written.push(['…', '…']);
        break;
      }
      const plain = this.write(item, depth + 1, withArrays);
      if (plain !== undefined) written.push([shorten(key), plain]);
    }
    if (written.length === 0 && children.length > 0) return undefined;
    return isList ? written.map(([, item]) => item) : new Map(written);
  }
}

function shorten(text: string): string {
  return text.length > EXTRA_TEXT_LIMIT ? `${text.slice(0, EXTRA_TEXT_LIMIT)}…` : text;
}
