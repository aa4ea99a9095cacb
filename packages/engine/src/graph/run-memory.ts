import { type Bindings, evaluateShape, showShape } from './dim.ts';
import { type Graph, type ResultValue, topological, type Value, type WeightValue } from './value.ts';

/** Results that are the same memory under another shape. */
const VIEWS = new Set(['reshape']);

/** Ops that may write over an input of the result's shape that nobody else needs. */
const IN_PLACE = new Set(['add', 'subtract', 'multiply', 'divide']);

/** Bytes of an element while a graph runs: everything is float32. */
const ELEMENT_BYTES = 4;

/** A buffer of the plan; it exists from the first to the last step that needs it or any result that takes it over. */
interface Buffer {
  readonly bytes: number;
  readonly shape: string;
  readonly from: number;
  until: number;
  /** Uses of its present content that are still to come. */
  uses: number;
}

/**
 * Bytes of the results that a run of a graph holds at once, as ONNX Runtime plans it: results are computed just before
 * they are needed; a buffer whose content is used up goes to the next result of the same shape, and back to the system
 * when there is none any more. Weights themselves are not counted, but where they are converted in each run
 * (`convertsWeights`), their float32 copies are.
 */
export function runBytes(graph: Graph, bindings: Bindings, convertsWeights: boolean): number {
  const isComputed = (value: Value): value is ResultValue | WeightValue =>
    value.kind === 'result' || (convertsWeights && value.kind === 'weight' && value.entry.dtype !== 'F32');
  const outputs = Object.values(graph.outputs);
  const order = computingOrder(graph, isComputed);

  const usesLeft = new Map<Value, number>();
  const used = (value: Value) => usesLeft.set(value, (usesLeft.get(value) ?? 0) + 1);
  for (const value of order) for (const input of inputsOf(value)) used(input);
  outputs.forEach(used);

  const bytesOf = (value: Value) => evaluateShape(value.shape, bindings).reduce((a, b) => a * b, ELEMENT_BYTES);
  const shapes = new Map<Value, string>();
  const shapeOf = (value: Value): string => {
    let text = shapes.get(value);
    if (text === undefined) shapes.set(value, (text = showShape(value.shape)));
    return text;
  };
  const buffers: Buffer[] = [];
  const holders = new Map<Value, Buffer>();
  const free: Buffer[] = [];

  /** The buffer of an input that the result may take over. */
  const inherited = (value: Value): Buffer | undefined => {
    if (value.kind !== 'result') return undefined;
    if (VIEWS.has(value.op.name)) return holders.get(value.inputs[0]!);
    if (!IN_PLACE.has(value.op.name)) return undefined;
    const shape = shapeOf(value);
    const over = value.inputs.find((input) => shapeOf(input) === shape && holders.get(input)?.uses === 1);
    return over && holders.get(over);
  };
  const recycled = (shape: string): Buffer | undefined => {
    const place = free.findIndex((buffer) => buffer.shape === shape);
    return place < 0 ? undefined : free.splice(place, 1)[0];
  };

  order.forEach((value, step) => {
    const shape = shapeOf(value);
    let buffer = inherited(value) ?? recycled(shape);
    if (buffer === undefined)
      buffers.push((buffer = { bytes: bytesOf(value), shape, from: step, until: step, uses: 0 }));
    buffer.uses += usesLeft.get(value) ?? 0;
    buffer.until = step;
    holders.set(value, buffer);
    for (const input of inputsOf(value)) {
      const held = holders.get(input);
      if (held === undefined) continue;
      held.until = step;
      if (--held.uses === 0) free.unshift(held);
    }
  });
  return peakOf(
    buffers,
    order.map((value) => workspace(value, bytesOf)),
  );
}

/** What an op takes for itself while it runs: attention lays its inputs and its result out by heads. */
const workspace = (value: Value, bytesOf: (value: Value) => number): number =>
  value.kind === 'result' && value.op.name === 'attention'
    ? [...value.inputs, value].reduce((sum, each) => sum + bytesOf(each), 0)
    : 0;

function peakOf(buffers: readonly Buffer[], workspaces: readonly number[]): number {
  const changes = new Float64Array(workspaces.length + 1);
  for (const { bytes, from, until } of buffers) {
    changes[from]! += bytes;
    changes[until + 1]! -= bytes;
  }
  let held = 0;
  return workspaces.reduce((peak, extra, step) => Math.max(peak, (held += changes[step]!) + extra), 0);
}

const inputsOf = (value: Value): readonly Value[] => (value.kind === 'result' ? value.inputs : []);

/** Depth first from the outputs; of several inputs the one that was written last comes first, weights come last. */
function computingOrder(graph: Graph, isComputed: (value: Value) => boolean): Value[] {
  const written = topological(Object.values(graph.outputs));
  const rank = new Map(written.map((value, i) => [value, value.kind === 'result' ? i : i - written.length]));
  const order: Value[] = [];
  const seen = new Set<Value>();
  const stack: { readonly value: Value; readonly ready: boolean }[] = [];
  const push = (values: Iterable<Value>) => {
    const next = [...new Set(values)].filter((value) => isComputed(value) && !seen.has(value));
    next.sort((a, b) => rank.get(a)! - rank.get(b)!);
    stack.push(...next.map((value) => ({ value, ready: false })));
  };
  push(Object.values(graph.outputs));
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (top.ready) {
      order.push(top.value);
    } else if (!seen.has(top.value)) {
      seen.add(top.value);
      stack.push({ value: top.value, ready: true });
      push(inputsOf(top.value));
    }
  }
  return order;
}
