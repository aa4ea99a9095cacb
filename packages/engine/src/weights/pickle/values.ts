/** A Python value as this reader builds it: data only, nothing that could run. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleValue[]
  | Tuple
  | Dict
  | Set<PickleValue>
  | PickledBytes
  | Global
  | Instance
  | Built;

/** A Python dict of any kind; keys are compared by identity, which is exact for texts, numbers and None. */
export type Dict = Map<PickleValue, PickleValue>;

/** A Python tuple. */
export class Tuple {
  readonly items: readonly PickleValue[];

  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

/** A Python bytes object; a long one stays in the file. */
export class PickledBytes {
  readonly length: number;
  /** The bytes, when they are few. */
  readonly inline: Uint8Array | undefined;
  /** Where they stand in the source of the pickle, when they are many. */
  readonly offset: number;

  private constructor(length: number, inline: Uint8Array | undefined, offset: number) {
    this.length = length;
    this.inline = inline;
    this.offset = offset;
  }

  static here(bytes: Uint8Array): PickledBytes {
    return new PickledBytes(bytes.length, bytes, -1);
  }

  static inSource(offset: number, length: number): PickledBytes {
    return new PickledBytes(length, undefined, offset);
  }
}

/** A class or function that a pickle names. It stands for its name and is never looked up anywhere but in a list of ours. */
export class Global {
  readonly module: string;
  readonly name: string;
  /** Byte in the source where the opcode stands that names it. */
  readonly position: number;
  /** What it means here; undefined for a foreign one. */
  readonly meaning: Meaning | undefined;

  constructor(module: string, name: string, position: number, meaning?: Meaning) {
    this.module = module;
    this.name = name;
    this.position = position;
    this.meaning = meaning;
  }

  get fullName(): string {
    return `${this.module}.${this.name}`;
  }
}

/** What calling a global with these arguments gives, as data; throws `Mismatch` for arguments that it cannot have. */
export type Meaning = (args: readonly PickleValue[]) => PickleValue;

/** An object of a class that is kept as inert data: its arguments, its state, what was appended or set. */
export class Instance {
  readonly type: PickleValue;
  readonly args: readonly PickleValue[];
  readonly items: PickleValue[] = [];
  readonly entries: Dict = new Map();
  state: PickleValue = null;

  constructor(type: PickleValue, args: readonly PickleValue[]) {
    this.type = type;
    this.args = args;
  }
}

/** A value that a meaning of ours makes: a tensor, a storage, an element type. */
export abstract class Built {
  /** Takes the state that the pickle gives to it; throws `Mismatch` when it cannot have this one. */
  build(state: PickleValue): void {
    throw new Mismatch(`no state for ${describe(this)}`, state);
  }
}

/** Values that do not go together; the reader adds where. */
export class Mismatch extends Error {
  readonly expected: string;
  readonly found: string;

  /** @param words says what was found where a value cannot. */
  constructor(expected: string, found: PickleValue | undefined, words: string = describe(found)) {
    super(`expected ${expected}, found ${words}`);
    this.expected = expected;
    this.found = words;
  }
}

/** Something that is all right in a pickle but that this program cannot use. */
export class Unsupported extends Mismatch {}

/** A value in a few words for errors. */
export function describe(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof Tuple) return `a tuple of ${value.items.length}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Map) return `a dict of ${value.size}`;
  if (value instanceof Set) return `a set of ${value.size}`;
  if (value instanceof PickledBytes) return `${value.length} bytes`;
  if (value instanceof Global) return value.fullName;
  if (value instanceof Instance) return `an object of ${describe(value.type)}`;
  return `a ${value.constructor.name}`;
}
