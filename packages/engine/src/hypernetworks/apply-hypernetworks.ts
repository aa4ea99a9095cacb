import { add } from '../graph/ops/add.ts';
import { layerNorm } from '../graph/ops/layer-norm.ts';
import { linear } from '../graph/ops/linear.ts';
import { multiply } from '../graph/ops/multiply.ts';
import { rewrite } from '../graph/rewrite.ts';
import {
  apply,
  type Graph,
  input,
  type InputValue,
  type ResultValue,
  topological,
  type Value,
} from '../graph/value.ts';
import type { ModelHands } from '../pipelines/model.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Hypernetwork, SmallLayer } from './hypernetwork-file.ts';

/** PyTorch's own of a layer norm. */
const NORM_EPSILON = 1e-5;

/** A hypernetwork as it is put to use in one picture; at strength 0 it has no effect. */
export interface HypernetworkUse {
  readonly hypernetwork: Hypernetwork;
  readonly strength: number;
}

/** What a small network makes of x [n, tokens, width]; what it adds before strength. */
export function smallNetwork(
  x: Value,
  layers: readonly SmallLayer[],
  { activation, activatesOutput }: Hypernetwork,
): Value {
  return layers.reduce((h, layer, i) => {
    const made = linear(h, layer.weight, layer.bias);
    const active = i < layers.length - 1 || activatesOutput ? activation(made, layer.slope) : made;
    return layer.norm === undefined
      ? active
      : layerNorm(active, layer.norm.weight, layer.norm.bias, { epsilon: NORM_EPSILON });
  }, x);
}

/** The widths of what the attentions of a network look at. */
export function attendedWidths(graph: Graph): ReadonlySet<number> {
  const widths = topological(Object.values(graph.outputs)).flatMap((value) => {
    const source = isAttention(value) ? sourceOf(value.inputs[1]!) : undefined;
    return source === undefined ? [] : [source.shape[2] as number];
  });
  return new Set(widths);
}

/**
 * Puts hypernetworks into a denoiser, one after another: what an attention looks at, text or picture alike, goes through the small
 * networks for its width on the way to the keys, and through others on the way to the values. The strengths are inputs.
 */
export function applyHypernetworks(graph: Graph, hypernetworks: readonly Hypernetwork[]): Graph {
  const strengths = hypernetworks.map((_, i): InputValue => input(strengthName(i), []));
  const known = new Map<Value, { readonly keys: Value; readonly values: Value }>();
  const changed = (source: Value) => {
    let found = known.get(source);
    if (found === undefined) known.set(source, (found = chain(source, hypernetworks, strengths)));
    return found;
  };
  const graphs = rewrite(graph, (value) => {
    if (!isAttention(value)) return value;
    const [q, k, v, ...rest] = value.inputs as [Value, Value, Value];
    const [forKeys, forValues] = [sourceOf(k), sourceOf(v)];
    if (forKeys === undefined || forValues === undefined) return value;
    const inputs = [q, moved(k, changed(forKeys).keys), moved(v, changed(forValues).values), ...rest];
    return apply(value.op, inputs, value.attributes);
  });
  return { ...graphs, inputs: [...graph.inputs, ...strengths] };
}

/** Hypernetworks in use on a checkpoint, whose own sessions and weights are never touched. */
export class AppliedHypernetworks {
  readonly #uses: readonly HypernetworkUse[];

  constructor(uses: readonly HypernetworkUse[]) {
    this.#uses = uses.filter(({ strength }) => strength !== 0);
  }

  /** Whether nothing is changed. */
  get isIdle(): boolean {
    return this.#uses.length === 0;
  }

  /** The hands of the checkpoint, with its denoiser changed; another strength needs no new session. */
  adapt(hands: ModelHands): ModelHands {
    if (this.isIdle) return hands;
    const hypernetworks = this.#uses.map(({ hypernetwork }) => hypernetwork);
    const strengths = this.#uses.map(({ strength }, i): [string, Tensor] => [
      strengthName(i),
      { shape: [], data: Float32Array.of(strength) },
    ]);
    const feeds = Object.fromEntries(strengths);
    return {
      ...hands,
      withSession: async (network, work) => {
        if (network.name !== 'denoiser') return hands.withSession(network, work);
        const variant = `${network.variant} with ${hypernetworks.map(({ file }) => file).join()}`;
        const graph = (): Graph => applyHypernetworks(network.graph(), hypernetworks);
        return hands.withSession({ ...network, variant, graph }, async (session) =>
          work({ run: async (own) => session.run({ ...own, ...feeds }), release: async () => session.release() }),
        );
      },
    };
  }
}

const strengthName = (i: number): string => `hypernetwork ${i + 1}`;

const isAttention = (value: Value): value is ResultValue => value.kind === 'result' && value.op.name === 'attention';

/** What a projection looks at. */
const sourceOf = (projected: Value): Value | undefined =>
  projected.kind === 'result' && projected.op.name === 'linear' ? projected.inputs[0] : undefined;

/** The same projection of something else. */
function moved(projected: Value, source: Value): Value {
  const { op, inputs, attributes } = projected as ResultValue;
  return source === inputs[0] ? projected : apply(op, [source, ...inputs.slice(1)], attributes);
}

function chain(source: Value, hypernetworks: readonly Hypernetwork[], strengths: readonly Value[]) {
  let [keys, values] = [source, source];
  for (const [i, hypernetwork] of hypernetworks.entries()) {
    const own = hypernetwork.byWidth.get(source.shape[2] as number);
    if (own === undefined) continue;
    const strength = strengths[i]!;
    keys = add(keys, multiply(smallNetwork(keys, own.keys, hypernetwork), strength));
    values = add(values, multiply(smallNetwork(values, own.values, hypernetwork), strength));
  }
  return { keys, values };
}
