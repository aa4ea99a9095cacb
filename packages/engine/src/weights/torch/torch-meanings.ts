import type { DType } from '../../tensor/dtype.ts';
import { modernModule, pythonMeanings } from '../pickle/python-meanings.ts';
import { type Built, Global, type Meaning, Mismatch, type PickleValue, Tuple } from '../pickle/values.ts';
import { NumpyArray, numpyDType, numpyFromBuffer, numpyScalar } from './numpy-array.ts';
import {
  rebuildTensor,
  rebuildTensorV3,
  refuseTensor,
  StorageType,
  TorchDType,
  TorchParameter,
  TorchTensor,
} from './torch-tensor.ts';

/** Element type of each storage class of torch; undefined for the one that counts in bytes. */
export const STORAGES: Readonly<Record<string, DType | undefined>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
  ComplexFloatStorage: 'C64',
  ComplexDoubleStorage: 'C128',
  UntypedStorage: undefined,
};

/** Element type by its name in torch. */
export const DTYPE_NAMES: Readonly<Record<string, DType>> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  float8_e4m3fn: 'F8_E4M3',
  float8_e5m2: 'F8_E5M2',
  float8_e4m3fnuz: 'F8_E4M3FNUZ',
  float8_e5m2fnuz: 'F8_E5M2FNUZ',
  float8_e8m0fnu: 'F8_E8M0',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint64: 'U64',
  uint32: 'U32',
  uint16: 'U16',
  uint8: 'U8',
  bool: 'BOOL',
  complex32: 'C32',
  complex64: 'C64',
  complex128: 'C128',
};

/** Classes whose objects are kept as inert data: containers of parameters, and what trainers leave in checkpoints. */
const RECORDS: ReadonlySet<string> = new Set([
  'torch.nn.modules.container.ParameterDict',
  'torch.nn.modules.container.ParameterList',
  'pytorch_lightning.callbacks.ModelCheckpoint',
  'pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint',
  'torch.Tensor',
  'numpy.ndarray',
  // Classes of tensors in the oldest files.
  ...['Double', 'Float', 'Half', 'BFloat16', 'Long', 'Int', 'Short', 'Char', 'Byte', 'Bool'].flatMap((kind) => [
    `torch.${kind}Tensor`,
    `torch.cuda.${kind}Tensor`,
  ]),
]);

const firstArgument: Meaning = ([value]) => value ?? null;

const rebuildLike: Meaning = ([data]) => {
  if (!(data instanceof TorchTensor) && !(data instanceof NumpyArray)) throw new Mismatch('a tensor', data);
  return data;
};

const torchMeanings: ReadonlyMap<string, Meaning | Built> = new Map<string, Meaning | Built>([
  ...pythonMeanings,
  ...Object.entries(DTYPE_NAMES).map(([name, dtype]): [string, Built] => [`torch.${name}`, new TorchDType(dtype)]),
  ...['torch', 'torch.cuda', 'torch.storage'].flatMap((module) =>
    Object.entries(STORAGES).map(([name, dtype]): [string, Built] => [`${module}.${name}`, new StorageType(dtype)]),
  ),
  ['torch.Size', ([sizes]) => (Array.isArray(sizes) ? new Tuple(sizes) : (sizes ?? new Tuple([])))],
  ['torch.device', (args) => args.map(String).join(':')],
  ['torch.serialization._get_layout', firstArgument],
  ['torch._utils._rebuild_tensor', (args) => rebuildTensor(args)],
  ['torch._utils._rebuild_tensor_v2', (args) => rebuildTensor(args)],
  ['torch._utils._rebuild_tensor_v3', rebuildTensorV3],
  ['torch._utils._rebuild_parameter', rebuildLike],
  ['torch._utils._rebuild_parameter_with_state', rebuildLike],
  ['torch._utils._rebuild_device_tensor_from_cpu_tensor', rebuildLike],
  ['torch._utils._rebuild_device_tensor_from_numpy', rebuildLike],
  ['torch._tensor._rebuild_from_type_v2', rebuildFromType],
  ['torch._utils._rebuild_sparse_tensor', refuseTensor('a sparse tensor')],
  ['torch._utils._rebuild_sparse_csr_tensor', refuseTensor('a sparse tensor')],
  ['torch._utils._rebuild_qtensor', refuseTensor('a quantised tensor')],
  ['torch._utils._rebuild_nested_tensor', refuseTensor('a nested tensor')],
  ['torch._utils._rebuild_meta_tensor_no_storage', refuseTensor('a tensor without values')],
  ['torch._utils._rebuild_wrapper_subclass', refuseTensor('a tensor of another class')],
  ['torch.nn.parameter.Parameter', ([data]) => (data === undefined ? new TorchParameter() : rebuildLike([data]))],
  ['numpy.core.multiarray._reconstruct', () => new NumpyArray()],
  ['numpy.core.multiarray.scalar', numpyScalar],
  ['numpy.core.numeric._frombuffer', numpyFromBuffer],
  ['numpy.dtype', numpyDType],
  // TorchScript archives write their lists by these.
  ['torch.jit._pickle.build_intlist', firstArgument],
  ['torch.jit._pickle.build_doublelist', firstArgument],
  ['torch.jit._pickle.build_boollist', firstArgument],
  ['torch.jit._pickle.build_tensorlist', firstArgument],
  ['torch.jit._pickle.restore_type_tag', firstArgument],
]);

/** Whether a class or function is on the allow-list: read as data here, and known to do no harm anywhere. */
export function isAllowed(module: string, name: string): boolean {
  const fullName = canonicalName(module, name);
  return torchMeanings.has(fullName) || RECORDS.has(fullName);
}

/** What an allowed name stands for in a torch pickle, or undefined for a foreign one. */
export function torchGlobal(module: string, name: string, position: number): PickleValue | undefined {
  const fullName = canonicalName(module, name);
  const meaning = torchMeanings.get(fullName);
  if (typeof meaning === 'function') return new Global(module, name, position, meaning);
  if (meaning !== undefined) return meaning;
  return RECORDS.has(fullName) ? new Global(module, name, position) : undefined;
}

/** One spelling for the modules that moved between versions. */
function canonicalName(module: string, name: string): string {
  const modern = modernModule(module)
    .replace(/^numpy\._core\b/, 'numpy.core')
    .replace(/^torch\.nn$/, 'torch.nn.parameter');
  return `${modern}.${name}`;
}

/** `torch._tensor._rebuild_from_type_v2(function, class, arguments, state)`: a tensor with Python attributes. */
function rebuildFromType([builder, , args]: readonly PickleValue[]): PickleValue {
  if (!(builder instanceof Global) || builder.meaning === undefined || !(args instanceof Tuple)) {
    throw new Mismatch('a function that rebuilds a tensor', builder);
  }
  return builder.meaning(args.items);
}
