import { DanqingError } from '../errors.ts';
import { type DType, DTYPES } from '../tensor/dtype.ts';

/**
 * Bytes that a dense tensor of this type and shape fills.
 * @throws bad-file when the size overflows 2^64 bits on the way, or is no whole number of bytes; `where` begins the message.
 */
export function storedLength(where: string, dtype: DType, shape: readonly number[]): number {
  const { elements, bytes } = DTYPES[dtype];
  let count = 1;
  let largest = 1;
  for (const size of shape) {
    count *= size;
    largest = Math.max(largest, count);
  }
  const bits = (count * bytes * 8) / elements;
  // A product on the way may overflow although a later zero makes the whole small: the format forbids that too.
  if (largest >= 2 ** 64 || bits >= 2 ** 64) {
    throw new DanqingError('bad-file', {
      where,
      expected: 'a size below 2^64 bits',
      found: `${dtype} [${shape.join(', ')}]`,
    });
  }
  if (count % elements !== 0) {
    throw new DanqingError('bad-file', {
      where,
      expected: `a multiple of ${elements} elements, so that ${dtype} fills whole bytes`,
      found: `${count} elements`,
    });
  }
  return bits / 8;
}
