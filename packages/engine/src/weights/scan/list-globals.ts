import type { ByteWindow } from '../byte-window.ts';
import { latin1, rawUnicodeEscape, stringEscape, utf8 } from '../pickle/text.ts';
import { Mismatch } from '../pickle/values.ts';

/** What follows an opcode: nothing, bytes, lines, or a text or bytes with their length before. */
type Argument =
  | { readonly kind: 'bytes'; readonly bytes: number }
  | { readonly kind: 'lines'; readonly lines: 1 | 2 }
  | { readonly kind: 'counted'; readonly countBytes: 1 | 4 | 8 };

const bytes = (count: number): Argument => ({ kind: 'bytes', bytes: count });
const counted = (countBytes: 1 | 4 | 8): Argument => ({ kind: 'counted', countBytes });
const LINE: Argument = { kind: 'lines', lines: 1 };

const ARGUMENTS: ReadonlyMap<number, Argument> = new Map<number, Argument>([
  ...[...'NQRabdelostu()}]012.'].map((letter): [number, Argument] => [letter.charCodeAt(0), bytes(0)]),
  ...[0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x97, 0x98].map(
    (code): [number, Argument] => [code, bytes(0)],
  ),
  ...[0x80, 0x82, 0x4b, 0x68, 0x71].map((code): [number, Argument] => [code, bytes(1)]),
  ...[0x83, 0x4d].map((code): [number, Argument] => [code, bytes(2)]),
  ...[0x84, 0x4a, 0x6a, 0x72].map((code): [number, Argument] => [code, bytes(4)]),
  ...[0x95, 0x47].map((code): [number, Argument] => [code, bytes(8)]),
  ...[0x46, 0x49, 0x4c, 0x50, 0x53, 0x56, 0x67, 0x70].map((code): [number, Argument] => [code, LINE]),
  ...[0x63, 0x69].map((code): [number, Argument] => [code, { kind: 'lines', lines: 2 }]),
  ...[0x43, 0x55, 0x8a, 0x8c].map((code): [number, Argument] => [code, counted(1)]),
  ...[0x42, 0x54, 0x58, 0x8b].map((code): [number, Argument] => [code, counted(4)]),
  ...[0x8d, 0x8e, 0x96].map((code): [number, Argument] => [code, counted(8)]),
]);

const NEWLINE = 0x0a;
const NAME_LIMIT = 4096;
const UNSEEN = '‹unknown›';

/** Told of a name and where its opcode stands. */
type OnName = (module: string, name: string, position: number) => void;

/**
 * Goes through opcodes one after the other without carrying them out, for pickles that cannot be read to their end: lists
 * every name, guessing those that come from the stack from the texts before. Stops at the first byte that is no opcode.
 */
export async function listGlobals(window: ByteWindow, budget: { operations: number }, onName: OnName): Promise<void> {
  const lister = new Lister(window, onName);
  while (window.left > 0 && budget.operations > 0) {
    budget.operations--;
    const start = window.position;
    const wanted = lister.step();
    if (wanted === 'end') return;
    if (wanted === 'next') continue;
    window.position = start;
    if (wanted > window.left) return;
    await window.fillUpTo(wanted);
  }
}

class Lister {
  readonly #window: ByteWindow;
  readonly #onName: OnName;
  /** The last two texts, oldest first, and what was remembered. */
  #texts: readonly [string, string] = [UNSEEN, UNSEEN];
  readonly #memo = new Map<number, string>();

  constructor(window: ByteWindow, onName: OnName) {
    this.#window = window;
    this.#onName = onName;
  }

  /** Takes one opcode; or says that there is none, or how many bytes from its beginning must be buffered first. */
  step(): 'next' | 'end' | number {
    const window = this.#window;
    const position = window.position;
    if (!window.holds(1)) return 1;
    const code = window.u8();
    const argument = ARGUMENTS.get(code);
    if (argument === undefined) return 'end';
    const taken = argument.kind === 'lines' ? this.#lines(argument.lines) : this.#bytes(argument);
    if (typeof taken === 'number') return window.position - position + taken;
    this.#note(code, taken, position);
    return 'next';
  }

  /** Bytes, long ones cut; or how many are missing from here. */
  #bytes(argument: Exclude<Argument, { kind: 'lines' }>): Uint8Array[] | number {
    const window = this.#window;
    let count = argument.kind === 'bytes' ? argument.bytes : 0;
    if (argument.kind === 'counted') {
      if (!window.holds(argument.countBytes)) return argument.countBytes;
      count = argument.countBytes === 1 ? window.u8() : argument.countBytes === 4 ? window.u32() : window.u64();
    }
    const shown = Math.min(count, NAME_LIMIT);
    if (count > window.left) return count;
    if (!window.holds(shown)) return shown;
    const taken = window.bytes(shown);
    window.skip(count - shown);
    return [taken];
  }

  #lines(count: number): Uint8Array[] | number {
    const window = this.#window;
    const lines: Uint8Array[] = [];
    while (lines.length < count) {
      const length = window.find(NEWLINE);
      if (length === undefined)
        return window.buffered >= window.left ? window.left + 1 : Math.max(256, window.buffered * 2);
      lines.push(window.bytes(length));
      window.skip(1);
    }
    return lines;
  }

  #note(code: number, [first, second]: Uint8Array[], position: number): void {
    switch (code) {
      case 0x63: // GLOBAL
      case 0x69: // INST
        return this.#onName(utf8(first!), utf8(second!), position);
      case 0x93: // STACK_GLOBAL
        return this.#onName(this.#texts[0], this.#texts[1], position);
      case 0x82: // EXT1, EXT2, EXT4
      case 0x83:
      case 0x84:
        return this.#onName('copyreg', `extension ${indexOf(code, first!)}`, position);
      case 0x58: // BINUNICODE, SHORT_BINUNICODE, BINUNICODE8, SHORT_BINSTRING, BINSTRING
      case 0x8c:
      case 0x8d:
      case 0x55:
      case 0x54:
        return this.#push(utf8(first!));
      case 0x56: // UNICODE
        return this.#push(rawUnicodeEscape(latin1(first!)));
      case 0x53: // STRING
        return this.#push(unquoted(latin1(first!)));
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#texts[1]);
        return;
      case 0x71: // BINPUT, LONG_BINPUT, PUT
      case 0x72:
      case 0x70:
        this.#memo.set(indexOf(code, first!), this.#texts[1]);
        return;
      case 0x68: // BINGET, LONG_BINGET, GET
      case 0x6a:
      case 0x67:
        return this.#push(this.#memo.get(indexOf(code, first!)) ?? UNSEEN);
      case 0x32: // DUP
        return this.#push(this.#texts[1]);
      default:
    }
  }

  #push(text: string): void {
    this.#texts = [this.#texts[1], text];
  }
}

function indexOf(code: number, argument: Uint8Array): number {
  if (code === 0x70 || code === 0x67) return Number(latin1(argument));
  return argument.reduceRight((sum, byte) => sum * 256 + byte, 0);
}

function unquoted(line: string): string {
  try {
    return utf8(stringEscape(line).inline!);
  } catch (error) {
    if (error instanceof Mismatch) return line;
    throw error;
  }
}
