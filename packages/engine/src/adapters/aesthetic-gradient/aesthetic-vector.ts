import { DanqingError } from '../../errors.ts';
import { identify } from '../../identify/identify.ts';
import { decodeToFloat32 } from '../../tensor/dtype.ts';
import { encodeFloat32, isFloatDType } from '../../tensor/encode.ts';
import { elementCount } from '../../tensor/tensor.ts';
import type { TensorEntry, TensorIndex } from '../../weights/tensor-index.ts';
import { planTorchTensor } from '../../weights/torch/torch-zip-plan.ts';
import { crc32 } from '../../weights/zip/crc32.ts';

/** The name that the tensor of a torch file has which is nothing but a tensor. */
const NAMELESS = '0';

/**
 * Reads an aesthetic embedding, a torch file that is one vector [n] or [1, n], of length 1 afterwards.
 * @param featureWidth numbers that it must have: those of the text tower's features.
 * @throws bad-file when it is another kind of file; bad-shape when it has another width; not-a-number when a value is not finite.
 */
export async function readAestheticVector(
  index: TensorIndex,
  featureWidth: number,
  read: (entry: TensorEntry) => Promise<Uint8Array>,
): Promise<Float32Array> {
  const entry = index.tensors.get(NAMELESS);
  const isVector = entry !== undefined && entry.shape.length <= 2 && elementCount(entry.shape) === entry.shape.at(-1);
  if (index.tensors.size !== 1 || !isVector || !isFloatDType(entry.dtype)) throw anotherKind(index);
  const { name, dtype, shape } = entry;
  const where = index.file;
  if (shape.at(-1) !== featureWidth) {
    throw new DanqingError('bad-shape', {
      where,
      expected: `a vector of ${featureWidth} numbers, as wide as the features of the text encoder`,
      found: `[${shape.join(', ')}]`,
      advice: 'It was made with another CLIP; those of ViT-L/14 have 768.',
    });
  }
  const vector = decodeToFloat32(await read(entry), dtype);
  const length = Math.hypot(...vector);
  if (!Number.isFinite(length) || length === 0) {
    const bad = vector.find((value) => !Number.isFinite(value)) ?? 'nothing but zeros';
    throw new DanqingError('not-a-number', {
      where: `${where} › ${name}`,
      expected: 'finite values, not all of them 0',
      found: `${bad}`,
      advice: 'The file is damaged; get or make it anew.',
    });
  }
  return vector.map((value) => value / length);
}

/** The torch file of an aesthetic embedding: one float32 tensor [1, n], as A1111's extension reads it. */
export function aestheticFile(vector: Float32Array): Uint8Array<ArrayBuffer> {
  const plan = planTorchTensor({ name: NAMELESS, dtype: 'F32', shape: [1, vector.length] });
  const { bytes: data } = encodeFloat32(vector, 'F32');
  const file = new Uint8Array(plan.size);
  file.set(data, plan.tensors[0]!.offset);
  for (const { offset, bytes } of plan.frame(new Map([[NAMELESS, crc32(data)]]))) file.set(bytes, offset);
  return file;
}

function anotherKind(index: TensorIndex): DanqingError {
  const { kind, title } = identify(index, { fileName: index.file, sizeBytes: 0 });
  const found = kind === 'aesthetic-gradient' ? 'one of whole numbers' : title.en;
  return new DanqingError('bad-file', {
    where: index.file,
    expected: 'an aesthetic embedding: a .pt file of one vector and nothing else',
    found,
    ...(kind === 'embedding' && { advice: 'An embedding of this kind is used by writing its name into the prompt.' }),
  });
}
