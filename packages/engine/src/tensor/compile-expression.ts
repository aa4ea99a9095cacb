import { makeAddHalves, ADD_HALVES_LIMIT } from './add-halves.ts';
import { codeValues } from './code-values.ts';
import { countNonFinite } from './count-non-finite.ts';
import { itemBytes } from './dtype.ts';
import { addCoded, addInto, countUp, lookUp, roundToBrainFloats, roundToHalves, scaleInto } from './element-loops.ts';
import { type Codes, encodeInto, type FloatDType, makeCodes, type NarrowDType } from './encode.ts';
import { arithmeticDType, type Expression, promote } from './expression.ts';

/** What happened to values on their way. */
export interface Tally {
  /** Beyond the range of the type they were stored as, and made its largest value. */
  readonly saturated: number;
  readonly nan: number;
  readonly infinite: number;
}

/** An expression made ready to run over bytes. */
export interface Evaluator {
  readonly dtype: FloatDType;
  /**
   * Computes as many elements as `out` has room for.
   * @param operands stored elements of each operand, dense and little-endian, as many as `out` has.
   */
  run(operands: readonly Uint8Array[], out: Uint8Array): Tally;
}

/** Elements that are computed at a time, so that what lies between two operations stays in the processor's cache. */
const BLOCK = ADD_HALVES_LIMIT;

/** A stretch of the operands that is being computed. */
interface Block {
  readonly operands: readonly Elements[];
  start: number;
  count: number;
  saturated: number;
}

type Elements = Codes | Floats;
type Floats = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/**
 * Values of a narrow type, or of one operand of such a type after any operations on it alone: what every code stands
 * for is worked out once, and the tensor is never touched.
 */
interface Coded {
  readonly kind: 'coded';
  readonly dtype: FloatDType;
  /** By code, already rounded to `dtype`. */
  readonly values: () => Float32Array<ArrayBuffer>;
  readonly codes: (block: Block) => Codes;
  /** Set where the values are those of F16 codes times this, and rounded. */
  readonly halfFactor?: number;
}

interface Wide {
  readonly kind: 'wide';
  readonly dtype: 'F64' | 'F32';
  readonly floats: (block: Block) => Floats;
}

type Node = Coded | Wide;

/** Makes an expression ready to run. The evaluator has memory of its own: one run at a time. */
export function compileExpression(expression: Expression): Evaluator {
  const node = compile(expression);
  const { dtype } = node;
  const dtypes = operandTypes(expression);
  const emit = writer(node);
  return {
    dtype,
    run(operands, out) {
      const count = out.length / itemBytes(dtype);
      const block: Block = {
        operands: operands.map((bytes, i) => view(bytes, dtypes[i] ?? 'F8_E4M3')),
        start: 0,
        count: 0,
        saturated: 0,
      };
      const target = view(out, dtype);
      for (; block.start < count; block.start += BLOCK) {
        block.count = Math.min(BLOCK, count - block.start);
        emit(block, target.subarray(block.start, block.start + block.count));
      }
      const written = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
      if (target.buffer !== out.buffer) out.set(written);
      return { saturated: block.saturated, ...countNonFinite(written, dtype) };
    },
  };
}

function compile(expression: Expression): Node {
  switch (expression.op) {
    case 'tensor':
      return load(expression.operand, expression.dtype);
    case 'zeros':
      return zeros(expression.dtype);
    case 'scale':
      return scale(expression.factor, compile(expression.of));
    case 'add':
      return add(compile(expression.left), compile(expression.right), 1);
    case 'subtract':
      return add(compile(expression.left), compile(expression.right), -1);
    case 'store':
      return store(expression.dtype, compile(expression.of));
  }
}

function load(operand: number, dtype: FloatDType): Node {
  const take = (block: Block): Elements => block.operands[operand]!.subarray(block.start, block.start + block.count);
  if (isNarrow(dtype)) return codedAs(dtype, take as Coded['codes']);
  return { kind: 'wide', dtype, floats: take as Wide['floats'] };
}

/** Codes of a type that stand for themselves. */
function codedAs(dtype: NarrowDType, codes: Coded['codes']): Coded {
  const coded = { kind: 'coded', dtype, values: () => codeValues(dtype), codes } as const;
  return dtype === 'F16' ? { ...coded, halfFactor: 1 } : coded;
}

/** One code, which stands for 0. */
function zeros(dtype: FloatDType): Coded {
  const codes = new Uint8Array(BLOCK);
  const values = new Float32Array(1);
  return { kind: 'coded', dtype, values: () => values, codes: () => codes };
}

function scale(by: number, of: Node): Node {
  const dtype = arithmeticDType(of.dtype);
  // torch takes a Python number to a tensor's type; for halves, which it computes in float32, to float32.
  const factor = dtype === 'F64' ? by : Math.fround(by);
  if (of.kind === 'coded') {
    const values = once(() => rounded(dtype, (value) => value * factor, of.values()));
    const coded = { kind: 'coded', dtype, values, codes: of.codes } as const;
    // Products are rounded one after the other: only the first can be made on the way.
    return of.halfFactor === 1 ? { ...coded, halfFactor: factor } : coded;
  }
  const out = room(of.dtype);
  return {
    ...of,
    floats(block) {
      scaleInto(out, of.floats(block), factor, block.count);
      return out;
    },
  };
}

function add(left: Node, right: Node, sign: 1 | -1): Node {
  const dtype = promote(left.dtype, right.dtype);
  if (dtype === 'F16' || dtype === 'BF16') return addNarrow(dtype, left as Coded, right as Coded, sign);
  const a = widen(dtype, left);
  const b = widen(dtype, right);
  const out = room(dtype);
  return {
    kind: 'wide',
    dtype,
    floats(block) {
      addInto(out, a.floats(block), b.floats(block), sign, block.count);
      return out;
    },
  };
}

/** The sum of two halves: in float32, as torch has it, then rounded. */
function addNarrow(dtype: 'F16' | 'BF16', left: Coded, right: Coded, sign: 1 | -1): Coded {
  const out = new Uint16Array(BLOCK);
  const byTables = once(() => tableAdder(dtype, left.values(), right.values(), sign));
  const quick = quickAdder(left, right, sign);
  return codedAs(dtype, (block) => {
    const [x, y] = [left.codes(block), right.codes(block)];
    if (quick?.(x, y, out, block.count) !== true) byTables()(x, y, out, block.count);
    return out;
  });
}

/** Adds rows of codes; false where it cannot. */
type Adder = (x: Codes, y: Codes, out: Uint16Array<ArrayBuffer>, count: number) => boolean;

const addHalves = once(makeAddHalves);

function quickAdder({ halfFactor: x }: Coded, { halfFactor: y }: Coded, sign: 1 | -1): Adder | undefined {
  const adder = addHalves();
  if (adder === undefined || x === undefined || y === undefined || Math.abs(x) > 1 || Math.abs(y) > 1) return undefined;
  const factors = [x, y * sign] as const;
  return (a, b, out, count) => adder(a as Uint16Array, b as Uint16Array, factors, out, count);
}

function tableAdder(dtype: 'F16' | 'BF16', left: Float32Array, right: Float32Array, sign: 1 | -1): Adder {
  const sums = new Float32Array(BLOCK);
  const patterns = new Uint32Array(sums.buffer);
  const signed = right.map((value) => value * sign);
  const round = dtype === 'F16' ? roundToHalves : roundToBrainFloats;
  return (x, y, out, count) => {
    addCoded(sums, left, x, signed, y, count);
    round(patterns, out, count);
    return true;
  };
}

function store(dtype: FloatDType, of: Node): Node {
  if (of.dtype === dtype) return of;
  if (!isNarrow(dtype)) return widen(dtype, of);
  if (of.kind === 'coded') return storeCoded(dtype, of);
  const source = widen('F32', of);
  const out = makeCodes(dtype, BLOCK);
  return codedAs(dtype, (block) => {
    const values = source.floats(block) as Float32Array;
    block.saturated += encodeInto(values.subarray(0, block.count), dtype, out);
    return out;
  });
}

function storeCoded(dtype: NarrowDType, of: Coded): Coded {
  const from = of.values();
  const codes = makeCodes(dtype, from.length);
  const unbounded = makeCodes(dtype, from.length);
  const beyond = encodeInto(from, dtype, codes);
  encodeInto(from, dtype, unbounded, 'infinity');
  const values = valuesOf(dtype, codes);
  const stored: Coded = { kind: 'coded', dtype, values: () => values, codes: of.codes };
  if (beyond === 0) return stored;
  const isBeyond = Uint8Array.from(codes, (code, i) => (code === unbounded[i] ? 0 : 1));
  return {
    ...stored,
    codes(block) {
      const own = of.codes(block);
      block.saturated += countUp(isBeyond, own, block.count);
      return own;
    },
  };
}

/** The same values as float32 or float64. */
function widen(dtype: 'F64' | 'F32', of: Node): Wide {
  if (of.kind === 'wide' && of.dtype === dtype) return of;
  const out = room(dtype);
  if (of.kind === 'wide') {
    return {
      kind: 'wide',
      dtype,
      floats(block) {
        out.set(of.floats(block).subarray(0, block.count));
        return out;
      },
    };
  }
  const values = of.values();
  return {
    kind: 'wide',
    dtype,
    floats(block) {
      lookUp(out, values, of.codes(block), block.count);
      return out;
    },
  };
}

/** What becomes of the value of each code by an operation whose result is rounded to `dtype`. */
function rounded(
  dtype: FloatDType,
  change: (value: number) => number,
  values: Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  const changed = values.map(change);
  if (!isNarrow(dtype)) return changed;
  const codes = makeCodes(dtype, changed.length);
  encodeInto(changed, dtype, codes, 'infinity');
  return valuesOf(dtype, codes);
}

function valuesOf(dtype: NarrowDType, codes: Codes): Float32Array<ArrayBuffer> {
  const byCode = codeValues(dtype);
  const values = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) values[i] = byCode[codes[i]!]!;
  return values;
}

/** What puts the values of a node into place, as stored elements of its type. */
function writer(node: Node): (block: Block, target: Elements) => void {
  if (node.kind === 'wide') return (block, target) => target.set(node.floats(block).subarray(0, block.count));
  const { dtype } = node;
  if (!isNarrow(dtype)) return writer(widen(dtype, node));
  if (node.values() === codeValues(dtype)) {
    return (block, target) => target.set(node.codes(block).subarray(0, block.count));
  }
  const codes = makeCodes(dtype, node.values().length);
  encodeInto(node.values(), dtype, codes);
  return (block, target) => lookUp(target, codes, node.codes(block), block.count);
}

/** The element type of each operand that an expression reads. */
function operandTypes(expression: Expression, types: FloatDType[] = []): readonly (FloatDType | undefined)[] {
  switch (expression.op) {
    case 'tensor':
      types[expression.operand] = expression.dtype;
      break;
    case 'zeros':
      break;
    case 'scale':
    case 'store':
      operandTypes(expression.of, types);
      break;
    case 'add':
    case 'subtract':
      operandTypes(expression.left, types);
      operandTypes(expression.right, types);
  }
  return types;
}

/** The same value every time, worked out when it is first asked for. */
function once<Value>(make: () => Value): () => Value {
  let known: { readonly value: Value } | undefined;
  return () => (known ??= { value: make() }).value;
}

const isNarrow = (dtype: FloatDType): dtype is NarrowDType => dtype !== 'F64' && dtype !== 'F32';

const room = (dtype: 'F64' | 'F32'): Floats => (dtype === 'F64' ? new Float64Array(BLOCK) : new Float32Array(BLOCK));

/** Bytes as elements: the same memory where it is aligned, else a copy. */
function view(bytes: Uint8Array, dtype: FloatDType): Elements {
  const size = itemBytes(dtype);
  const { buffer, byteOffset, length } = (
    bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes)
  ) as Uint8Array<ArrayBuffer>;
  const count = length / size;
  switch (dtype) {
    case 'F64':
      return new Float64Array(buffer, byteOffset, count);
    case 'F32':
      return new Float32Array(buffer, byteOffset, count);
    case 'F16':
    case 'BF16':
      return new Uint16Array(buffer, byteOffset, count);
    case 'F8_E4M3':
    case 'F8_E5M2':
      return new Uint8Array(buffer, byteOffset, count);
  }
}
