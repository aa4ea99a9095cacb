import { getField, getText, toNumber } from '../json.ts';
import { followLink, MAX_CHAIN, valueOf, walk } from './comfyui-graph.ts';
import type { Graph, GraphNode } from './comfyui-graph.ts';

export interface Prompts {
  /** All texts that reach the sampler on one side, joined with AND. */
  readonly text: string;
  /** The nodes that hold them. */
  readonly encoders: readonly GraphNode[];
  /** Strength of the distilled guidance of Flux, if the graph sets it. */
  readonly guidance?: number;
}

const TEXT_INPUTS = [
  'text',
  'text_g',
  'text_l',
  'clip_l',
  't5xxl',
  'prompt',
  'string',
  'populated_text',
  'wildcard_text',
  'value',
];
/** Inputs that lead to something else than text. */
const OTHER_INPUTS =
  /^(?:clip|model|vae|image|images|pixels|mask|control_net|clip_vision.*|style_model|latent.*|samples.*|sigmas|noise|sampler)$/;

/** Collects the texts of one side of a sampler, in the order of the inputs they come through. */
export function collectPrompts(graph: Graph, sampler: GraphNode, side: 'positive' | 'negative'): Prompts {
  const texts = new Set<string>();
  const encoders: GraphNode[] = [];
  let guidance: number | undefined;
  const seen = new Set<GraphNode>();
  const open: GraphNode[] = [sampler];
  for (let node = open.pop(); node !== undefined && seen.size < MAX_CHAIN; node = open.pop()) {
    if (seen.has(node) || node.type === 'ConditioningZeroOut') continue;
    seen.add(node);
    guidance ??=
      side === 'positive' && /FluxGuidance/.test(node.type) ? toNumber(valueOf(graph, node, 'guidance')) : undefined;
    const found = node === sampler ? [] : textsOf(graph, node, side);
    if (found.length > 0) {
      found.forEach((text) => texts.add(text));
      encoders.push(node);
    } else open.push(...sourcesOf(graph, node, side).reverse());
  }
  return {
    text: [...texts].filter((text) => text !== '').join('\nAND '),
    encoders,
    ...(guidance !== undefined && { guidance }),
  };
}

/** CLIP skip as A1111 counts it, from the first encoder whose CLIP was cut short. */
export function findClipSkip(graph: Graph, encoders: readonly GraphNode[]): number {
  for (const encoder of encoders) {
    for (const node of walk(graph, encoder, ['clip'])) {
      const layer = toNumber(valueOf(graph, node, 'stop_at_clip_layer', 'clip_skip'));
      if (layer !== undefined && Number.isInteger(layer) && layer < 0) return -layer;
      // Old checkpoints came with a choice of configurations: v1-inference_clip_skip_2.yaml.
      const config = /clip_skip_(\d{1,2})/.exec(getText(node.inputs, 'config_name') ?? '');
      if (config) return Number(config[1]);
    }
  }
  return 1;
}

function textsOf(graph: Graph, node: GraphNode, side: string): string[] {
  const named = getField(node.inputs, side);
  if (typeof named === 'string') return [named.trim()];
  return TEXT_INPUTS.flatMap((name) => {
    const text = valueOf(graph, node, name);
    return typeof text === 'string' ? [text.trim()] : [];
  });
}

/** Where the texts of a node may come from: its input of that side, its guider, or else every input that is a link. */
function sourcesOf(graph: Graph, node: GraphNode, side: string): GraphNode[] {
  const sides = ['positive', 'negative'].filter((name) => Array.isArray(getField(node.inputs, name)));
  if (sides.length > 0)
    return nodesBehind(
      graph,
      sides.filter((name) => name === side).map((name) => node.inputs[name]),
    );
  const guider = getField(node.inputs, 'guider', 'text_embeds');
  if (Array.isArray(guider)) return nodesBehind(graph, [guider]);
  // A custom sampler without guidance has one conditioning, which is the positive one.
  const links = Object.entries(node.inputs).filter(([name, value]) => Array.isArray(value) && !OTHER_INPUTS.test(name));
  if (side === 'negative' && /BasicGuider/.test(node.type)) return [];
  return nodesBehind(
    graph,
    links.map(([, value]) => value),
  );
}

const nodesBehind = (graph: Graph, links: readonly unknown[]): GraphNode[] =>
  links.flatMap((link) => followLink(graph, link)?.node ?? []);
