import { DanqingError } from '../../errors.ts';
import type { ByteWindow } from '../byte-window.ts';
import { LIMITS, PickleInput, Shortage } from './input.ts';
import { latin1, longToInteger, parseInteger, rawUnicodeEscape, stringEscape, utf8 } from './text.ts';
import {
  Built,
  describe,
  Global,
  Instance,
  Mismatch,
  type PickledBytes,
  type PickleValue,
  Tuple,
  Unsupported,
} from './values.ts';

/** What a pickle's names mean. */
export interface PickleHost {
  /** What a class or function stands for; never executes anything. */
  global(module: string, name: string, position: number): PickleValue;
  /** What a persistent id stands for; throws `Mismatch` for one that it does not know. */
  persistent(id: PickleValue, position: number): PickleValue;
  /** Opcodes that may still be carried out, where several pickles share them. */
  readonly budget?: { operations: number };
}

const STOP = 0x2e;
/** Longest fixed part of an opcode: itself and an 8-byte length. */
const OPCODE_BYTES = 9;
const HIGHEST_PROTOCOL = 5;

/**
 * Reads one pickle of any protocol, from `window.position` to behind its STOP, as data. Nothing is imported or called:
 * names go to `host`, which answers with data.
 * @throws bad-file when the pickle is broken or beyond the limits, naming the byte.
 */
export async function unpickle(window: ByteWindow, host: PickleHost): Promise<PickleValue> {
  const machine = new Machine(window, host);
  try {
    return await machine.run();
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    const unsupported = error instanceof Unsupported;
    throw new DanqingError(unsupported ? 'unsupported' : 'bad-file', {
      where: `${window.names.where} › byte ${machine.input.at}`,
      expected: error.expected,
      found: error.found,
      advice: unsupported
        ? 'Save it as plain tensors with the program that made it.'
        : 'The file is damaged, or made to deceive.',
    });
  }
}

/** The stack machine that a pickle is a program for. */
class Machine {
  readonly input: PickleInput;
  readonly #host: PickleHost;
  readonly #stack: PickleValue[] = [];
  /** Stack heights at the marks, lowest first. */
  readonly #marks: number[] = [];
  readonly #memo = new Memo();

  constructor(window: ByteWindow, host: PickleHost) {
    this.input = new PickleInput(window);
    this.#host = host;
  }

  async run(): Promise<PickleValue> {
    const { input } = this;
    const { window } = input;
    const { budget } = this.#host;
    for (let count = 0; ; count++) {
      if (count > LIMITS.operations || (budget !== undefined && --budget.operations < 0)) {
        throw new Mismatch(`a pickle of at most ${LIMITS.operations} steps`, undefined, 'more');
      }
      if (!window.holds(OPCODE_BYTES)) await window.fillUpTo(OPCODE_BYTES);
      input.at = window.position;
      const code = input.u8();
      if (code === STOP) return this.#pop();
      try {
        this.#step(code);
      } catch (error) {
        if (!(error instanceof Shortage)) throw error;
        // An opcode takes its bytes before it changes anything, so it can simply start again.
        window.position = input.at;
        await window.fillUpTo(error.length);
      }
    }
  }

  /** Carries out one opcode; names as in Python's pickletools. */
  #step(code: number): void {
    const { input } = this;
    switch (code) {
      case 0x80: {
        const protocol = input.u8();
        if (protocol > HIGHEST_PROTOCOL) throw new Mismatch(`protocol 0 to ${HIGHEST_PROTOCOL}`, protocol);
        return;
      }
      case 0x95: // FRAME: its length only helps readers that buffer otherwise.
        input.u64();
        return;

      // Numbers and constants
      case 0x4e: // NONE
        return this.#push(null);
      case 0x88: // NEWTRUE
        return this.#push(true);
      case 0x89: // NEWFALSE
        return this.#push(false);
      case 0x4b: // BININT1
        return this.#push(input.u8());
      case 0x4d: // BININT2
        return this.#push(input.u16());
      case 0x4a: // BININT
        return this.#push(input.i32());
      case 0x8a: // LONG1
        return this.#push(longToInteger(input.bytes(input.u8())));
      case 0x8b: // LONG4
        return this.#push(longToInteger(input.bytes(input.length32(LIMITS.integerBytes))));
      case 0x47: // BINFLOAT
        return this.#push(input.f64());
      case 0x49: {
        // INT
        const text = latin1(input.line());
        return this.#push(text === '00' ? false : text === '01' ? true : parseInteger(text));
      }
      case 0x4c: // LONG
        return this.#push(parseInteger(latin1(input.line()).replace(/L$/, '')));
      case 0x46: {
        // FLOAT
        const text = latin1(input.line());
        const value = Number(text.replace(/^([+-]?)inf$/i, '$1Infinity'));
        if (Number.isNaN(value) && !/^[+-]?nan$/i.test(text)) throw new Mismatch('a number', text);
        return this.#push(value);
      }

      // Texts and bytes
      case 0x58: // BINUNICODE
        return this.#push(utf8(input.bytes(input.length32(LIMITS.textBytes))));
      case 0x8c: // SHORT_BINUNICODE
        return this.#push(utf8(input.bytes(input.u8())));
      case 0x8d: // BINUNICODE8
        return this.#push(utf8(input.bytes(input.length64(LIMITS.textBytes))));
      case 0x56: // UNICODE
        return this.#push(rawUnicodeEscape(latin1(input.line())));
      case 0x53: // STRING
        return this.#push(textOrBytes(stringEscape(latin1(input.line()))));
      case 0x54: // BINSTRING
        return this.#push(textOrBytes(input.longBytes(input.length32(input.window.end))));
      case 0x55: // SHORT_BINSTRING
        return this.#push(textOrBytes(input.shortBytes(input.u8())));
      case 0x42: // BINBYTES
        return this.#push(input.longBytes(input.length32(input.window.end)));
      case 0x43: // SHORT_BINBYTES
        return this.#push(input.shortBytes(input.u8()));
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return this.#push(input.longBytes(input.length64(input.window.end)));
      case 0x97: // NEXT_BUFFER
      case 0x98: // READONLY_BUFFER
        throw new Mismatch('a pickle that is whole', undefined, 'bytes that were left out of it');

      // Containers
      case 0x29: // EMPTY_TUPLE
        return this.#push(new Tuple([]));
      case 0x85: // TUPLE1
        return this.#tuple(1);
      case 0x86: // TUPLE2
        return this.#tuple(2);
      case 0x87: // TUPLE3
        return this.#tuple(3);
      case 0x74: // TUPLE
        return this.#push(new Tuple(this.#popMark()));
      case 0x5d: // EMPTY_LIST
        return this.#push([]);
      case 0x6c: // LIST
        return this.#push(this.#popMark());
      case 0x61: // APPEND
        return this.#append([this.#pop()]);
      case 0x65: // APPENDS
        return this.#append(this.#popMark());
      case 0x7d: // EMPTY_DICT
        return this.#push(new Map());
      case 0x64: {
        // DICT
        const items = this.#popMark();
        this.#push(new Map());
        return this.#setItems(items);
      }
      case 0x73: {
        // SETITEM
        const value = this.#pop();
        return this.#setItems([this.#pop(), value]);
      }
      case 0x75: // SETITEMS
        return this.#setItems(this.#popMark());
      case 0x8f: // EMPTY_SET
        return this.#push(new Set());
      case 0x90: // ADDITEMS
        return this.#addItems(this.#popMark());
      case 0x91: // FROZENSET
        return this.#push(new Set(this.#popMark().map(hashable)));

      // Stack and memo
      case 0x28: // MARK
        this.#marks.push(this.#stack.length);
        return;
      case 0x30: // POP: of an empty stack it takes the mark below it.
        if (this.#stack.length > this.#base()) this.#pop();
        else this.#popMark();
        return;
      case 0x31: // POP_MARK
        this.#popMark();
        return;
      case 0x32: // DUP
        return this.#push(this.#top());
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        return;
      case 0x71: // BINPUT
        this.#memo.set(input.u8(), this.#top());
        return;
      case 0x72: // LONG_BINPUT
        this.#memo.set(input.u32(), this.#top());
        return;
      case 0x70: // PUT
        this.#memo.set(Number(parseInteger(latin1(input.line()))), this.#top());
        return;
      case 0x68: // BINGET
        return this.#get(input.u8());
      case 0x6a: // LONG_BINGET
        return this.#get(input.u32());
      case 0x67: // GET
        return this.#get(Number(parseInteger(latin1(input.line()))));

      // Names and objects
      case 0x63: {
        // GLOBAL
        const module = utf8(input.line());
        return this.#global(module, utf8(input.line()));
      }
      case 0x93: {
        // STACK_GLOBAL
        const name = this.#pop();
        const module = this.#pop();
        return this.#global(nameText(module), nameText(name));
      }
      case 0x82: // EXT1
        return this.#global('copyreg', `extension ${input.u8()}`);
      case 0x83: // EXT2
        return this.#global('copyreg', `extension ${input.u16()}`);
      case 0x84: // EXT4
        return this.#global('copyreg', `extension ${input.i32()}`);
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const args = this.#pop();
        return this.#call(this.#pop(), args);
      }
      case 0x92: {
        // NEWOBJ_EX
        const named = this.#pop();
        const args = this.#pop();
        if (!(named instanceof Map)) throw new Mismatch('a dict of named arguments', named);
        if (!(args instanceof Tuple)) throw new Mismatch('a tuple of arguments', args);
        return this.#call(this.#pop(), named.size === 0 ? args : new Tuple([...args.items, named]));
      }
      case 0x69: {
        // INST
        const module = utf8(input.line());
        const name = utf8(input.line());
        const args = this.#popMark();
        this.#global(module, name);
        return this.#call(this.#pop(), new Tuple(args));
      }
      case 0x6f: {
        // OBJ
        const [type, ...args] = this.#popMark();
        if (type === undefined) throw new Mismatch('a class', type);
        return this.#call(type, new Tuple(args));
      }
      case 0x62: {
        // BUILD
        const state = this.#pop();
        return this.#build(this.#top(), state);
      }
      case 0x51: // BINPERSID
        return this.#push(this.#host.persistent(this.#pop(), input.at));
      case 0x50: // PERSID
        return this.#push(this.#host.persistent(latin1(input.line()), this.input.at));
      default:
        throw new Mismatch('an opcode of pickle protocol 0 to 5', undefined, `0x${code.toString(16).padStart(2, '0')}`);
    }
  }

  // --- the stack

  #base(): number {
    return this.#marks.at(-1) ?? 0;
  }

  #push(value: PickleValue): void {
    this.#stack.push(value);
  }

  #pop(): PickleValue {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #top(): PickleValue {
    if (this.#stack.length <= this.#base()) throw new Mismatch('a value on the stack', undefined);
    return this.#stack[this.#stack.length - 1]!;
  }

  #popMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new Mismatch('a mark on the stack', undefined);
    const values = this.#stack.slice(mark);
    this.#stack.length = mark;
    return values;
  }

  #tuple(length: number): void {
    if (this.#stack.length - this.#base() < length) throw new Mismatch(`${length} values on the stack`, undefined);
    const start = this.#stack.length - length;
    const items = this.#stack.slice(start);
    this.#stack.length = start;
    this.#push(new Tuple(items));
  }

  #get(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw new Mismatch(`a value remembered as ${index}`, undefined);
    this.#push(value);
  }

  // --- objects

  #global(module: string, name: string): void {
    this.#push(this.#host.global(module, name, this.input.at));
  }

  #call(callee: PickleValue, args: PickleValue): void {
    if (!(args instanceof Tuple)) throw new Mismatch('a tuple of arguments', args);
    if (callee instanceof Global && callee.meaning !== undefined) return this.#push(callee.meaning(args.items));
    if (callee instanceof Global || callee instanceof Instance) return this.#push(new Instance(callee, args.items));
    throw new Mismatch('a class or function', callee);
  }

  #build(target: PickleValue, state: PickleValue): void {
    if (target instanceof Instance) target.state = state;
    else if (target instanceof Built) target.build(state);
    // Attributes of a state dict (`_metadata`: versions of modules) say nothing about the weights.
    else if (!(target instanceof Map)) throw new Mismatch('an object that has a state', target);
  }

  #append(values: PickleValue[]): void {
    const target = this.#top();
    const list = target instanceof Instance ? target.items : target;
    if (!Array.isArray(list)) throw new Mismatch('a list to append to', target);
    for (const value of values) list.push(value);
  }

  #setItems(items: PickleValue[]): void {
    if (items.length % 2 !== 0) throw new Mismatch('a value for every key', items);
    const target = this.#top();
    for (let i = 0; i < items.length; i += 2) this.#setItem(target, items[i]!, items[i + 1]!);
  }

  #setItem(target: PickleValue, key: PickleValue, value: PickleValue): void {
    if (target instanceof Instance) target.entries.set(hashable(key), value);
    else if (target instanceof Map) target.set(hashable(key), value);
    else if (Array.isArray(target) && typeof key === 'number' && key in target) target[key] = value;
    else throw new Mismatch('a dict, or a list with this place', target);
  }

  #addItems(items: PickleValue[]): void {
    const target = this.#top();
    if (target instanceof Instance) target.items.push(...items);
    else if (!(target instanceof Set)) throw new Mismatch('a set to add to', target);
    else for (const item of items) target.add(hashable(item));
  }
}

/** What a pickle remembers by numbers. Those that count up from 0 stand in a row; a hostile pickle may take any others. */
class Memo {
  readonly #row: PickleValue[] = [];
  readonly #others = new Map<number, PickleValue>();

  get size(): number {
    return this.#row.length + this.#others.size;
  }

  set(index: number, value: PickleValue): void {
    if (index < this.#row.length) this.#row[index] = value;
    else if (index === this.#row.length && !this.#others.has(index)) this.#row.push(value);
    else this.#others.set(index, value);
  }

  get(index: number): PickleValue | undefined {
    return index < this.#row.length ? this.#row[index] : this.#others.get(index);
  }
}

/** A Python 2 `str` is a text where it can be one, else bytes. */
function textOrBytes(bytes: PickledBytes): PickleValue {
  if (bytes.inline === undefined) return bytes;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.inline);
  } catch {
    return bytes;
  }
}

/** A name that no pickle should compute; the marks keep it out of every list of names. */
function nameText(value: PickleValue): string {
  return typeof value === 'string' ? value : `‹${describe(value)}›`;
}

function hashable(value: PickleValue): PickleValue {
  if (Array.isArray(value) || value instanceof Map || value instanceof Set) {
    throw new Mismatch('a key that does not change', value);
  }
  return value;
}
