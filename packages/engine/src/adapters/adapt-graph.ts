import { type Dim, type Shape, symbol } from '../graph/dim.ts';
import { addProduct } from '../graph/ops/add-product.ts';
import { add } from '../graph/ops/add.ts';
import { conv2d, type Convolution } from '../graph/ops/conv2d.ts';
import { linear } from '../graph/ops/linear.ts';
import { reshape } from '../graph/ops/reshape.ts';
import { slice } from '../graph/ops/slice-pad.ts';
import { rewrite } from '../graph/rewrite.ts';
import { apply, type Graph, input, type InputValue, type Value, type WeightValue } from '../graph/value.ts';
import { elementCount } from '../tensor/tensor.ts';
import type { TensorEntry } from '../weights/tensor-index.ts';
import type { AdaptedTensor } from './adapted-tensor.ts';

/** An input of a network through which an adapter gets in: some rows of an adapted tensor or of its factor a, or its factor b. */
export interface FedWeight {
  readonly name: string;
  readonly tensor: string;
  readonly what: 'whole' | 'a' | 'b';
  /** Rows [start, end) of the tensor; all of b. */
  readonly start: number;
  readonly end: number;
  /** Shape of one row of a whole tensor; kernel of a convolution behind the factors' two axes. */
  readonly rest: readonly number[];
}

/** A network adapted by inputs. */
export interface FedGraph {
  readonly graph: Graph;
  readonly weights: readonly FedWeight[];
}

/** Lets adapters into a network by new inputs, in the form that each tensor has: one session then serves all strengths and sets. */
export function feedWeights(graph: Graph, tensors: Iterable<Pick<AdaptedTensor, 'entry' | 'form'>>): FedGraph {
  const forms = new Map([...tensors].map(({ entry, form }) => [entry, form]));
  const find = finder(forms.keys());
  const inputs = new Inputs();
  const factorsOf = (value: Value): { readonly a: Value; readonly b: Value } | undefined => {
    const found = value.kind === 'weight' ? find(value) : undefined;
    if (found === undefined || forms.get(found.entry) === 'whole') return undefined;
    return inputs.factors(found.entry, found.start, value as WeightValue);
  };
  const changed = rewrite(graph, (value) => {
    if (value.kind === 'weight') {
      const found = find(value);
      return found !== undefined && forms.get(found.entry) === 'whole'
        ? inputs.whole(found.entry, found.start, value)
        : value;
    }
    if (value.kind !== 'result') return value;
    const [x, kernel] = value.inputs;
    const factors = value.inputs.map(factorsOf);
    if (factors.every((found) => found === undefined)) return value;
    const own = factors[1];
    if (own !== undefined && value.op.name === 'linear') return add(value, linear(linear(x!, own.b), own.a));
    if (own !== undefined && value.op.name === 'conv2d') {
      const [rank, channels] = [own.b.shape[0]!, kernel!.shape[1]!];
      const down = conv2d(
        x!,
        reshape(own.b, [rank, channels, ...kernel!.shape.slice(2)]),
        undefined,
        value.attributes as Convolution,
      );
      const up = reshape(own.a, [...own.a.shape, 1, 1]);
      return add(value, conv2d(down, up, undefined, { stride: 1, padding: [0, 0, 0, 0] }));
    }
    // Used in another way: the weight is put together each time.
    const put = value.inputs.map((one, i) => {
      const found = factors[i];
      if (found === undefined) return one;
      const matrix = reshape(one, [found.a.shape[0]!, found.b.shape[1]!]);
      return reshape(addProduct(matrix, found.a, found.b), one.shape);
    });
    return apply(value.op, put, value.attributes);
  });
  return { graph: { ...changed, inputs: [...graph.inputs, ...inputs.values] }, weights: inputs.weights };
}

/** The inputs that are added, each once. */
class Inputs {
  readonly values: InputValue[] = [];
  readonly weights: FedWeight[] = [];
  readonly #ranks = new Map<TensorEntry, { readonly rank: Dim; readonly b: Value }>();
  readonly #known = new Map<string, Value>();

  whole(entry: TensorEntry, start: number, { shape }: WeightValue): Value {
    const [rows = 1, ...rest] = shape;
    return this.#once({ tensor: entry.name, what: 'whole', start, end: start + rows, rest }, shape);
  }

  factors(entry: TensorEntry, start: number, { shape }: WeightValue): { readonly a: Value; readonly b: Value } {
    let shared = this.#ranks.get(entry);
    if (shared === undefined) {
      const rank = symbol(`rank ${this.#ranks.size}`);
      const within = elementCount(entry.shape.slice(1));
      const b = this.#once({ tensor: entry.name, what: 'b', start: 0, end: 0, rest: [] }, [rank, within]);
      this.#ranks.set(entry, (shared = { rank, b }));
    }
    const { rank, b } = shared;
    const rows = shape[0]!;
    return { a: this.#once({ tensor: entry.name, what: 'a', start, end: start + rows, rest: [] }, [rows, rank]), b };
  }

  #once(fed: Omit<FedWeight, 'name'>, shape: Shape): Value {
    const key = `${fed.tensor} ${fed.what} ${fed.start} ${fed.end} ${fed.rest.join()}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = input(`adapted ${this.values.length}`, shape);
    this.values.push(made);
    this.weights.push({ name: made.name, ...fed });
    this.#known.set(key, made);
    return made;
  }
}

/** Puts other values in the place of stored tensors, which a runtime then works out once when it opens the network. */
export function mergeWeights(graph: Graph, values: ReadonlyMap<TensorEntry, Value>): Graph {
  const find = finder(values.keys());
  return rewrite(graph, (value) => {
    const found = value.kind === 'weight' ? find(value) : undefined;
    if (found === undefined) return value;
    const { shape } = value as WeightValue;
    return reshape(slice(values.get(found.entry)!, 0, found.start, found.start + (shape[0] ?? 1)), shape);
  });
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
