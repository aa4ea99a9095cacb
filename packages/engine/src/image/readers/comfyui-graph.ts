import { DanqingError } from '../../errors.ts';
import { asList, asObject, getField, getText, toNumber } from '../json.ts';
import type { JsonObject } from '../json.ts';

/** A node of a ComfyUI graph: its class and its inputs, each a value or a link `[node id, output number]`. */
export interface GraphNode {
  readonly id: string;
  readonly type: string;
  readonly inputs: JsonObject;
}

export type Graph = ReadonlyMap<string, GraphNode>;

/** Reads the graph that was run (`prompt`). Entries that are no nodes are left out. */
export function graphFromPrompt(prompt: JsonObject): Graph {
  const graph = new Map<string, GraphNode>();
  for (const [id, value] of Object.entries(prompt)) {
    const type = getText(asObject(value), 'class_type');
    if (type !== undefined) graph.set(id, { id, type, inputs: asObject(asObject(value)?.['inputs']) ?? {} });
  }
  return graph;
}

/**
 * Reads the drawing in the editor (`workflow`), for pictures that hold nothing else: links come from the list of links,
 * values from the list of widgets, whose order is known for the nodes of ComfyUI itself and told by newer files.
 */
export function graphFromWorkflow(workflow: JsonObject): Graph {
  const sources = new Map<string, readonly [string, number]>();
  for (const item of asList(workflow['links'])) {
    const [link, from, output] = asList(item);
    const [linkId, nodeId] = [idOf(link), idOf(from)];
    if (linkId !== undefined && nodeId !== undefined) sources.set(linkId, [nodeId, toNumber(output) ?? 0]);
  }
  const graph = new Map<string, GraphNode>();
  for (const item of asList(workflow['nodes'])) {
    const node = asObject(item);
    const type = getText(node, 'type');
    const id = idOf(getField(node, 'id'));
    if (node === undefined || type === undefined || id === undefined) continue;
    const slots = asList(node['inputs']).map((slot) => asObject(slot) ?? {});
    const links = slots.flatMap((slot): [string, unknown][] => {
      const source = sources.get(idOf(slot['link']) ?? '');
      return source === undefined ? [] : [[getText(slot, 'name') ?? '', source]];
    });
    graph.set(id, { id, type, inputs: { ...widgetsOf(type, node, slots), ...Object.fromEntries(links) } });
  }
  return graph;
}

/** The node behind an input, and which of its outputs; undefined for a value or a link to nothing. */
export function followLink(graph: Graph, value: unknown): { node: GraphNode; output: number } | undefined {
  for (let steps = 0, link = value; steps < MAX_STEPS; steps++) {
    const [id, output] = asList(link);
    const node = graph.get(idOf(id) ?? '');
    if (node === undefined) return undefined;
    // A reroute hands its one input on.
    if (node.type !== 'Reroute') return { node, output: toNumber(output) ?? 0 };
    link = Object.values(node.inputs)[0];
  }
  return undefined;
}

/** The first of the inputs that is a link to a node. */
export function followFirst(graph: Graph, node: GraphNode, names: readonly string[]): GraphNode | undefined {
  for (const name of names) {
    const found = followLink(graph, getField(node.inputs, name));
    if (found) return found.node;
  }
  return undefined;
}

/** Nodes from one on, each through the first of the named inputs that is a link, until there is none or one comes again. */
export function* walk(graph: Graph, start: GraphNode | undefined, names: readonly string[]): Generator<GraphNode> {
  const seen = new Set<GraphNode>();
  for (let node = start; node !== undefined && !seen.has(node); node = followFirst(graph, node, names)) {
    if (seen.size === MAX_CHAIN) return;
    seen.add(node);
    yield node;
  }
}

/** Where values stand in nodes that only hold one. */
const VALUE_INPUTS = ['value', 'int', 'float', 'number', 'seed', 'noise_seed', 'string', 'text', 'String', 'Value'];

/** An input's value, through nodes that only hold a value; undefined when it is computed. */
export function valueOf(graph: Graph, node: GraphNode, ...names: readonly string[]): unknown {
  let value = getField(node.inputs, ...names);
  for (let steps = 0; Array.isArray(value) && steps < MAX_STEPS; steps++) {
    const source = followLink(graph, value)?.node;
    value = source && getField(source.inputs, ...names, ...VALUE_INPUTS);
  }
  return Array.isArray(value) ? undefined : value;
}

const MAX_STEPS = 100;
/** Nodes that are followed from one; more than any graph that somebody drew, so that a hostile one takes no long time. */
export const MAX_CHAIN = 200;

/** Ids are numbers in drawings and text in graphs. */
const idOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

/** Widgets in order, for files that do not name them; a seed is followed by what happens to it after a run. */
const WIDGETS: Readonly<Record<string, readonly string[]>> = {
  KSampler: ['seed', 'steps', 'cfg', 'sampler_name', 'scheduler', 'denoise'],
  KSamplerAdvanced: [
    'add_noise',
    'noise_seed',
    'steps',
    'cfg',
    'sampler_name',
    'scheduler',
    'start_at_step',
    'end_at_step',
  ],
  KSamplerSelect: ['sampler_name'],
  BasicScheduler: ['scheduler', 'steps', 'denoise'],
  RandomNoise: ['noise_seed'],
  CFGGuider: ['cfg'],
  FluxGuidance: ['guidance'],
  CheckpointLoaderSimple: ['ckpt_name'],
  CheckpointLoader: ['config_name', 'ckpt_name'],
  unCLIPCheckpointLoader: ['ckpt_name'],
  UNETLoader: ['unet_name', 'weight_dtype'],
  VAELoader: ['vae_name'],
  LoraLoader: ['lora_name', 'strength_model', 'strength_clip'],
  LoraLoaderModelOnly: ['lora_name', 'strength_model'],
  CLIPTextEncode: ['text'],
  CLIPSetLastLayer: ['stop_at_clip_layer'],
  EmptyLatentImage: ['width', 'height', 'batch_size'],
  EmptySD3LatentImage: ['width', 'height', 'batch_size'],
  LatentUpscale: ['upscale_method', 'width', 'height', 'crop'],
};

const CONTROLS = ['fixed', 'increment', 'decrement', 'randomize'];

function widgetsOf(type: string, node: JsonObject, slots: readonly JsonObject[]): JsonObject {
  const named = asObject(node['widgets_values']);
  if (named) return named;
  const told = slots.flatMap((slot) => getText(asObject(slot['widget']), 'name') ?? []);
  const names = Object.hasOwn(WIDGETS, type) ? WIDGETS[type]! : told;
  const values = [...asList(node['widgets_values'])];
  const widgets: [string, unknown][] = [];
  for (const name of names) {
    const value = values.shift();
    if (value === undefined) break;
    widgets.push([name, value]);
    const next = values[0];
    const isControl = typeof next === 'boolean' || (typeof next === 'string' && CONTROLS.includes(next));
    if (name.endsWith('seed') && isControl) values.shift();
  }
  return Object.fromEntries(widgets);
}

/** @throws bad-file for a graph without nodes. */
export function refuseEmpty(graph: Graph): Graph {
  if (graph.size > 0) return graph;
  throw new DanqingError('bad-file', {
    where: 'ComfyUI graph',
    expected: 'nodes with a class and inputs',
    found: 'none',
  });
}
