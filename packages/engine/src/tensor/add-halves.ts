import { type Code, F32, I32, i32, V128, wasm, wasmModule } from './wasm-module.ts';

/** As many elements as can be added at a time. */
export const ADD_HALVES_LIMIT = 1 << 14;

/**
 * Adds two rows of halves, each times a factor, with torch's rounding: the products and the sum are computed in float32 and
 * rounded to halves. Four at a time, in WebAssembly.
 * @param factors from -1 to 1, exact in float32, so that no product is beyond the range.
 * @returns false where something is not finite, in or out; `out` is of no use then.
 */
export type AddHalves = (
  left: Uint16Array,
  right: Uint16Array,
  factors: readonly [number, number],
  out: Uint16Array,
  count: number,
) => boolean;

const PAGE_BYTES = 1 << 16;
const ROW_BYTES = ADD_HALVES_LIMIT * 2;

/** The part of WebAssembly that is used here. Not every host declares it, and one might not have it. */
interface WebAssemblyApi {
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** A new adder with memory of its own; undefined where the engine has no vector instructions. */
export function makeAddHalves(): AddHalves | undefined {
  const bytes = wasmModule({
    params: [I32, F32, F32],
    result: I32,
    locals: [I32, V128, V128, V128, V128, V128, V128],
    memoryPages: Math.ceil((3 * ROW_BYTES) / PAGE_BYTES),
    body: BODY,
  });
  const { WebAssembly: api } = globalThis as unknown as { readonly WebAssembly?: WebAssemblyApi };
  if (api?.validate(bytes) !== true) return undefined;
  const { exports } = new api.Instance(new api.Module(bytes));
  const { memory, run } = exports as {
    readonly memory: { readonly buffer: ArrayBuffer };
    readonly run: (bytes: number, left: number, right: number) => number;
  };
  const [a, b, sum] = [0, 1, 2].map((row) => new Uint16Array(memory.buffer, row * ROW_BYTES, ADD_HALVES_LIMIT));
  return (left, right, [first, second], out, count) => {
    a!.set(left);
    b!.set(right);
    // Eight at a time: what stands behind the end from before must not be taken for something that is not finite.
    a!.fill(0, count, (count + 7) & ~7);
    b!.fill(0, count, (count + 7) & ~7);
    if (run(count * 2, first, second) !== 0) return false;
    out.set(sum!.subarray(0, count));
    return true;
  };
}

const { get, set, tee, words, floats, and, or, select } = wasm;

const [END, LEFT_FACTOR, RIGHT_FACTOR, AT, LEFT, RIGHT, X, Y, SEEN, PRODUCT] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
/** Smallest half with full precision. */
const SMALLEST_NORMAL = 2 ** -14;
const SIGN = 0x80000000;
/** Bits of a float32 that a half has no room for. */
const DROPPED = 13;

/**
 * Halves to the float32 that is their product with a factor. Exponent and fraction, moved into place, are the value times
 * 2^-112, also below the smallest normal; 2^112 is in the factor.
 */
const product = (halves: Code, factor: number): Code =>
  wasm.multiplyFloats(and(wasm.shiftLeft(halves, DROPPED), words(0x8fffe000)), get(factor));

/** Adds what rounds the pattern of a float32 to nearest, ties to even, once its last 13 bits are cut off. */
const rounding = (pattern: Code): Code =>
  wasm.addWords(wasm.addWords(pattern, words(0x0fff)), and(wasm.shiftRight(pattern, DROPPED), words(1)));

/** A float32 as near as a half can be. Below the smallest normal half its unit is 2^-24, as that of a float32 near 0.75. */
function rounded(value: Code, local: number): Code {
  const [first, again] = [tee(local, value), get(local)];
  const small = wasm.subtractFloats(wasm.addFloats(first, floats(0.75)), floats(0.75));
  const withSign = or(small, and(again, words(SIGN)));
  const large = and(rounding(again), words(~0x1fff));
  return select(withSign, large, wasm.lessFloats(wasm.abs(again), floats(SMALLEST_NORMAL)));
}

/** The code of a half that is near a float32; near 0.5 the float32 has the unit of the smallest halves. */
function codeOf(value: Code, local: number): Code {
  const magnitude = wasm.abs(get(local));
  const first = wasm.abs(tee(local, value));
  const small = wasm.subtractWords(wasm.addFloats(first, floats(0.5)), words(0x3f000000));
  const large = wasm.shiftRight(wasm.subtractWords(rounding(magnitude), words(0x38000000)), DROPPED);
  const code = select(small, large, wasm.lessFloats(magnitude, floats(SMALLEST_NORMAL)));
  return or(code, and(wasm.shiftRight(get(local), 16), words(0x8000)));
}

const sumOf = (extend: (value: Code) => Code): Code =>
  codeOf(
    wasm.addFloats(rounded(product(extend(get(LEFT)), X), PRODUCT), rounded(product(extend(get(RIGHT)), Y), PRODUCT)),
    PRODUCT,
  );

/** Sets the highest bit of every half whose exponent bits are all set. */
const notFinite = (halves: Code): Code => wasm.addShorts(and(halves, words(0x7c007c00)), words(0x04000400));
const note = (halves: Code): Code => set(SEEN, or(get(SEEN), notFinite(halves)));
const row = (number: number): Code => wasm.add(get(AT), i32(number * ROW_BYTES));

const BODY: Code = [
  ...set(X, wasm.multiplyFloats(wasm.splatFloat(get(LEFT_FACTOR)), floats(2 ** 112))),
  ...set(Y, wasm.multiplyFloats(wasm.splatFloat(get(RIGHT_FACTOR)), floats(2 ** 112))),
  ...wasm.loop(
    [
      ...note(tee(LEFT, wasm.load(row(0)))),
      ...note(tee(RIGHT, wasm.load(row(1)))),
      ...wasm.store(row(2), tee(LEFT, wasm.narrow(sumOf(wasm.extendLow), sumOf(wasm.extendHigh)))),
      ...note(get(LEFT)),
      ...set(AT, wasm.add(get(AT), i32(16))),
    ],
    wasm.lessThan(get(AT), get(END)),
  ),
  ...wasm.anyTrue(and(get(SEEN), words(0x80008000))),
];
