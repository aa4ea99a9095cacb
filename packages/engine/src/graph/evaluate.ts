import { type Bindings, evaluateShape } from './dim.ts';
import { type Graph, topological, type Value, type WeightValue } from './value.ts';

/** A tensor in double precision, for reference computations. */
export interface Float64Tensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** The sizes of a graph's symbols, read off the tensors fed to it. @throws Error on a contradiction. */
export function bindSymbols(
  graph: Graph,
  feeds: Readonly<Record<string, { readonly shape: readonly number[] }>>,
): Bindings {
  const bindings = new Map<string, number>();
  for (const { name, shape } of graph.inputs) {
    const fed = feeds[name];
    if (fed === undefined) throw new Error(`${graph.name}: input ${name} is not fed`);
    if (fed.shape.length !== shape.length)
      throw new Error(`${graph.name}: input ${name} has rank ${fed.shape.length}, expected ${shape.length}`);
    shape.forEach((dim, i) => {
      const size = fed.shape[i]!;
      const [term] = typeof dim === 'number' ? [] : dim.terms;
      const atom = term?.atoms[0];
      if (typeof dim !== 'number' && atom?.kind === 'symbol' && dim.text === atom.name && !bindings.has(atom.name))
        bindings.set(atom.name, size);
    });
  }
  for (const { name, shape } of graph.inputs) {
    evaluateShape(shape, bindings).forEach((size, i) => {
      const found = feeds[name]!.shape[i];
      if (found !== size) throw new Error(`${graph.name}: input ${name} axis ${i} is ${found}, expected ${size}`);
    });
  }
  return bindings;
}

/**
 * Runs a graph by the ops' plain references in double precision: slow, exact, for proofs.
 * @param readWeight gives a stored tensor's values.
 */
export function evaluate(
  graph: Graph,
  feeds: Readonly<Record<string, Float64Tensor>>,
  readWeight: (weight: WeightValue) => Float64Tensor = (w) => {
    throw new Error(`no reader for weight ${w.entry.name}`);
  },
): Record<string, Float64Tensor> {
  const bindings = bindSymbols(graph, feeds);
  const results = new Map<Value, Float64Tensor>();
  for (const value of topological(Object.values(graph.outputs))) {
    results.set(value, evaluateOne(value, feeds, readWeight, results, bindings));
  }
  return Object.fromEntries(Object.entries(graph.outputs).map(([name, value]) => [name, results.get(value)!]));
}

function evaluateOne(
  value: Value,
  feeds: Readonly<Record<string, Float64Tensor>>,
  readWeight: (weight: WeightValue) => Float64Tensor,
  results: ReadonlyMap<Value, Float64Tensor>,
  bindings: Bindings,
): Float64Tensor {
  switch (value.kind) {
    case 'input':
      return feeds[value.name]!;
    case 'weight':
      return readWeight(value);
    case 'constant':
      return { shape: value.shape, data: value.data };
    case 'result': {
      const shape = evaluateShape(value.shape, bindings);
      const attributes = Object.fromEntries(
        Object.entries(value.attributes).map(([key, attribute]) => [
          key,
          Array.isArray(attribute) ? evaluateShape(attribute, bindings) : attribute,
        ]),
      );
      return value.op.reference(
        value.inputs.map((input) => results.get(input)!),
        attributes,
        shape,
      );
    }
  }
}
