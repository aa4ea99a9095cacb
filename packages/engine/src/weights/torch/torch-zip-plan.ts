import { DanqingError } from '../../errors.ts';
import type { DType } from '../../tensor/dtype.ts';
import type { FilePlan, SavedTensor } from '../file-plan.ts';
import { PickleWriter } from '../pickle/pickle-writer.ts';
import { storedLength } from '../stored-length.ts';
import { crc32 } from '../zip/crc32.ts';
import { layOutZip } from '../zip/zip-layout.ts';
import { DTYPE_NAMES, STORAGES } from './torch-meanings.ts';

/** Folder of everything in the archive, as torch names it for files without a name. */
const ROOT = 'archive';
/** Number of the file format, which torch asks for. */
const VERSION = '3\n';

/**
 * Lays out what `torch.save` of a dict of tensors makes: an archive with a pickle and one stored member per tensor. Only
 * names that torch's safe loading and A1111's allow-list let through; `byteorder` is left out, as little-endian is
 * what its absence means and older programs refuse it.
 * @throws unsupported for an element type that torch has no name for.
 */
export function planTorchZip(tensors: readonly SavedTensor[]): FilePlan {
  return planArchive(tensors, pickleOf(tensors));
}

/** The same for `torch.save` of a tensor and nothing else, which is read back under the name `0`. @throws as `planTorchZip`. */
export function planTorchTensor(tensor: SavedTensor): FilePlan {
  const pickle = new PickleWriter();
  writeTensor(pickle, tensor, '0');
  return planArchive([tensor], pickle.end());
}

function planArchive(tensors: readonly SavedTensor[], pickle: Uint8Array<ArrayBuffer>): FilePlan {
  const version = new TextEncoder().encode(VERSION);
  const { members, size, frame } = layOutZip([
    { name: `${ROOT}/data.pkl`, length: pickle.length },
    ...tensors.map(({ name, dtype, shape }, i) => ({
      name: `${ROOT}/data/${i}`,
      length: storedLength(name, dtype, shape),
    })),
    { name: `${ROOT}/version`, length: version.length },
  ]);
  return {
    tensors: tensors.map(({ name }, i) => ({ name, offset: members[i + 1]!.offset, length: members[i + 1]!.length })),
    size,
    checksummed: true,
    frame(checksums) {
      const sums = tensors.map(({ name }) => checksums.get(name) ?? 0);
      return [
        ...frame([crc32(pickle), ...sums, crc32(version)]),
        { offset: members[0]!.offset, bytes: pickle },
        { offset: members.at(-1)!.offset, bytes: version },
      ];
    },
  };
}

const storageOf = new Map(Object.entries(STORAGES).map(([name, dtype]) => [dtype, name]));
const nameOf = new Map(Object.entries(DTYPE_NAMES).map(([name, dtype]) => [dtype, name]));

function pickleOf(tensors: readonly SavedTensor[]): Uint8Array<ArrayBuffer> {
  const pickle = new PickleWriter();
  pickle.op('}(');
  tensors.forEach((tensor, i) => {
    pickle.text(tensor.name);
    writeTensor(pickle, tensor, String(i));
  });
  pickle.op('u');
  return pickle.end();
}

/** `_rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())`; v3 for types that came after storage classes. */
function writeTensor(pickle: PickleWriter, { name, dtype, shape }: SavedTensor, key: string): void {
  const storage = storageOf.get(dtype);
  const count = shape.reduce((a, b) => a * b, 1);
  pickle.global('torch._utils', storage === undefined ? '_rebuild_tensor_v3' : '_rebuild_tensor_v2');
  pickle.op('((');
  pickle.label('storage');
  if (storage === undefined) pickle.global('torch.storage', 'UntypedStorage');
  else pickle.global('torch', storage);
  pickle.text(key);
  pickle.label('cpu');
  pickle.whole(storage === undefined ? storedLength(name, dtype, shape) : count);
  pickle.op('tQ');
  pickle.whole(0);
  pickle.wholes(shape);
  pickle.wholes(stridesOf(shape));
  pickle.op('\x89');
  pickle.global('collections', 'OrderedDict');
  pickle.op(')R');
  if (storage === undefined) pickle.global('torch', torchName(name, dtype));
  pickle.op('tR');
}

/** Whether programs whose list of allowed names is older than torch 2.1 can load a tensor of this type. */
export const hasStorageClass = (dtype: DType): boolean => storageOf.has(dtype);

function torchName(where: string, dtype: DType): string {
  const name = nameOf.get(dtype);
  if (name !== undefined) return name;
  throw new DanqingError('unsupported', {
    where,
    expected: 'an element type that torch has',
    found: dtype,
    advice: 'Leave the tensor out, or save the model as another kind of file.',
  });
}

/** Elements from one to the next along each axis; torch counts an empty axis as one. */
function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = strides[axis + 1]! * Math.max(1, shape[axis + 1]!);
  return strides;
}
