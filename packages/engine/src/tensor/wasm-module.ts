/** WebAssembly code as bytes; what an instruction needs on the stack stands before it. */
export type Code = readonly number[];

/** Types of values. */
export const I32 = 0x7f;
export const F32 = 0x7d;
export const V128 = 0x7b;

const vector = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const binary =
  (opcode: number) =>
  (left: Code, right: Code): Code => [...left, ...right, ...vector(opcode)];
const unary =
  (opcode: number) =>
  (value: Code): Code => [...value, ...vector(opcode)];
const shift =
  (opcode: number) =>
  (value: Code, bits: number): Code => [...value, ...i32(bits), ...vector(opcode)];

/** The instructions that our code is made of, by their names in the specification where they need no other. */
export const wasm = {
  get: (local: number): Code => [0x20, ...unsigned(local)],
  set: (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)],
  /** Sets a local and leaves its value. */
  tee: (local: number, value: Code): Code => [...value, 0x22, ...unsigned(local)],
  add: (left: Code, right: Code): Code => [...left, ...right, 0x6a],
  /** Runs its body again as long as the condition after it holds. */
  loop: (body: Code, condition: Code): Code => [0x03, 0x40, ...body, ...condition, 0x0d, 0x00, 0x0b],
  lessThan: (left: Code, right: Code): Code => [...left, ...right, 0x49],
  load: (address: Code): Code => [...address, ...vector(0x00), 0x04, 0x00],
  store: (address: Code, value: Code): Code => [...address, ...value, ...vector(0x0b), 0x04, 0x00],
  /** A vector of four equal 32-bit patterns. */
  words: (pattern: number): Code => [...i32(pattern), ...vector(0x11)],
  floats: (value: number): Code => [0x43, ...new Uint8Array(Float32Array.of(value).buffer), ...vector(0x13)],
  splatFloat: unary(0x13),
  and: binary(0x4e),
  or: binary(0x50),
  /** Bits of `yes` where those of `mask` are set, else of `no`. */
  select: (yes: Code, no: Code, mask: Code): Code => [...yes, ...no, ...mask, ...vector(0x52)],
  anyTrue: unary(0x53),
  addShorts: binary(0x8e),
  narrow: binary(0x86),
  extendLow: unary(0xa7),
  extendHigh: unary(0xa8),
  shiftLeft: shift(0xab),
  shiftRight: shift(0xad),
  addWords: binary(0xae),
  subtractWords: binary(0xb1),
  lessFloats: binary(0x43),
  abs: unary(0xe0),
  addFloats: binary(0xe4),
  subtractFloats: binary(0xe5),
  multiplyFloats: binary(0xe6),
} as const;

export const i32 = (value: number): Code => [0x41, ...signed(value | 0)];

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** A module with a memory and one function, both exported: `memory` and `run`. */
export function wasmModule(options: {
  readonly params: readonly number[];
  readonly result: number;
  /** Types of the locals after the parameters. */
  readonly locals: readonly number[];
  readonly memoryPages: number;
  readonly body: Code;
}): Uint8Array<ArrayBuffer> {
  const { params, result, locals, memoryPages, body } = options;
  const code = [...list(locals.map((type) => [1, type])), ...body, 0x0b];
  return Uint8Array.from([
    ...MAGIC,
    ...section(1, list([[0x60, ...list(params.map((type) => [type])), ...list([[result]])]])),
    ...section(3, list([[0]])),
    ...section(5, list([[0, ...unsigned(memoryPages)]])),
    ...section(
      7,
      list([
        [...name('memory'), 2, 0],
        [...name('run'), 0, 0],
      ]),
    ),
    ...section(10, list([[...unsigned(code.length), ...code]])),
  ]);
}

const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const name = (text: string): Code => [text.length, ...Array.from(text, (letter) => letter.charCodeAt(0))];

/** LEB128. */
function unsigned(value: number): Code {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function signed(value: number): Code {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest >= -0x40 && rest < 0x40) return [...bytes, rest & 0x7f];
    bytes.push((rest & 0x7f) | 0x80);
  }
}
