import { elementCount } from '../tensor/tensor.ts';
import { storedLength } from '../weights/stored-length.ts';
import { type Dim, equalShapes, type Shape, showDim, showShape, symbolsOf } from './dim.ts';
import { nameValues, printResult } from './print.ts';
import { type Graph, type ResultValue, topological, type WeightValue } from './value.ts';

/**
 * Proves that a graph holds together: names are unique, every value comes from the graph's own inputs, every result
 * has the type that its op's shape rule says, every symbol gets its size from an input, and stored tensors are as
 * long as their type and shape say.
 * @throws Error naming the graph, the node and what is wrong with it.
 */
export function checkGraph(graph: Graph): void {
  const names = nameValues(graph);
  const fail = (where: string, what: string): never => {
    throw new Error(`${graph.name}: ${where}: ${what}`);
  };
  checkNames(graph, fail);
  const known = knownSymbols(graph);
  const unknown = (dims: Iterable<Dim>) => [...dims].flatMap(symbolsOf).find((name) => !known.has(name));
  for (const { name, shape } of graph.inputs) {
    const lost = unknown(shape);
    if (lost !== undefined) fail(`input ${name}`, `no input has an axis of size ${lost}`);
  }
  for (const value of topological(Object.values(graph.outputs))) {
    switch (value.kind) {
      case 'input':
        if (!graph.inputs.includes(value)) fail(`input ${value.name}`, 'used, but not among the inputs of the graph');
        break;
      case 'weight':
        checkWeight(value, fail);
        break;
      case 'constant':
        if (elementCount(value.shape) !== value.data.length) {
          fail(`constant ${showShape(value.shape)}`, `holds ${value.data.length} elements`);
        }
        break;
      case 'result': {
        const where = printResult(value, names);
        checkType(value, where, fail);
        const lost = unknown([...value.shape, ...dimsOf(value)]);
        if (lost !== undefined) fail(where, `no input has an axis of size ${lost}`);
      }
    }
  }
}

type Fail = (where: string, what: string) => never;

function checkNames(graph: Graph, fail: Fail): void {
  const seen = new Set<string>();
  for (const name of [...graph.inputs.map((input) => input.name), ...Object.keys(graph.outputs)]) {
    if (name === '') fail('inputs and outputs', 'a name is empty');
    if (seen.has(name)) fail(name, 'two inputs or outputs have this name');
    seen.add(name);
  }
}

function checkWeight({ entry, shape }: WeightValue, fail: Fail): void {
  const where = `weight ${entry.name}`;
  if (elementCount(shape) !== elementCount(entry.shape)) {
    fail(where, `is read as ${showShape(shape)}, stored as ${showShape(entry.shape)}`);
  }
  const length = storedLength(where, entry.dtype, entry.shape);
  if (length !== entry.length) {
    fail(where, `${showShape(entry.shape)} of ${entry.dtype} takes ${length} bytes, not ${entry.length}`);
  }
}

function checkType(value: ResultValue, where: string, fail: Fail): void {
  let inferred;
  try {
    inferred = value.op.infer(value.inputs, value.attributes);
  } catch (error) {
    return fail(where, (error as Error).message);
  }
  if (inferred.type !== value.type || !equalShapes(inferred.shape, value.shape)) {
    fail(where, `the op says ${inferred.type} ${showShape(inferred.shape)}`);
  }
}

/** Symbols that stand alone as the size of some input's axis: the ones that get a size from what is fed. */
const knownSymbols = (graph: Graph): ReadonlySet<string> =>
  new Set(
    graph.inputs.flatMap(({ shape }) => shape.map(showDim).filter((text, i) => symbolsOf(shape[i]!).includes(text))),
  );

const dimsOf = ({ attributes }: ResultValue): Dim[] =>
  Object.values(attributes).flatMap((value) => (Array.isArray(value) ? [...(value as Shape)] : []));
