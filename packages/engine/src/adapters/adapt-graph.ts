import { type Shape, symbol } from '../graph/dim.ts';
import { addProduct } from '../graph/ops/add-product.ts';
import { add } from '../graph/ops/add.ts';
import { conv2d, type Convolution } from '../graph/ops/conv2d.ts';
import { linear } from '../graph/ops/linear.ts';
import { matmul } from '../graph/ops/matmul.ts';
import { multiply } from '../graph/ops/multiply.ts';
import { reshape } from '../graph/ops/reshape.ts';
import { slice } from '../graph/ops/slice-pad.ts';
import { transpose } from '../graph/ops/transpose.ts';
import { rewrite } from '../graph/rewrite.ts';
import { apply, type Graph, input, type InputValue, type Value, type WeightValue } from '../graph/value.ts';
import { elementCount } from '../tensor/tensor.ts';
import type { TensorEntry } from '../weights/tensor-index.ts';
import type { FormedTensor } from './tensor-form.ts';

/**
 * An input of a network through which an adapter gets in: some rows of an adapted tensor, or what is added beside it: the layer's input by
 * `down` [ranks, within], by the strength of each rank, by `up` [ranks, out].
 */
export interface FedWeight {
  readonly name: string;
  readonly tensor: string;
  readonly what: 'whole' | 'up' | 'down' | 'strengths';
  /** Shape of what is fed; ranks are symbols. */
  readonly shape: Shape;
  /** First row of the tensor, where only some are fed. */
  readonly start: number;
}

/** A network adapted by inputs. */
export interface FedGraph {
  readonly graph: Graph;
  readonly weights: readonly FedWeight[];
}

/** Lets adapters into a network by new inputs, in the form that each tensor has: one session then serves all strengths and sets. */
export function feedWeights(graph: Graph, tensors: Iterable<Pick<FormedTensor, 'entry' | 'form'>>): FedGraph {
  const forms = new Map([...tensors].map(({ entry, form }) => [entry, form]));
  const find = finder(forms.keys());
  const inputs = new Inputs();
  const factorsOf = (value: Value): FedFactors | undefined => {
    const found = value.kind === 'weight' ? find(value) : undefined;
    if (found === undefined || forms.get(found.entry) !== 'beside') return undefined;
    return inputs.factors(found.entry, found.start, value as WeightValue);
  };
  const changed = rewrite(graph, (value) => {
    if (value.kind === 'weight') {
      const found = find(value);
      if (found === undefined || forms.get(found.entry) === 'beside') return value;
      if (forms.get(found.entry) === 'whole') return inputs.whole(found.entry, found.start, value);
      return reshape(addFactors(value, inputs.factors(found.entry, found.start, value)), value.shape);
    }
    if (value.kind !== 'result') return value;
    const [x, kernel] = value.inputs;
    const factors = value.inputs.map(factorsOf);
    if (factors.every((found) => found === undefined)) return value;
    const own = factors[1];
    if (own !== undefined && value.op.name === 'linear') {
      return add(value, matmul(multiply(linear(x!, own.down), own.strengths), own.up));
    }
    if (own !== undefined && value.op.name === 'conv2d') {
      const [rank, channels] = [own.down.shape[0]!, kernel!.shape[1]!];
      const down = conv2d(
        x!,
        reshape(scaledRows(own.down, own), [rank, channels, ...kernel!.shape.slice(2)]),
        undefined,
        value.attributes as Convolution,
      );
      const up = transpose(own.up, [1, 0]);
      return add(
        value,
        conv2d(down, reshape(up, [...up.shape, 1, 1]), undefined, { stride: 1, padding: [0, 0, 0, 0] }),
      );
    }
    // Used in another way.
    const put = value.inputs.map((one, i) => {
      const found = factors[i];
      if (found === undefined) return one;
      return reshape(addFactors(one, found), one.shape);
    });
    return apply(value.op, put, value.attributes);
  });
  return { graph: { ...changed, inputs: [...graph.inputs, ...inputs.values] }, weights: inputs.weights };
}

/** Low-rank products that are fed: `up` [ranks, out], `down` [ranks, within], `strengths` [ranks]. */
export interface FedFactors {
  readonly up: Value;
  readonly down: Value;
  readonly strengths: Value;
}

/** A weight as a matrix [out, within], with low-rank products added. */
export function addFactors(sum: Value, factors: FedFactors): Value {
  const { up, down } = factors;
  const a = transpose(scaledRows(up, factors), [1, 0]);
  return addProduct(reshape(sum, [up.shape[1]!, down.shape[1]!]), a, down);
}

const scaledRows = (rows: Value, { strengths }: FedFactors): Value =>
  multiply(rows, reshape(strengths, [strengths.shape[0]!, 1]));

/** The inputs that are added, each once. */
class Inputs {
  readonly values: InputValue[] = [];
  readonly weights: FedWeight[] = [];
  readonly #factors = new Map<TensorEntry, FedFactors>();
  readonly #wholes = new Map<string, Value>();

  whole({ name }: TensorEntry, start: number, { shape }: WeightValue): Value {
    const key = `${name} ${start} ${shape.join()}`;
    const known = this.#wholes.get(key) ?? this.#add(name, 'whole', shape, start);
    this.#wholes.set(key, known);
    return known;
  }

  factors(entry: TensorEntry, start: number, { shape: [rows = 1] }: WeightValue): FedFactors {
    let shared = this.#factors.get(entry);
    if (shared === undefined) {
      const rank = symbol(`rank ${this.#factors.size}`);
      const [out = 1, ...rest] = entry.shape;
      shared = {
        up: this.#add(entry.name, 'up', [rank, out]),
        down: this.#add(entry.name, 'down', [rank, elementCount(rest)]),
        strengths: this.#add(entry.name, 'strengths', [rank]),
      };
      this.#factors.set(entry, shared);
    }
    return { ...shared, up: slice(shared.up, 1, start, start + rows) };
  }

  #add(tensor: string, what: FedWeight['what'], shape: Shape, start = 0): Value {
    const made = input(`adapted ${this.values.length}`, shape);
    this.values.push(made);
    this.weights.push({ name: made.name, tensor, what, shape, start });
    return made;
  }
}

/** Finds the tensor that a weight is all or some rows of, by where its bytes stand, and the first of these rows. */
function finder(tensors: Iterable<TensorEntry>) {
  const byFile = new Map<string, TensorEntry[]>();
  for (const entry of tensors) {
    const others = byFile.get(entry.file);
    if (others === undefined) byFile.set(entry.file, [entry]);
    else others.push(entry);
  }
  for (const entries of byFile.values()) entries.sort((a, b) => a.offset - b.offset);
  return ({ entry: part }: WeightValue): { readonly entry: TensorEntry; readonly start: number } | undefined => {
    const entry = byFile.get(part.file)?.findLast(({ offset }) => offset <= part.offset);
    if (entry === undefined || part.offset + part.length > entry.offset + entry.length) return undefined;
    return { entry, start: ((part.offset - entry.offset) / entry.length) * (entry.shape[0] ?? 1) };
  };
}
