import { DanqingError } from '../errors.ts';
import type { TensorEntry } from './tensor-index.ts';

/** A size that a tensor must have, or `undefined` where any will do. */
export type ShapePattern = readonly (number | undefined)[];

/** What all scopes over the same tensors share. */
interface Root {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly used: Set<string>;
  /** Child names by path, built when first asked for. */
  tree: ReadonlyMap<string, readonly string[]> | undefined;
}

/**
 * A place in a tree of named tensors, as a module of a network sees it: `scope.at('input_blocks.0').get('weight')`.
 * Immutable and cheap; all scopes made from one remember together which tensors were taken.
 */
export class WeightScope {
  /** Key path of this place, without a final dot; empty at the root. */
  readonly path: string;
  readonly #root: Root;
  /** What this place is for people, outermost first: `SD 1.x`, `UNet`, `time embedding`. */
  readonly #meanings: readonly string[];

  private constructor(root: Root, path: string, meanings: readonly string[]) {
    this.#root = root;
    this.path = path;
    this.#meanings = meanings;
  }

  /** The root over tensors by key; `meaning` names the whole in errors, for example `SD 1.x › UNet`. */
  static over(tensors: ReadonlyMap<string, TensorEntry>, meaning: string): WeightScope {
    return new WeightScope({ tensors, used: new Set(), tree: undefined }, '', [meaning]);
  }

  /** The place at `path` below this one; `meaning` says in errors what it is. */
  at(path: string | number, meaning?: string): WeightScope {
    const meanings = meaning === undefined ? this.#meanings : [...this.#meanings, meaning];
    return new WeightScope(this.#root, this.#key(String(path)), meanings);
  }

  /** Whether this place holds a tensor named `name`; does not count as taking it. */
  has(name: string): boolean {
    return this.#root.tensors.has(this.#key(name));
  }

  /** The tensor `name` of this place without taking it: to read sizes off its shape. */
  peek(name: string): TensorEntry | undefined {
    return this.#root.tensors.get(this.#key(name));
  }

  /**
   * Takes the tensor `name` of this place.
   * @throws missing when there is none, bad-shape when it has not the shape that is asked for.
   */
  get(name: string, shape?: ShapePattern): TensorEntry {
    const key = this.#key(name);
    const entry = this.#root.tensors.get(key);
    if (entry === undefined) throw this.#missing(key);
    if (shape !== undefined && !fits(entry.shape, shape)) {
      throw new DanqingError('bad-shape', {
        where: this.#describe(key),
        expected: `shape [${shape.map((size) => size ?? 'any').join(', ')}]`,
        found: `[${entry.shape.join(', ')}]`,
      });
    }
    this.#root.used.add(key);
    return entry;
  }

  /** Names of the next level below this place (`['0', '1', 'weight']`), in file order. */
  children(): readonly string[] {
    return (this.#root.tree ??= childrenByPath(this.#root.tensors.keys())).get(this.path) ?? [];
  }

  /** Number of consecutive children `0`, `1`, … below this place: the length of a list of layers. */
  count(): number {
    const children = new Set(this.children());
    let count = 0;
    while (children.has(String(count))) count++;
    return count;
  }

  /** Keys at and below this place that no scope has taken yet, in file order: what a loader has to report. */
  unused(): string[] {
    const prefix = this.path === '' ? '' : `${this.path}.`;
    return [...this.#root.tensors.keys()].filter((key) => key.startsWith(prefix) && !this.#root.used.has(key));
  }

  #key(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  #describe(key: string): string {
    return `${this.#meanings.join(' › ')} › ${key}`;
  }

  #missing(key: string): DanqingError {
    const near = this.#nearest(key);
    return new DanqingError('missing', {
      where: this.#describe(key),
      expected: 'a tensor of this name',
      found: near,
      advice: 'The file is incomplete or of another family than it seems.',
    });
  }

  /** What does exist closest above a missing key. */
  #nearest(key: string): string {
    const tree = (this.#root.tree ??= childrenByPath(this.#root.tensors.keys()));
    if (tree.size === 0) return 'no tensors at all';
    const parts = key.split('.');
    for (let length = parts.length - 1; length > 0; length--) {
      const path = parts.slice(0, length).join('.');
      const found = tree.get(path);
      if (found !== undefined) return `only ${listed(found)} below ${path}`;
    }
    return `only ${listed(tree.get('') ?? [])} at the top`;
  }
}

function fits(shape: readonly number[], pattern: ShapePattern): boolean {
  return shape.length === pattern.length && pattern.every((size, axis) => size === undefined || size === shape[axis]);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(', ');
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown;
}

function childrenByPath(keys: Iterable<string>): ReadonlyMap<string, readonly string[]> {
  const children = new Map<string, Set<string>>();
  for (const key of keys) {
    let path = '';
    for (const part of key.split('.')) {
      const siblings = children.get(path);
      if (siblings === undefined) children.set(path, new Set([part]));
      else siblings.add(part);
      path = path === '' ? part : `${path}.${part}`;
    }
  }
  return new Map([...children].map(([path, names]) => [path, [...names]]));
}
