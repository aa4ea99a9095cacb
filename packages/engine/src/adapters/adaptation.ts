import type { Graph } from '../graph/value.ts';
import type { ModelHands } from '../pipelines/model.ts';
import type { Feed, Session } from '../runtime.ts';
import { elementCount, type Tensor } from '../tensor/tensor.ts';
import type { TensorEntry } from '../weights/tensor-index.ts';
import { type FedGraph, feedWeights } from './adapt-graph.ts';
import { type AdaptedTensor, adaptedTensors } from './adapted-tensor.ts';
import type { AdaptedValues, AdaptedWeights } from './adapted-weights.ts';
import { type AdapterUse, strengthOn } from './adapter-use.ts';
import type { BaseModules, BasePart } from './base-modules.ts';
import { bytesOf, type PartPlan, planPart } from './part-plan.ts';
import { formOf, type FormedTensor } from './tensor-form.ts';

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
  readonly #tensors: ReadonlyMap<string, FormedTensor>;
  readonly #weights: AdaptedWeights;
  readonly #plans = new Map<BasePart, PartPlan>();
  /** By network: built once. */
  readonly #graphs = new Map<string, FedGraph>();
  #step = 1;

  /**
   * @param weights shared by the adaptations of one process, so that memory and unchanged parts are used again.
   * @param form how each tensor gets into its network; all that it can have come to the same.
   */
  constructor(uses: readonly AdapterUse[], base: BaseModules, weights: AdaptedWeights, form = formOf) {
    this.#uses = uses;
    this.#weights = weights;
    this.#tensors = new Map(
      [...withUsual(adaptedTensors(uses), base)].map(([name, tensor]) => [name, { ...tensor, form: form(tensor) }]),
    );
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
        const fed = this.#fedGraph(`${network.name} ${network.variant}`, network.graph);
        if (fed.weights.length === 0) return hands.withSession(network, work);
        const names = fed.weights.map(({ tensor, what }) => `${what} ${tensor}`).join();
        const adapted = { ...network, variant: `${network.variant} with ${names}`, graph: (): Graph => fed.graph };
        return hands.withSession(adapted, async (session) => work(this.#feeding(session, fed)));
      },
    };
  }

  /** Memory that the adapted weights take when all of them are worked out. */
  get bytes(): number {
    const plans = [...new Set([...this.#tensors.values()].map(({ part }) => part))].map((part) => this.#planOf(part));
    return plans.reduce((sum, plan) => sum + bytesOf(plan), 0);
  }

  /** A session that is fed the adapted weights, worked out when it runs. */
  #feeding(session: Session, { weights }: FedGraph): Session {
    const parts = new Set(weights.map(({ tensor }) => this.#tensors.get(tensor)!.part));
    const run: Session['run'] = async (own, into) => {
      const values = new Map<BasePart, AdaptedValues>();
      for (const part of parts) values.set(part, await this.#valuesOf(part));
      const feeds: Record<string, Feed> = { ...own };
      for (const { name, tensor, what, shape, start } of weights) {
        const { factors, wholes } = values.get(this.#tensors.get(tensor)!.part)!;
        if (what === 'whole') feeds[name] = rowsFrom(wholes.get(tensor)!, start, shape as readonly number[]);
        else feeds[name] = factors.get(tensor)![what];
      }
      return session.run(feeds, into);
    };
    return { run, release: async () => session.release() };
  }

  #fedGraph(key: string, build: () => Graph): FedGraph {
    let fed = this.#graphs.get(key);
    if (fed === undefined) {
      this.#graphs.set(key, (fed = feedWeights(build(), this.#tensors.values())));
    }
    return fed;
  }

  async #valuesOf(part: BasePart): Promise<AdaptedValues> {
    return this.#weights.valuesOf(
      this.#planOf(part),
      this.#uses.map((use) => this.#strengthNow(use, part)),
    );
  }

  #planOf(part: BasePart): PartPlan {
    let plan = this.#plans.get(part);
    if (plan === undefined) {
      const own = [...this.#tensors.values()].filter((tensor) => tensor.part === part);
      this.#plans.set(part, (plan = planPart(part, this.#uses, own)));
    }
    return plan;
  }

  #strengthNow(use: AdapterUse, part: BasePart): number {
    const { steps } = use;
    const isIdle = part === 'denoiser' && steps !== undefined && (this.#step < steps.from || this.#step > steps.to);
    return isIdle ? 0 : strengthOn(use, part);
  }
}

/** Rows of a tensor from `start` on, as many as the shape has. */
function rowsFrom(whole: Tensor, start: number, shape: readonly number[]): Tensor {
  const count = elementCount(shape);
  const from = (start * whole.data.length) / (whole.shape[0] ?? 1);
  return { shape, data: whole.data.subarray(from, from + count) };
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
        all.set(entry.name, { part, entry, changes: [] });
      }
    }
  }
  return all;
}

const isKernel = ({ shape }: TensorEntry): boolean => shape.length > 1;
