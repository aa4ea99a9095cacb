import { elementCount } from '../tensor/tensor.ts';
import { addDims, type Dim, equalDims, equalShapes, isStatic, type Shape } from './dim.ts';
import { concat } from './ops/concat.ts';
import { reshape } from './ops/reshape.ts';
import { slice } from './ops/slice-pad.ts';
import { transpose } from './ops/transpose.ts';
import { printAttributes } from './print.ts';
import { rewrite } from './rewrite.ts';
import { constant, type Graph, type ResultValue, type Value, weight } from './value.ts';

/** Constants up to this size are computed while the graph is built, and compared by their elements. */
const SMALL = 4096;

/**
 * An equal graph with less to do: small constants computed, steps without effect and pairs that undo one another
 * removed, equal values computed once. Simplifying again changes nothing.
 */
export function simplify(graph: Graph): Graph {
  const pool = new Pool();
  return rewrite(graph, (value) => pool.shared(reduce(value)));
}

/** What is left of a value when no rule changes it any more; its inputs are so already. */
function reduce(value: Value): Value {
  let current = value;
  while (current.kind === 'result') {
    const next: Value | undefined = fold(current) ?? rules[current.op.name]?.(current);
    if (next === undefined) break;
    current = next;
  }
  return current;
}

/** The result of an op on small constants, computed. */
function fold({ op, inputs, attributes, type, shape }: ResultValue): Value | undefined {
  const constants = inputs.filter((input) => input.kind === 'constant');
  if (constants.length < inputs.length || !isStatic(shape)) return undefined;
  if ([shape, ...constants.map((input) => input.shape)].some((size) => elementCount(size) > SMALL)) return undefined;
  const lists = Object.values(attributes).filter((attribute) => Array.isArray(attribute)) as Shape[];
  return lists.every(isStatic) ? constant(shape, op.reference(constants, attributes, shape).data, type) : undefined;
}

/** What to put in the place of an op's result, undefined to leave it: an input, or one new result on values further up. */
type Rule = (value: ResultValue) => Value | undefined;

const rules: Readonly<Record<string, Rule>> = {
  add: (value) => withoutConstant(value, 1, 0) ?? withoutConstant(value, 0, 0),
  subtract: (value) => withoutConstant(value, 1, 0),
  multiply: (value) => withoutConstant(value, 1, 1) ?? withoutConstant(value, 0, 1),
  divide: (value) => withoutConstant(value, 1, 1),
  expand: unchanged,
  pad: unchanged,
  concat: ({ inputs }) => (inputs.length === 1 ? inputs[0] : undefined),
  slice: (value) => unchanged(value) ?? sliceOfConcat(value),
  reshape(value) {
    const [x] = value.inputs as [Value];
    if (x.kind === 'weight' && isStatic(value.shape)) return weight(x.entry, value.shape);
    return unchanged(value) ?? (isResultOf(x, 'reshape') ? reshape(x.inputs[0]!, value.shape) : undefined);
  },
  transpose(value) {
    const [x] = value.inputs as [Value];
    const permutation = permutationOf(value);
    if (permutation.every((axis, i) => axis === i)) return x;
    if (!isResultOf(x, 'transpose')) return undefined;
    const first = permutationOf(x);
    return transpose(
      x.inputs[0]!,
      permutation.map((axis) => first[axis]!),
    );
  },
};

/** The other input, where input `which` is nothing but `neutral` and does not stretch it. */
function withoutConstant({ inputs, shape }: ResultValue, which: 0 | 1, neutral: number): Value | undefined {
  const [dropped, kept] = [inputs[which]!, inputs[1 - which]!];
  const idle = dropped.kind === 'constant' && dropped.data.every((element) => element === neutral);
  return idle && equalShapes(kept.shape, shape) ? kept : undefined;
}

/** The first input of an op that has no effect when its result has the same shape. */
function unchanged({ inputs: [x], shape }: ResultValue): Value | undefined {
  return equalShapes(x!.shape, shape) ? x : undefined;
}

/** Parts of a concatenation, where a slice begins and ends between them. */
function sliceOfConcat({ inputs: [x], attributes }: ResultValue): Value | undefined {
  const axis = attributes['axis'] as number;
  const [start, end] = attributes['range'] as readonly [Dim, Dim];
  if (!isResultOf(x!, 'concat') || x.attributes['axis'] !== axis) return undefined;
  const borders = x.inputs.reduce<Dim[]>((sums, part) => [...sums, addDims(sums.at(-1)!, part.shape[axis]!)], [0]);
  const first = borders.findIndex((border) => equalDims(border, start));
  const last = borders.findIndex((border) => equalDims(border, end));
  if (first >= 0 && last > first) return concat(x.inputs.slice(first, last), axis);
  // Within one part, where the sizes are known.
  const part = borders.findIndex((border, i) => i > 0 && isWithin(borders[i - 1]!, start, end, border)) - 1;
  const offset = borders[part];
  if (typeof offset !== 'number') return undefined;
  return slice(x.inputs[part]!, axis, (start as number) - offset, (end as number) - offset);
}

const isWithin = (...borders: Dim[]): boolean =>
  borders.every((border, i) => typeof border === 'number' && (i === 0 || (borders[i - 1] as number) <= border));

const isResultOf = (value: Value, op: string): value is ResultValue => value.kind === 'result' && value.op.name === op;

const permutationOf = ({ attributes }: ResultValue) => attributes['permutation'] as readonly number[];

/** Values by what they are made of: equal ones are one. */
class Pool {
  readonly #values = new Map<string, Value>();
  readonly #ids = new Map<Value, number>();

  /** The first value that was equal to this one. */
  shared(value: Value): Value {
    const key = this.#key(value);
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    this.#values.set(key, value);
    return value;
  }

  #key(value: Value): string {
    switch (value.kind) {
      case 'input':
        return `input ${value.name}`;
      case 'weight': {
        const { file, offset, length, dtype } = value.entry;
        return `weight ${dtype} ${value.shape.join()} ${offset} ${length} ${file}`;
      }
      case 'constant': {
        const { type, shape, data } = value;
        const content = data.length > SMALL ? `#${this.#id(value)}` : Array.from(data, exactText).join();
        return `constant ${type} ${shape.join()} ${content}`;
      }
      case 'result': {
        const inputs = value.inputs.map((input) => this.#id(input)).join();
        return `${value.op.name} ${inputs} ${printAttributes(value.attributes).sort().join()}`;
      }
    }
  }

  #id(value: Value): number {
    const known = this.#ids.get(value) ?? this.#ids.size;
    this.#ids.set(value, known);
    return known;
  }
}

const exactText = (x: number): string => (Object.is(x, -0) ? '-0' : `${x}`);
