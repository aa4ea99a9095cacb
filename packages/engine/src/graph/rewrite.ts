import { apply, type Graph, topological, type Value } from './value.ts';

/**
 * The graph with every value replaced by what `change` makes of it. Values are visited once each, after what they are
 * made from; a result is seen already rebuilt on the changed inputs, so sharing stays sharing. What `change` returns
 * is not visited again. The graph's list of inputs stays as it is.
 */
export function rewrite(graph: Graph, change: (value: Value) => Value): Graph {
  const changed = rewriteValues(Object.values(graph.outputs), change);
  const outputs = Object.entries(graph.outputs).map(([name, value]) => [name, changed.get(value)!] as const);
  return { ...graph, outputs: Object.fromEntries(outputs) };
}

/** The same for everything that `roots` are made from: old values to new ones. */
export function rewriteValues(roots: Iterable<Value>, change: (value: Value) => Value): ReadonlyMap<Value, Value> {
  const changed = new Map<Value, Value>();
  for (const value of topological(roots)) changed.set(value, change(rebuild(value, changed)));
  return changed;
}

/** The value on changed inputs, itself where they are the same. */
function rebuild(value: Value, changed: ReadonlyMap<Value, Value>): Value {
  if (value.kind !== 'result') return value;
  const inputs = value.inputs.map((input) => changed.get(input)!);
  return inputs.every((input, i) => input === value.inputs[i]) ? value : apply(value.op, inputs, value.attributes);
}
