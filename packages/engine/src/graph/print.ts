import { type Shape, showShape } from './dim.ts';
import type { Attributes } from './op.ts';
import { type ConstantValue, type Graph, type ResultValue, topological, type Value } from './value.ts';

/** Constants of more elements are printed by their first ones. */
const SHOWN_ELEMENTS = 8;

/**
 * A graph as text, one result a line in the order of computation:
 * `%3 = linear(%1, w "to_q.weight" [320, 320] F16) : f32 [n, 4096, 320]`. Equal graphs have equal text.
 */
export function printGraph(graph: Graph): string {
  const names = nameValues(graph);
  const inputs = graph.inputs.map(({ name, type, shape }) => `${name}: ${type} ${showShape(shape)}`);
  const lines = topological(Object.values(graph.outputs)).flatMap((value) =>
    value.kind === 'result' ? [`  ${printResult(value, names)}`] : [],
  );
  const outputs = Object.entries(graph.outputs).map(([name, value]) => `  ${name} = ${names(value)}`);
  return [`${graph.name}(${inputs.join(', ')})`, ...lines, ...outputs].join('\n');
}

/** One result: its name, op, inputs, attributes and type. */
export function printResult(value: ResultValue, names: (value: Value) => string): string {
  const inside = [...value.inputs.map(names), ...printAttributes(value.attributes)].join(', ');
  return `${names(value)} = ${value.op.name}(${inside}) : ${value.type} ${showShape(value.shape)}`;
}

/** What values of a graph are called in text: inputs by name, weights and constants in full, results by number. */
export function nameValues(graph: Graph): (value: Value) => string {
  const numbers = new Map<Value, number>();
  for (const value of topological(Object.values(graph.outputs))) {
    if (value.kind === 'result') numbers.set(value, numbers.size);
  }
  return (value) => {
    switch (value.kind) {
      case 'input':
        return value.name;
      case 'weight':
        return `w "${value.entry.name}" ${showShape(value.shape)} ${value.entry.dtype}`;
      case 'constant':
        return printConstant(value);
      case 'result':
        return `%${numbers.get(value)}`;
    }
  };
}

/** Fixed settings as `name=value`, in the order they were given. */
export const printAttributes = (attributes: Attributes): string[] =>
  Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${printAttribute(value)}`);

const printAttribute = (value: Attributes[string]): string =>
  Array.isArray(value) ? showShape(value as Shape) : `${value as string | number | boolean}`;

function printConstant({ type, shape, data }: ConstantValue): string {
  const suffix = type === 'i64' ? ' i64' : '';
  if (shape.length === 0) return `${data[0]!}${suffix}`;
  const shown = [...data.subarray(0, SHOWN_ELEMENTS), ...(data.length > SHOWN_ELEMENTS ? ['…'] : [])];
  return `{${shown.join(', ')}} ${showShape(shape)}${suffix}`;
}
