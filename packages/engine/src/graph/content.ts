import { fileOf } from '../weights/with-sources.ts';
import { showShape } from './dim.ts';
import { printResult } from './print.ts';
import { type Graph, topological, type Value } from './value.ts';

/**
 * Everything that the results of a graph depend on but the bytes of its weight files, as text: two graphs of equal
 * text compute the same as long as their files stay the same. Long; meant to be hashed.
 */
export function graphContent(graph: Graph): string {
  const values = topological(Object.values(graph.outputs));
  const numbers = new Map(values.map((value, i) => [value, i]));
  const name = (value: Value): string => `%${numbers.get(value)}`;
  const lines = values.map((value) => {
    switch (value.kind) {
      case 'input':
        return `${name(value)} = input ${value.name} ${value.type} ${showShape(value.shape)}`;
      case 'weight': {
        const { file, offset, length, dtype } = value.entry;
        return `${name(value)} = weight ${JSON.stringify(file)} ${offset} ${length} ${dtype} ${showShape(value.shape)}`;
      }
      case 'constant':
        return `${name(value)} = ${value.type} ${showShape(value.shape)} ${value.data.join()}`;
      case 'result':
        return printResult(value, name);
    }
  });
  const outputs = Object.entries(graph.outputs).map(([output, value]) => `${output} = ${name(value)}`);
  return [graph.inputs.map(({ name: fed }) => fed).join(), ...lines, ...outputs].join('\n');
}

/** The files that hold the weights of a graph, each once. */
export function weightFiles(graph: Graph): string[] {
  const values = topological(Object.values(graph.outputs));
  return [...new Set(values.flatMap((value) => (value.kind === 'weight' ? [fileOf(value.entry)] : [])))];
}
