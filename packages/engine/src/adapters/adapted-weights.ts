import type { Graph } from '../graph/value.ts';
import type { Session } from '../runtime.ts';
import { elementCount, type Tensor } from '../tensor/tensor.ts';
import type { BasePart } from './base-modules.ts';
import { numbersOf, type PartPlan, useKey } from './part-plan.ts';

/** Opens a graph that is run now and then for large results: nothing is laid out anew, and nothing kept between two runs. */
export type OpenGraph = (graph: Graph) => Promise<Session>;

/** All low-rank products that are added to a tensor: `up` [ranks, out], `down` [ranks, within], `strengths` [ranks]. */
export interface Factors {
  readonly up: Tensor;
  readonly down: Tensor;
  readonly strengths: Tensor;
}

/** What is fed to a network, by the name of the tensor. */
export interface AdaptedValues {
  readonly factors: ReadonlyMap<string, Factors>;
  /** Whole tensors as matrices [out, within]. */
  readonly wholes: ReadonlyMap<string, Tensor>;
}

/** So many add-ons of one network stay open beyond those in use; each takes a few megabytes. */
const KEPT_SESSIONS = 8;

/**
 * The adapted weights of the adaptations in use, one set for each network. Other strengths are other numbers and, for whole tensors, a
 * run; another set is also a run for each add-on, which writes its factors where they are fed from.
 */
export class AdaptedWeights {
  readonly #openGraph: OpenGraph;
  readonly #parts = new Map<BasePart, AdaptedPart>();

  constructor(openGraph: OpenGraph) {
    this.#openGraph = openGraph;
  }

  /** @param strengths of the uses, in their order. */
  async valuesOf(plan: PartPlan, strengths: readonly number[]): Promise<AdaptedValues> {
    let part = this.#parts.get(plan.part);
    if (part === undefined) this.#parts.set(plan.part, (part = new AdaptedPart(this.#openGraph)));
    return part.valuesOf(plan, strengths);
  }

  /** Gives the memory back. */
  async clear(): Promise<void> {
    for (const part of this.#parts.values()) await part.clear();
    this.#parts.clear();
  }
}

/** Values, and what they were worked out from. */
interface Kept<T> {
  readonly key: string;
  readonly values: ReadonlyMap<string, T>;
}

class AdaptedPart {
  readonly #openGraph: OpenGraph;
  /** In the order of use, the oldest first. */
  readonly #sessions = new Map<string, Session>();
  #wholesSession: { readonly key: string; readonly session: Session; readonly graph: Graph } | undefined;
  readonly #factorMemory = new Memory();
  readonly #wholeMemory = new Memory();
  #factors: Kept<Factors> | undefined;
  #wholes: Kept<Tensor> | undefined;

  constructor(openGraph: OpenGraph) {
    this.#openGraph = openGraph;
  }

  async valuesOf(plan: PartPlan, strengths: readonly number[]): Promise<AdaptedValues> {
    const factors = await this.#factorsOf(plan);
    for (const { tensor, use, at, ranks } of plan.places) {
      factors.get(tensor)!.strengths.data.fill(strengths[plan.uses.indexOf(use)]!, at, at + ranks);
    }
    const hasWholes = plan.tensors.some(({ form }) => form === 'whole');
    return { factors, wholes: hasWholes ? await this.#wholesOf(plan, factors, strengths) : new Map() };
  }

  async clear(): Promise<void> {
    for (const session of this.#sessions.values()) await session.release();
    await this.#wholesSession?.session.release();
    this.#sessions.clear();
    this.#wholesSession = this.#factors = this.#wholes = undefined;
  }

  async #factorsOf(plan: PartPlan): Promise<ReadonlyMap<string, Factors>> {
    const known = this.#factors;
    if (known?.key === plan.factorsKey) return known.values;
    // What is being overwritten is nobody's until it is whole.
    this.#factors = undefined;
    const cut = this.#factorMemory.cutter([...plan.sizes.values()].reduce((sum, size) => sum + numbersOf(size), 0));
    const values = new Map(
      [...plan.sizes].map(([name, { ranks, out, within }]): [string, Factors] => [
        name,
        { up: cut([ranks, out]), down: cut([ranks, within]), strengths: cut([ranks]) },
      ]),
    );
    for (const { strengths } of values.values()) strengths.data.fill(0);
    for (const use of plan.uses) {
      const own = plan.places.filter((place) => place.use === use);
      if (own.length === 0) continue;
      const into = own.flatMap(({ tensor, at, ranks }, i) => {
        const { up, down } = values.get(tensor)!;
        return [
          [`up ${i}`, rowsOf(up, at, ranks)],
          [`down ${i}`, rowsOf(down, at, ranks)],
        ] as const;
      });
      const session = await this.#sessionOf(`${useKey(use)} on ${own.map(({ tensor }) => tensor).join()}`, () =>
        plan.factorsGraph(use),
      );
      await session.run({}, Object.fromEntries(into));
    }
    await this.#closeOldest(plan.uses.length + KEPT_SESSIONS);
    this.#factors = { key: plan.factorsKey, values };
    return values;
  }

  async #wholesOf(
    plan: PartPlan,
    factors: ReadonlyMap<string, Factors>,
    strengths: readonly number[],
  ): Promise<ReadonlyMap<string, Tensor>> {
    const key = `${plan.factorsKey} ${plan.wholesKey} ${strengths.join()}`;
    const known = this.#wholes;
    if (known?.key === key) return known.values;
    this.#wholes = undefined;
    if (this.#wholesSession?.key !== plan.wholesKey) {
      await this.#wholesSession?.session.release();
      this.#wholesSession = undefined;
      const graph = plan.wholesGraph();
      this.#wholesSession = { key: plan.wholesKey, session: await this.#openGraph(graph), graph };
    }
    const { graph, session } = this.#wholesSession;
    const shapes = Object.entries(graph.outputs).map(
      ([name, { shape }]) => [name, shape as readonly number[]] as const,
    );
    const cut = this.#wholeMemory.cutter(shapes.reduce((sum, [, shape]) => sum + elementCount(shape), 0));
    const values = new Map(shapes.map(([name, shape]) => [name, cut(shape)]));
    const feeds: Record<string, Tensor> = {};
    for (const [name, { up, down, strengths: each }] of factors) {
      if (values.has(name))
        Object.assign(feeds, { [`up ${name}`]: up, [`down ${name}`]: down, [`strengths ${name}`]: each });
    }
    strengths.forEach((strength, i) => (feeds[`strength ${i}`] = { shape: [], data: Float32Array.of(strength) }));
    const asked = graph.inputs.map(({ name }) => [name, feeds[name]!] as const);
    await session.run(Object.fromEntries(asked), Object.fromEntries(values));
    this.#wholes = { key, values };
    return values;
  }

  async #sessionOf(key: string, graph: () => Graph): Promise<Session> {
    const session = this.#sessions.get(key) ?? (await this.#openGraph(graph()));
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    return session;
  }

  async #closeOldest(kept: number): Promise<void> {
    for (const [key, session] of this.#sessions) {
      if (this.#sessions.size <= kept) return;
      this.#sessions.delete(key);
      await session.release();
    }
  }
}

/** One piece of memory that values are cut from, and that is kept for the next ones: fresh memory is slow. */
class Memory {
  #kept = new Float32Array(0);

  /** Gives pieces one after another, `count` numbers together. */
  cutter(count: number): (shape: readonly number[]) => Tensor {
    if (count > this.#kept.length || count * MOST_IDLE < this.#kept.length) this.#kept = new Float32Array(count);
    let at = 0;
    return (shape) => {
      const from = at;
      at += elementCount(shape);
      return { shape, data: this.#kept.subarray(from, at) };
    };
  }
}

/** Memory that is so many times too large is given back. */
const MOST_IDLE = 4;

/** Some rows of a matrix, in its memory. */
const rowsOf = ({ shape: [, width = 1], data }: Tensor, from: number, count: number): Tensor => ({
  shape: [count, width],
  data: data.subarray(from * width, (from + count) * width),
});
