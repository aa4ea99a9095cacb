import { type DType, DTYPES } from '../../tensor/dtype.ts';
import { Built, Mismatch, type PickleValue, Tuple, Unsupported } from '../pickle/values.ts';

/** An element type as a pickle names it (`torch.float16`). */
export class TorchDType extends Built {
  readonly dtype: DType;

  constructor(dtype: DType) {
    super();
    this.dtype = dtype;
  }
}

/** A storage class (`torch.FloatStorage`); without dtype it counts in bytes. */
export class StorageType extends Built {
  readonly dtype: DType | undefined;

  constructor(dtype: DType | undefined) {
    super();
    this.dtype = dtype;
  }
}

/** A run of elements that tensors look into; its bytes stand elsewhere in the file, under `key`. */
export class TorchStorage extends Built {
  readonly key: string;
  readonly dtype: DType;
  /** Length in bytes. */
  readonly length: number;
  /** Where it begins in the bytes of `key`; other than 0 for the views of old files. */
  readonly start: number;

  constructor(key: string, dtype: DType, length: number, start = 0) {
    super();
    this.key = key;
    this.dtype = dtype;
    this.length = length;
    this.start = start;
  }
}

/** A view into a storage; offset and strides count in elements. */
export class TorchTensor extends Built {
  readonly storage: TorchStorage;
  readonly dtype: DType;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  /** @throws Mismatch when the view reaches outside the storage. */
  constructor(
    storage: TorchStorage,
    dtype: DType,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
  ) {
    super();
    this.storage = storage;
    this.dtype = dtype;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
    const bytes = DTYPES[dtype].bytes;
    const reach = (offset + reachOf(shape, strides)) * bytes;
    if (reach > storage.length) {
      throw new Mismatch(
        `a tensor inside its storage of ${storage.length} bytes`,
        undefined,
        `a reach of ${reach} bytes`,
      );
    }
  }

  /** Number of elements. */
  get count(): number {
    return this.shape.reduce((a, b) => a * b, 1);
  }
}

/** A parameter as the oldest files write it: an empty object that is told its tensor afterwards. */
export class TorchParameter extends Built {
  tensor: TorchTensor | undefined;

  override build(state: PickleValue): void {
    const tensor = state instanceof Tuple ? state.items[0] : undefined;
    if (!(tensor instanceof TorchTensor)) throw new Mismatch('a tensor as state of a parameter', state);
    this.tensor = tensor;
  }
}

/** How many elements from its first one a tensor spans; 0 for an empty one. */
function reachOf(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, 1);
}

/** Highest number of axes that torch allows. */
const AXES_LIMIT = 64;

/**
 * `torch._utils._rebuild_tensor`: (storage, offset, size, stride, …).
 * @param dtype of the tensor where it is not the storage's own.
 */
export function rebuildTensor(args: readonly PickleValue[], dtype?: DType): TorchTensor {
  const [storage, offset, size, stride] = args;
  if (!(storage instanceof TorchStorage)) throw new Mismatch('a storage', storage);
  const shape = sizesOf(size, 'a shape');
  const strides = sizesOf(stride, 'strides');
  if (shape.length !== strides.length) throw new Mismatch(`${shape.length} strides`, strides.length);
  if (shape.length > AXES_LIMIT) throw new Mismatch(`at most ${AXES_LIMIT} axes`, shape.length);
  return new TorchTensor(storage, dtype ?? storage.dtype, sizeOf(offset, 'an offset'), shape, strides);
}

/** `torch._utils._rebuild_tensor_v3`: as v2, with the dtype as seventh argument over a storage of bytes. */
export function rebuildTensorV3(args: readonly PickleValue[]): TorchTensor {
  const dtype = args[6];
  if (!(dtype instanceof TorchDType)) throw new Mismatch('an element type', dtype);
  return rebuildTensor(args, dtype.dtype);
}

/** Any builder of tensors that are no plain strided ones. */
export function refuseTensor(kind: string): () => never {
  return () => {
    throw new Unsupported('a plain tensor', undefined, kind);
  };
}

function sizesOf(value: PickleValue | undefined, what: string): readonly number[] {
  const items = value instanceof Tuple ? value.items : value;
  if (!Array.isArray(items)) throw new Mismatch(`${what} as a tuple`, value);
  return items.map((item) => sizeOf(item, what));
}

function sizeOf(value: PickleValue | undefined, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new Mismatch(`${what} of whole numbers that are not negative`, value);
  }
  return value;
}
