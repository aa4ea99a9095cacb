import {
  type Dict,
  Global,
  Instance,
  type Meaning,
  Mismatch,
  PickledBytes,
  type PickleValue,
  Tuple,
} from './values.ts';

/** What Python's own harmless classes and functions mean, by `module.name` in Python 3's spelling. */
export const pythonMeanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['collections.OrderedDict', ([items]) => dictOf(items)],
  ['collections.Counter', ([items]) => dictOf(items)],
  ['collections.defaultdict', ([, items]) => dictOf(items)],
  ['builtins.dict', ([items]) => dictOf(items)],
  ['builtins.list', ([items]) => [...itemsOf(items)]],
  ['builtins.tuple', ([items]) => new Tuple(itemsOf(items))],
  ['builtins.set', ([items]) => new Set(itemsOf(items))],
  ['builtins.frozenset', ([items]) => new Set(itemsOf(items))],
  ['builtins.complex', (args) => new Tuple(args)],
  ['builtins.bytes', ([value, encoding]) => bytesOf(value, encoding)],
  ['builtins.bytearray', ([value, encoding]) => bytesOf(value, encoding)],
  ['builtins.int', ([value]) => value ?? 0],
  ['builtins.float', ([value]) => value ?? 0],
  ['builtins.str', ([value]) => value ?? ''],
  ['builtins.bool', ([value]) => value ?? false],
  ['builtins.object', () => null],
  ['_codecs.encode', ([text, encoding]) => bytesOf(text, encoding ?? 'utf-8')],
  ['copyreg._reconstructor', reconstruct],
]);

/** Python 3's name of a module that Python 2 called otherwise. */
export function modernModule(module: string): string {
  if (module === '__builtin__') return 'builtins';
  if (module === 'copy_reg') return 'copyreg';
  return module;
}

function dictOf(items: PickleValue | undefined): Dict {
  if (items instanceof Map) return new Map(items);
  const dict: Dict = new Map();
  for (const pair of itemsOf(items)) {
    const [key, value, ...more] = itemsOf(pair);
    if (key === undefined || value === undefined || more.length > 0) throw new Mismatch('pairs of key and value', pair);
    dict.set(key, value);
  }
  return dict;
}

function itemsOf(value: PickleValue | undefined): readonly PickleValue[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  if (value instanceof Tuple) return value.items;
  if (value instanceof Set) return [...value];
  throw new Mismatch('a list, tuple or set', value);
}

function bytesOf(value: PickleValue | undefined, encoding: PickleValue | undefined): PickledBytes {
  if (value === undefined) return PickledBytes.here(new Uint8Array());
  if (value instanceof PickledBytes) return value;
  if (typeof value !== 'string') throw new Mismatch('a text or bytes', value);
  switch (typeof encoding === 'string' ? encoding.toLowerCase().replace('_', '-') : encoding) {
    case 'latin1':
    case 'latin-1':
    case 'iso-8859-1':
    case 'ascii':
      return PickledBytes.here(latin1Bytes(value));
    case 'utf-8':
    case 'utf8':
      return PickledBytes.here(new TextEncoder().encode(value));
    default:
      throw new Mismatch('an encoding of latin1, ascii or utf-8', encoding);
  }
}

function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) throw new Mismatch('characters below 256', text[i]);
    bytes[i] = code;
  }
  return bytes;
}

/** How protocols 0 and 1 write any object: its class, the built-in class below it, and that class's own state. */
function reconstruct(args: readonly PickleValue[]): PickleValue {
  const [type, , state] = args;
  if (!(type instanceof Global)) throw new Mismatch('a class', type);
  if (type.meaning === undefined) return new Instance(type, []);
  return type.meaning(state === undefined || state === null ? [] : [state]);
}
