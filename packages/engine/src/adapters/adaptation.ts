import { type Graph, input, scalar, type Value } from '../graph/value.ts';
import type { ModelHands } from '../pipelines/model.ts';
import type { Session } from '../runtime.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { TensorEntry } from '../weights/tensor-index.ts';
import { type FedGraph, feedWeights, mergeWeights } from './adapt-graph.ts';
import { type AdaptedTensor, adaptedFactors, adaptedTensors, adaptedValue, formOf } from './adapted-tensor.ts';
import { AdaptedWeights, identityOf } from './adapted-weights.ts';
import { type AdapterUse, strengthOn } from './adapter-use.ts';
import type { BaseModules, BasePart } from './base-modules.ts';

/**
 * Runs a graph for its results.
 * @param into memory that results are written to, by name; those that are not in it get memory of their own.
 */
export type RunGraph = (
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
  into?: Readonly<Record<string, Float32Array>>,
) => Promise<Record<string, Tensor>>;

/**
 * How adapters get into a network. `fed`: the adapted weights are inputs, worked out apart; another strength or set needs no
 * new session. `merged`: they are constants of the network, worked out when it is opened.
 */
export type Application = 'fed' | 'merged';

/** What adaptations are worked out with. */
export interface AdaptationPlace {
  readonly runGraph: RunGraph;
  /** Shared by the adaptations of one process, so that memory and unchanged parts are used again. */
  readonly weights?: AdaptedWeights;
  readonly application?: Application;
}

/** Layers whose weights are all fed as soon as one of them is, so that most adapters run on one and the same session. */
const USUAL: Readonly<Record<BasePart, RegExp>> = {
  denoiser:
    /attentions\.\d+\.(?:proj_(?:in|out)|transformer_blocks\..*(?:attn\d\.to_\w+(?:\.0)?|ff\.net\.[02](?:\.proj)?))$/,
  'text-encoder-1': /^encoder\.layers\.\d+\.(?:self_attn|mlp)\./,
  'text-encoder-2': /^encoder\.layers\.\d+\.(?:self_attn|mlp)\./,
};

/**
 * Adapters in use on a checkpoint. The checkpoint's own sessions and weights are never touched: without adapters, the next
 * picture is the one that it was before.
 */
export class Adaptation {
  readonly #uses: readonly AdapterUse[];
  readonly #tensors: ReadonlyMap<string, AdaptedTensor>;
  readonly #runGraph: RunGraph;
  readonly #application: Application;
  readonly #weights: AdaptedWeights;
  /** By network: built once. */
  readonly #graphs = new Map<string, FedGraph>();
  #step = 1;

  constructor(
    uses: readonly AdapterUse[],
    base: BaseModules,
    { runGraph, weights = new AdaptedWeights(), application = 'fed' }: AdaptationPlace,
  ) {
    this.#uses = uses;
    this.#runGraph = runGraph;
    this.#weights = weights;
    this.#application = application;
    const changed = adaptedTensors(uses);
    this.#tensors = application === 'fed' ? withUsual(changed, base) : changed;
  }

  /** Says that a step, counted from 1, comes next. */
  beginStep(step: number): void {
    this.#step = step;
  }

  /** The hands of the checkpoint, with every network adapted. */
  adapt(hands: ModelHands): ModelHands {
    return {
      ...hands,
      withSession: async (network, work) => {
        const variant = `${network.variant} ${this.#application}`;
        if (this.#application === 'merged') {
          const merged = (): Graph => this.#merge(network.graph());
          return hands.withSession({ ...network, variant: `${variant} ${this.#strengths()}`, graph: merged }, work);
        }
        const fed = this.#fedGraph(`${network.name} ${network.variant}`, network.graph);
        if (fed.weights.length === 0) return hands.withSession(network, work);
        const names = fed.weights.map(({ tensor, what }) => `${what} ${tensor}`).join();
        const adapted = { ...network, variant: `${variant} ${names}`, graph: (): Graph => fed.graph };
        return hands.withSession(adapted, async (session) => work(await this.#feeding(session, fed)));
      },
    };
  }

  /** Works out the adapted weights ahead of drawing. */
  async prepare(): Promise<void> {
    if (this.#application === 'merged') return;
    for (const part of new Set([...this.#tensors.values()].map((tensor) => tensor.part))) await this.#valuesOf(part);
  }

  async #feeding(session: Session, { weights }: FedGraph): Promise<Session> {
    const feeds: Record<string, Tensor> = {};
    for (const { name, tensor, what, start, end, rest } of weights) {
      const values = await this.#valuesOf(this.#tensors.get(tensor)!.part);
      const { shape, data } = values.get(`${what} ${tensor}`)!;
      const [rows = 1] = shape;
      const size = data.length / rows;
      if (what === 'b') feeds[name] = { shape, data };
      else {
        const own = what === 'a' ? [end - start, size] : [end - start, ...rest];
        feeds[name] = { shape: own, data: data.subarray(start * size, end * size) };
      }
    }
    return { run: async (own) => session.run({ ...own, ...feeds }), release: async () => session.release() };
  }

  #fedGraph(key: string, build: () => Graph): FedGraph {
    let fed = this.#graphs.get(key);
    if (fed === undefined) {
      this.#graphs.set(key, (fed = feedWeights(build(), this.#tensors.values())));
    }
    return fed;
  }

  #merge(graph: Graph): Graph {
    const values = [...this.#tensors.values()].map((tensor): [TensorEntry, Value] => [
      tensor.entry,
      adaptedValue(tensor, (use) => scalar(this.#strengthNow(use, tensor.part))),
    ]);
    return mergeWeights(graph, new Map(values));
  }

  async #valuesOf(part: BasePart): Promise<ReadonlyMap<string, Tensor>> {
    const own = [...this.#tensors.values()].filter((tensor) => tensor.part === part);
    const numbers = this.#uses.map((use) => this.#strengthNow(use, part));
    const content = this.#uses.map(({ matched, ranks, magnitudes }, i) =>
      [identityOf(matched), numbers[i], ranks, magnitudes].join(' '),
    );
    const key = `${content.join(', ')} on ${own.map(({ entry }) => `${entry.file} ${entry.name}`).join()}`;
    return this.#weights.get(part, key, () => {
      const inputs = this.#uses.map((_, i) => input(`strength ${i}`, []));
      const strength = (use: AdapterUse): Value => inputs[this.#uses.indexOf(use)]!;
      const outputs = own.flatMap((tensor): (readonly [string, Value])[] => {
        const { name } = tensor.entry;
        if (tensor.form === 'whole') return [[`whole ${name}`, adaptedValue(tensor, strength)]];
        const [a, b] = adaptedFactors(tensor, strength);
        return [[`a ${name}`, a] as const, [`b ${name}`, b] as const];
      });
      const graph: Graph = { name: 'adapted weights', inputs, outputs: Object.fromEntries(outputs) };
      const feeds = numbers.map((value, i) => [`strength ${i}`, { shape: [], data: Float32Array.of(value) }] as const);
      return { graph, run: async (into) => this.#runGraph(graph, Object.fromEntries(feeds), into) };
    });
  }

  #strengthNow(use: AdapterUse, part: BasePart): number {
    const { steps } = use;
    const isIdle = part === 'denoiser' && steps !== undefined && (this.#step < steps.from || this.#step > steps.to);
    return isIdle ? 0 : strengthOn(use, part);
  }

  #strengths(): string {
    return (['denoiser', 'text-encoder-1'] as const)
      .map((part) => this.#uses.map((use) => this.#strengthNow(use, part)).join())
      .join(' ');
  }
}

/** The tensors with all others of the usual layers, where it is only those that are changed; else with all layers of the denoiser. */
function withUsual(changed: ReadonlyMap<string, AdaptedTensor>, base: BaseModules): ReadonlyMap<string, AdaptedTensor> {
  const all = new Map(changed);
  for (const part of new Set([...changed.values()].map((tensor) => tensor.part))) {
    const layers = base.all.filter((module) => module.part === part);
    const usual = new Set(layers.filter(({ name }) => USUAL[part].test(name)).map((module) => module.weight.name));
    const own = [...changed.values()].filter((tensor) => tensor.part === part);
    const areUsual = part !== 'denoiser' || own.every(({ entry }) => usual.has(entry.name));
    for (const { weight: entry } of layers) {
      if (!all.has(entry.name) && (areUsual ? usual.has(entry.name) : isKernel(entry))) {
        const idle = { part, entry, changes: [] };
        all.set(entry.name, { ...idle, form: formOf(idle) });
      }
    }
  }
  return all;
}

const isKernel = ({ shape }: TensorEntry): boolean => shape.length > 1;
