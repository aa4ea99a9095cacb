import type { DType } from '@danqing/engine/tensor/dtype';
import type { TensorEntry, TensorIndex } from '@danqing/engine/weights/tensor-index';

/** Shapes by name: what a header tells. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** A model file without its weights, and what it has to be recognised as. */
export interface Example {
  readonly name: string;
  readonly fileName: string;
  readonly index: TensorIndex;
  readonly expected: {
    readonly kind: string;
    /** Id of the family, signature or layout. */
    readonly recognisedBy: string;
    /** Families that it belongs to or fits; unsaid where that does not matter. */
    readonly families?: readonly string[];
    readonly variant?: string;
    readonly weightSet?: 'full' | 'one';
    readonly missing?: readonly string[];
    readonly algorithms?: readonly string[];
    readonly rank?: number;
    readonly targets?: readonly string[];
  };
}

/** What else a header may hold. */
export interface HeaderParts {
  readonly format?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly extras?: TensorIndex['extras'];
  readonly dtype?: DType;
}

/** Makes an index of names and shapes, in the order given. */
export function indexOfShapes(fileName: string, shapes: Shapes, parts: HeaderParts = {}): TensorIndex {
  let offset = 0;
  const dtype = parts.dtype ?? 'F16';
  const tensors = new Map<string, TensorEntry>();
  for (const [name, shape] of Object.entries(shapes)) {
    const length = (dtype === 'F32' ? 4 : 2) * shape.reduce((a, b) => a * b, 1);
    tensors.set(name, { name, dtype, shape, file: fileName, offset, length });
    offset += length;
  }
  return {
    format: parts.format ?? 'safetensors',
    file: fileName,
    tensors,
    metadata: new Map(Object.entries(parts.metadata ?? {})),
    ...(parts.extras === undefined ? {} : { extras: parts.extras }),
  };
}

/** The same shapes below a path. */
export const below = (path: string, shapes: Shapes): Shapes =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [path + name, shape]));

/** Only names that a pattern fits, or that it does not. */
export const only = (pattern: RegExp, shapes: Shapes): Shapes =>
  Object.fromEntries(Object.entries(shapes).filter(([name]) => pattern.test(name)));
export const without = (pattern: RegExp, shapes: Shapes): Shapes =>
  Object.fromEntries(Object.entries(shapes).filter(([name]) => !pattern.test(name)));
