import type { TensorEntry, TensorIndex } from '@danqing/engine/weights/tensor-index';

/** An index of float16 tensors of which there are only names and shapes: enough to recognise a family and build its graphs. */
export function shapeIndex(shapes: Readonly<Record<string, readonly number[]>>): TensorIndex {
  let offset = 0;
  const entries = Object.entries(shapes).map(([name, shape]): [string, TensorEntry] => {
    const length = 2 * shape.reduce((a, b) => a * b, 1);
    const entry = { name, dtype: 'F16', shape, file: 'model.safetensors', offset, length } as const;
    offset += length;
    return [name, entry];
  });
  return { format: 'safetensors', file: 'model.safetensors', tensors: new Map(entries), metadata: new Map() };
}
