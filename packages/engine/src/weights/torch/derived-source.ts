import { MadeSource } from '../made-source.ts';
import type { ByteSource, Span } from '../tensor-index.ts';

/** How the elements of a tensor stand in some bytes. */
export interface Layout {
  readonly shape: readonly number[];
  /** Elements from one to the next along each axis. */
  readonly strides: readonly number[];
  /** First element, counted in elements. */
  readonly offset: number;
  readonly itemBytes: number;
  /** Bytes of what is swapped between byte orders: the item, or half of it for complex numbers; 1 for none. */
  readonly swapBytes: number;
}

/** Whether the elements stand one after the other as a row-major tensor has them. */
export function isDense({ shape, strides }: Pick<Layout, 'shape' | 'strides'>): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    if (size === 0) return true;
    if (size !== 1 && strides[axis] !== step) return false;
    step *= size;
  }
  return true;
}

/**
 * A tensor that no file holds as it is (strided, packed, of the other byte order), as dense
 * little-endian bytes.
 */
export function derivedSource(file: string, base: Span, layout: Layout): ByteSource {
  const { shape, strides, offset, itemBytes, swapBytes } = layout;
  const size = shape.reduce((a, b) => a * b, itemBytes);
  return new MadeSource(file, size, async () => {
    if (size === 0) return new Uint8Array();
    const reach = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, 1);
    const stored = await base.source.read(base.offset + offset * itemBytes, reach * itemBytes);
    const bytes = isDense(layout) ? new Uint8Array(stored) : gather(stored, layout);
    if (swapBytes > 1) swap(bytes, swapBytes);
    return bytes;
  });
}

function gather(stored: Uint8Array, { shape, strides, itemBytes }: Layout): Uint8Array {
  const count = shape.reduce((a, b) => a * b, 1);
  const bytes = new Uint8Array(count * itemBytes);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < bytes.length; to += itemBytes) {
    for (let i = 0; i < itemBytes; i++) bytes[to + i] = stored[from * itemBytes + i]!;
    // Count up like an odometer, last axis first.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= index[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return bytes;
}

function swap(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}
