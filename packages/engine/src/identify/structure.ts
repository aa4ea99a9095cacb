/** A tensor that a whole network has: its name below the network's path, and its shape. */
export type Expected = readonly [name: string, shape: readonly number[]];

/** Shapes by name below the path of a network. */
export type ShapeAt = (name: string) => readonly number[] | undefined;

/** A network whose tensors can be listed: one file of `structures/`. */
export interface Structure<Config> {
  /** Reads the sizes off the tensors that are there; undefined when there are too few to tell. */
  read(at: ShapeAt): Config | undefined;
  /** Every tensor of a network of these sizes, in the order of its authors. */
  list(config: Config): Iterable<Expected>;
  /** Names that look like the network's own: one of them that the list lacks is a stranger in it. */
  readonly own: RegExp;
}

/** How many of `name(0)`, `name(1)`, … there are. */
export function countOf(at: ShapeAt, name: (i: number) => string): number {
  let count = 0;
  while (at(name(count)) !== undefined) count++;
  return count;
}

/** Weight and bias of a linear layer or of a convolution of one cell. */
export function* linear(name: string, to: number, of: number, rank = 2): Generator<Expected> {
  yield [`${name}.weight`, rank === 2 ? [to, of] : [to, of, 1, 1]];
  yield [`${name}.bias`, [to]];
}

/** Weight and bias of a convolution. */
export function* convolution(name: string, to: number, of: number, size = 3): Generator<Expected> {
  yield [`${name}.weight`, [to, of, size, size]];
  yield [`${name}.bias`, [to]];
}

/** Scale and shift of a norm. */
export function* scales(name: string, width: number): Generator<Expected> {
  yield [`${name}.weight`, [width]];
  yield [`${name}.bias`, [width]];
}
