import type { DType } from '@danqing/engine/tensor/dtype';
import type { SavedTensor } from '@danqing/engine/weights/file-plan';
import { storedLength } from '@danqing/engine/weights/stored-length';
import { crc32, joinCrc32 } from '@danqing/engine/weights/zip/crc32';
import type { TensorOfTest } from './made-files.ts';

// Torch files of ours that torch itself was asked to read: oracles/torch_zip_written.py has them written and records what it saw.

/** Element types that A1111's allow-list has a storage class for, and all others that torch has. */
const OLD: readonly DType[] = ['F64', 'F32', 'F16', 'BF16', 'I64', 'I32', 'U8'];
const NEW: readonly DType[] = ['I16', 'I8', 'BOOL', 'C64', 'C128', 'C32', 'F8_E4M3', 'F8_E5M2', 'U16', 'U32', 'U64'];
const SHAPES: readonly (readonly number[])[] = [[], [0], [5], [3, 4], [1, 77], [2, 0, 3], [2, 3, 1, 2], [300]];

function tensorsOf(dtypes: readonly DType[]): Record<string, TensorOfTest> {
  const tensors: Record<string, TensorOfTest> = {};
  for (const dtype of dtypes) {
    for (const shape of SHAPES) {
      const name = `模型.${dtype}.${shape.join('x')}`;
      // Numbers without a pattern that is not one: exponents are never full.
      const bytes = Uint8Array.from(
        { length: storedLength(name, dtype, shape) },
        (_, i) => (i * 7 + shape.length) & 0x3b,
      );
      tensors[name] = { dtype, shape, bytes: dtype === 'BOOL' ? bytes.map((byte) => byte & 1) : bytes };
    }
  }
  return tensors;
}

/** Small files by name. */
export const torchZipExamples: Readonly<Record<string, Readonly<Record<string, TensorOfTest>>>> = {
  'old types.pt': tensorsOf(OLD),
  'new types.pt': tensorsOf(NEW),
  'many.ckpt': Object.fromEntries(
    Array.from({ length: 1200 }, (_, i) => [
      `model.layer.${i}.weight`,
      { dtype: 'F16', shape: [1 + (i % 5), 3] } as const,
    ]),
  ),
};

/** A file of more than 4 GiB, of zeros. */
export const largeExample: readonly SavedTensor[] = [
  { name: 'large', dtype: 'F16', shape: [2_200_000_000] },
  { name: 'behind', dtype: 'F32', shape: [3] },
];

/** CRC-32 of so many zeros. */
export function crcOfZeros(length: number): number {
  let [sum, done] = [0, 0];
  let [block, size] = [crc32(new Uint8Array(1)), 1];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) {
      sum = done === 0 ? block : joinCrc32(sum, block, size);
      done += size;
    }
    block = joinCrc32(block, block, size);
    size *= 2;
  }
  return sum;
}
