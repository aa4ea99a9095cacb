import { type DType, DTYPES, halfToNumber } from '../../tensor/dtype.ts';
import { Built, Mismatch, PickledBytes, type PickleValue, Tuple, Unsupported } from '../pickle/values.ts';

/** Our names of numpy's element types, by kind and size in bytes. */
const DTYPE_NAMES: ReadonlyMap<string, DType> = new Map<string, DType>([
  ['b1', 'BOOL'],
  ['i1', 'I8'],
  ['i2', 'I16'],
  ['i4', 'I32'],
  ['i8', 'I64'],
  ['u1', 'U8'],
  ['u2', 'U16'],
  ['u4', 'U32'],
  ['u8', 'U64'],
  ['f2', 'F16'],
  ['f4', 'F32'],
  ['f8', 'F64'],
  ['c8', 'C64'],
  ['c16', 'C128'],
]);

/** A numpy element type; the byte order comes with its state. */
export class NumpyDType extends Built {
  /** Kind and size, without byte order: `f4`. */
  readonly code: string;
  bigEndian = false;

  constructor(code: string, bigEndian: boolean) {
    super();
    this.code = code;
    this.bigEndian = bigEndian;
  }

  /** State: (version, byte order, …). */
  override build(state: PickleValue): void {
    const order = state instanceof Tuple ? asText(state.items[1]) : undefined;
    if (order === undefined || !'<>|='.includes(order)) throw new Mismatch('a byte order as state of a dtype', state);
    this.bigEndian = order === '>';
  }

  /** @throws Unsupported for types that are no numbers. */
  get dtype(): DType {
    const dtype = DTYPE_NAMES.get(this.code);
    if (dtype === undefined)
      throw new Unsupported('numbers in a numpy array', undefined, `elements of kind ${this.code}`);
    return dtype;
  }
}

/** A numpy array; its state brings everything. */
export class NumpyArray extends Built {
  shape: readonly number[] = [];
  dtype: DType = 'U8';
  bigEndian = false;
  /** Whether the first axis is the fastest. */
  fortran = false;
  data: PickledBytes = PickledBytes.here(new Uint8Array());

  /** State: (version, shape, dtype, is Fortran, data), the version left out in the oldest files. */
  override build(state: PickleValue): void {
    if (!(state instanceof Tuple)) throw new Mismatch('a tuple as state of a numpy array', state);
    const [shape, dtype, fortran, data] = state.items.length === 4 ? state.items : state.items.slice(1);
    this.set(shape, dtype, fortran === true || fortran === 1, data);
  }

  set(
    shape: PickleValue | undefined,
    dtype: PickleValue | undefined,
    fortran: boolean,
    data: PickleValue | undefined,
  ): void {
    if (!(dtype instanceof NumpyDType)) throw new Mismatch('a numpy dtype', dtype);
    if (!(shape instanceof Tuple) || !shape.items.every(isSize)) throw new Mismatch('a shape', shape);
    this.shape = shape.items;
    this.dtype = dtype.dtype;
    this.bigEndian = dtype.bigEndian;
    this.fortran = fortran;
    this.data = asBytes(data);
    const length = this.shape.reduce((a, b) => a * b, DTYPES[this.dtype].bytes);
    if (this.data.length !== length) throw new Mismatch(`${length} bytes of array data`, this.data);
  }
}

function isSize(value: PickleValue): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** `numpy.dtype(code, align, copy)`. */
export function numpyDType([code]: readonly PickleValue[]): NumpyDType {
  const text = asText(code);
  if (text === undefined) throw new Mismatch('a dtype code', code);
  const [, order, rest] = /^([<>|=]?)(.*)$/s.exec(text)!;
  return new NumpyDType(rest!, order === '>');
}

/** `numpy._core.numeric._frombuffer(bytes, dtype, shape, order)`: how protocol 5 writes arrays. */
export function numpyFromBuffer([data, dtype, shape, order]: readonly PickleValue[]): NumpyArray {
  const array = new NumpyArray();
  array.set(shape, dtype, asText(order) === 'F', data);
  return array;
}

/** `numpy.core.multiarray.scalar(dtype, bytes)`: one number, or a few words about what is none. */
export function numpyScalar([dtype, data]: readonly PickleValue[]): PickleValue {
  if (!(dtype instanceof NumpyDType)) throw new Mismatch('a numpy dtype', dtype);
  const bytes = asBytes(data).inline;
  const read = SCALARS.get(dtype.code);
  const size = Number(dtype.code.slice(1));
  if (read === undefined || bytes?.length !== size) return `numpy ${dtype.code}`;
  const value = read(new DataView(bytes.buffer, bytes.byteOffset, size), !dtype.bigEndian);
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** How each kind of number is read, given whether it is little-endian. */
const SCALARS: ReadonlyMap<string, (view: DataView, little: boolean) => number | bigint | boolean> = new Map<
  string,
  (view: DataView, little: boolean) => number | bigint | boolean
>([
  ['b1', (view) => view.getUint8(0) !== 0],
  ['i1', (view) => view.getInt8(0)],
  ['u1', (view) => view.getUint8(0)],
  ['i2', (view, little) => view.getInt16(0, little)],
  ['u2', (view, little) => view.getUint16(0, little)],
  ['i4', (view, little) => view.getInt32(0, little)],
  ['u4', (view, little) => view.getUint32(0, little)],
  ['i8', (view, little) => view.getBigInt64(0, little)],
  ['u8', (view, little) => view.getBigUint64(0, little)],
  ['f2', (view, little) => halfToNumber(view.getUint16(0, little))],
  ['f4', (view, little) => view.getFloat32(0, little)],
  ['f8', (view, little) => view.getFloat64(0, little)],
]);

function asText(value: PickleValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (value instanceof PickledBytes && value.inline !== undefined) return String.fromCharCode(...value.inline);
  return undefined;
}

function asBytes(value: PickleValue | undefined): PickledBytes {
  if (value instanceof PickledBytes) return value;
  // A Python 2 `str` that happened to be a text.
  if (typeof value === 'string') return PickledBytes.here(new TextEncoder().encode(value));
  throw new Mismatch('bytes as data of a numpy array', value);
}
