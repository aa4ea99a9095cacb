import type { Words } from '../words.ts';
import type { TargetId } from './identification.ts';
import type { ModuleShapes, Role } from './module-shapes.ts';

export type { Role };

/** A way to change a weight by fewer numbers: one file of `algorithms/`. */
export interface Algorithm {
  readonly id: string;
  readonly title: Words;
  /** Place in the order in which A1111 tries them: the first whose tensors are there is it. */
  readonly order: number;
  /** Whether files with it count as LyCORIS. */
  readonly isLycoris: boolean;
  /** Whether the tensors are of this algorithm. */
  matches(shapes: ModuleShapes): boolean;
  /** Roles that are wanting for a whole module, and sizes that do not fit together; empty when it is whole. */
  faults(shapes: ModuleShapes): readonly string[];
  /** Undefined where it has none. */
  rank(shapes: ModuleShapes): number | undefined;
  /** Width of what goes into the changed layer; undefined where the shapes do not tell. */
  inputWidth(shapes: ModuleShapes): number | undefined;
  /** The same of what comes out. */
  outputWidth(shapes: ModuleShapes): number | undefined;
}

/** A way to write the keys of a LoRA file: one file of `layouts/`. */
export interface AddOnLayout {
  readonly id: string;
  readonly title: Words;
  /** What keys of its factors look like; no other layout's pattern fits them. */
  readonly key: RegExp;
  /** Layouts whose keys also occur in its files. */
  readonly mixes?: readonly string[];
  /** How names of modules begin, by the network that they belong to; the first that fits counts. */
  readonly targets: readonly { readonly start: string; readonly id: TargetId }[];
}

/** Roles of `wanted` that are not there. */
export const absent = (shapes: ModuleShapes, wanted: readonly Role[]): string[] =>
  wanted.filter((role) => !shapes.has(role));

/** A size of a role's shape. */
export const sizeOf = (shapes: ModuleShapes, role: Role, axis: number): number | undefined => shapes.get(role)?.[axis];

/** Product of sizes, undefined when one of them is. */
export const product = (...sizes: readonly (number | undefined)[]): number | undefined =>
  sizes.reduce((a, b) => (a === undefined || b === undefined ? undefined : a * b), 1);
