import { DanqingError } from '../../errors.ts';
import type { ByteWindow } from '../byte-window.ts';
import { LIMITS, PickleInput, Shortage } from './input.ts';
import { hashable, PickleMachine } from './machine.ts';
import { latin1, longToInteger, parseInteger, rawUnicodeEscape, stringEscape, utf8 } from './text.ts';
import { describe, Mismatch, type PickledBytes, type PickleValue, Tuple, Unsupported } from './values.ts';

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
  const opcodes = new Opcodes(window, host);
  try {
    return await opcodes.run();
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    const unsupported = error instanceof Unsupported;
    throw new DanqingError(unsupported ? 'unsupported' : 'bad-file', {
      where: `${window.names.where} › byte ${opcodes.input.at}`,
      expected: error.expected,
      found: error.found,
      advice: unsupported
        ? 'Save it as plain tensors with the program that made it.'
        : 'The file is damaged, or made to deceive.',
    });
  }
}

/** Carries out the opcodes of a pickle one by one. */
class Opcodes {
  readonly input: PickleInput;
  readonly #host: PickleHost;
  readonly #stack = new PickleMachine();

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
      if (code === STOP) return this.#stack.pop();
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
    const stack = this.#stack;
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
        return stack.push(null);
      case 0x88: // NEWTRUE
        return stack.push(true);
      case 0x89: // NEWFALSE
        return stack.push(false);
      case 0x4b: // BININT1
        return stack.push(input.u8());
      case 0x4d: // BININT2
        return stack.push(input.u16());
      case 0x4a: // BININT
        return stack.push(input.i32());
      case 0x8a: // LONG1
        return stack.push(longToInteger(input.bytes(input.u8())));
      case 0x8b: // LONG4
        return stack.push(longToInteger(input.bytes(input.length32(LIMITS.integerBytes))));
      case 0x47: // BINFLOAT
        return stack.push(input.f64());
      case 0x49: {
        // INT
        const text = latin1(input.line());
        return stack.push(text === '00' ? false : text === '01' ? true : parseInteger(text));
      }
      case 0x4c: // LONG
        return stack.push(parseInteger(latin1(input.line()).replace(/L$/, '')));
      case 0x46: {
        // FLOAT
        const text = latin1(input.line());
        const value = Number(text.replace(/^([+-]?)inf$/i, '$1Infinity'));
        if (Number.isNaN(value) && !/^[+-]?nan$/i.test(text)) throw new Mismatch('a number', text);
        return stack.push(value);
      }

      // Texts and bytes
      case 0x58: // BINUNICODE
        return stack.push(utf8(input.bytes(input.length32(LIMITS.textBytes))));
      case 0x8c: // SHORT_BINUNICODE
        return stack.push(utf8(input.bytes(input.u8())));
      case 0x8d: // BINUNICODE8
        return stack.push(utf8(input.bytes(input.length64(LIMITS.textBytes))));
      case 0x56: // UNICODE
        return stack.push(rawUnicodeEscape(latin1(input.line())));
      case 0x53: // STRING
        return stack.push(textOrBytes(stringEscape(latin1(input.line()))));
      case 0x54: // BINSTRING
        return stack.push(textOrBytes(input.longBytes(input.length32(input.window.end))));
      case 0x55: // SHORT_BINSTRING
        return stack.push(textOrBytes(input.shortBytes(input.u8())));
      case 0x42: // BINBYTES
        return stack.push(input.longBytes(input.length32(input.window.end)));
      case 0x43: // SHORT_BINBYTES
        return stack.push(input.shortBytes(input.u8()));
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return stack.push(input.longBytes(input.length64(input.window.end)));
      case 0x97: // NEXT_BUFFER
      case 0x98: // READONLY_BUFFER
        throw new Mismatch('a pickle that is whole', undefined, 'bytes that were left out of it');

      // Containers
      case 0x29: // EMPTY_TUPLE
        return stack.push(new Tuple([]));
      case 0x85: // TUPLE1
        return stack.tuple(1);
      case 0x86: // TUPLE2
        return stack.tuple(2);
      case 0x87: // TUPLE3
        return stack.tuple(3);
      case 0x74: // TUPLE
        return stack.push(new Tuple(stack.popMark()));
      case 0x5d: // EMPTY_LIST
        return stack.push([]);
      case 0x6c: // LIST
        return stack.push(stack.popMark());
      case 0x61: // APPEND
        return stack.append([stack.pop()]);
      case 0x65: // APPENDS
        return stack.append(stack.popMark());
      case 0x7d: // EMPTY_DICT
        return stack.push(new Map());
      case 0x64: {
        // DICT
        const items = stack.popMark();
        stack.push(new Map());
        return stack.setItems(items);
      }
      case 0x73: {
        // SETITEM
        const value = stack.pop();
        return stack.setItems([stack.pop(), value]);
      }
      case 0x75: // SETITEMS
        return stack.setItems(stack.popMark());
      case 0x8f: // EMPTY_SET
        return stack.push(new Set());
      case 0x90: // ADDITEMS
        return stack.addItems(stack.popMark());
      case 0x91: // FROZENSET
        return stack.push(new Set(stack.popMark().map(hashable)));

      // Stack and memo
      case 0x28: // MARK
        return stack.mark();
      case 0x30: // POP: of an empty stack it takes the mark below it.
        return stack.drop();
      case 0x31: // POP_MARK
        stack.popMark();
        return;
      case 0x32: // DUP
        return stack.push(stack.top());
      case 0x94: // MEMOIZE
        return stack.remember();
      case 0x71: // BINPUT
        return stack.remember(input.u8());
      case 0x72: // LONG_BINPUT
        return stack.remember(input.u32());
      case 0x70: // PUT
        return stack.remember(Number(parseInteger(latin1(input.line()))));
      case 0x68: // BINGET
        return stack.recall(input.u8());
      case 0x6a: // LONG_BINGET
        return stack.recall(input.u32());
      case 0x67: // GET
        return stack.recall(Number(parseInteger(latin1(input.line()))));

      // Names and objects
      case 0x63: {
        // GLOBAL
        const module = utf8(input.line());
        return this.#global(module, utf8(input.line()));
      }
      case 0x93: {
        // STACK_GLOBAL
        const name = stack.pop();
        const module = stack.pop();
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
        const args = stack.pop();
        return stack.call(stack.pop(), args);
      }
      case 0x92: {
        // NEWOBJ_EX
        const named = stack.pop();
        const args = stack.pop();
        if (!(named instanceof Map)) throw new Mismatch('a dict of named arguments', named);
        if (!(args instanceof Tuple)) throw new Mismatch('a tuple of arguments', args);
        return stack.call(stack.pop(), named.size === 0 ? args : new Tuple([...args.items, named]));
      }
      case 0x69: {
        // INST
        const module = utf8(input.line());
        const name = utf8(input.line());
        const args = stack.popMark();
        this.#global(module, name);
        return stack.call(stack.pop(), new Tuple(args));
      }
      case 0x6f: {
        // OBJ
        const [type, ...args] = stack.popMark();
        if (type === undefined) throw new Mismatch('a class', type);
        return stack.call(type, new Tuple(args));
      }
      case 0x62: // BUILD
        return stack.build();
      case 0x51: // BINPERSID
        return stack.push(this.#host.persistent(stack.pop(), input.at));
      case 0x50: // PERSID
        return stack.push(this.#host.persistent(latin1(input.line()), this.input.at));
      default:
        throw new Mismatch('an opcode of pickle protocol 0 to 5', undefined, `0x${code.toString(16).padStart(2, '0')}`);
    }
  }

  #global(module: string, name: string): void {
    this.#stack.push(this.#host.global(module, name, this.input.at));
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
