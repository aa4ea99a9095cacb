import { symbol } from '../graph/dim.ts';
import { transpose } from '../graph/ops/transpose.ts';
import { type Graph, input, type InputValue, type Value } from '../graph/value.ts';
import { addFactors, type FedFactors } from './adapt-graph.ts';
import { factorsOf, withOthers } from './adapted-tensor.ts';
import type { AdapterUse } from './adapter-use.ts';
import type { BasePart } from './base-modules.ts';
import { product } from './matrices.ts';
import type { FormedTensor } from './tensor-form.ts';

/** Where the factors of one change stand among those of all changes of a tensor. */
export interface FactorPlace {
  readonly tensor: string;
  readonly use: AdapterUse;
  /** First rank, and how many. */
  readonly at: number;
  readonly ranks: number;
}

/** Sizes of all low-rank products that are added to a tensor, side by side; of rank 1 where there is none. */
export interface FactorSizes {
  readonly ranks: number;
  readonly out: number;
  readonly within: number;
}

/** What adapters change in one network: which graphs work it out, and where their results belong. */
export interface PartPlan {
  readonly part: BasePart;
  readonly uses: readonly AdapterUse[];
  readonly tensors: readonly FormedTensor[];
  /** By the name of the tensor; those of one axis have no products. */
  readonly sizes: ReadonlyMap<string, FactorSizes>;
  readonly places: readonly FactorPlace[];
  /** Says what the factors are made of, and what the graph of whole tensors is: equal keys, equal values. */
  readonly factorsKey: string;
  readonly wholesKey: string;
  /** Factors of one use at strength 1: outputs `up 0`, `down 0` … in the order of its places. */
  factorsGraph(use: AdapterUse): Graph;
  /** Whole tensors by name, from the factors (`up NAME` …) and from `strength 0` … of the uses that add something else. */
  wholesGraph(): Graph;
}

/** Plans what adapters change in a network. */
export function planPart(part: BasePart, uses: readonly AdapterUse[], tensors: readonly FormedTensor[]): PartPlan {
  const sizes = new Map<string, FactorSizes>();
  const places: (FactorPlace & { readonly factors: readonly [Value, Value] })[] = [];
  for (const { entry, changes } of tensors) {
    const [out = 1, ...rest] = entry.shape;
    if (rest.length === 0) continue;
    let ranks = 0;
    for (const change of changes) {
      const factors = factorsOf(change, entry);
      if (factors === undefined) continue;
      const own = factors[1].shape[0] as number;
      places.push({ tensor: entry.name, use: change.use, at: ranks, ranks: own, factors });
      ranks += own;
    }
    sizes.set(entry.name, { ranks: Math.max(ranks, 1), out, within: product(rest) });
  }
  const others = new Set(
    tensors.flatMap(({ entry, changes }) =>
      changes.filter((change) => factorsOf(change, entry) === undefined).map(({ use }) => use),
    ),
  );
  const wholes = tensors.filter(({ form }) => form === 'whole');
  const placeOf = ({ entry }: FormedTensor): string => `${entry.file} ${entry.name}`;
  return {
    part,
    uses,
    tensors,
    sizes,
    places,
    // A use of strength 0 has no place.
    factorsKey: [
      ...tensors.map(placeOf),
      ...places.map(({ tensor, use, at }) => `${tensor} ${at} ${useKey(use)}`),
    ].join(),
    wholesKey: [...uses.map((use) => (others.has(use) ? useKey(use) : '')), ...wholes.map(placeOf)].join(),
    factorsGraph(use) {
      const own = places.filter((place) => place.use === use);
      const outputs = own.flatMap(({ factors: [a, b] }, i) => [
        [`up ${i}`, transpose(a, [1, 0])] as const,
        [`down ${i}`, b] as const,
      ]);
      return { name: 'factors of an add-on', inputs: [], outputs: Object.fromEntries(outputs) };
    },
    wholesGraph: () => wholesGraph(wholes, uses, others, sizes),
  };
}

/** Memory that what a plan works out takes. */
export const bytesOf = ({ sizes, tensors }: PartPlan): number => {
  const factors = [...sizes.values()].reduce((sum, size) => sum + numbersOf(size), 0);
  const wholes = tensors.filter(({ form }) => form === 'whole');
  return 4 * wholes.reduce((sum, { entry }) => sum + product(entry.shape), factors);
};

/** How many numbers the factors of a tensor and their strengths are. */
export const numbersOf = ({ ranks, out, within }: FactorSizes): number => ranks * (out + within + 1);

/** Tells uses with other values from one another, whatever their strengths. */
export const useKey = ({ matched, ranks, magnitudes }: AdapterUse): string =>
  [identityOf(matched), ranks, magnitudes].join(' ');

function wholesGraph(
  tensors: readonly FormedTensor[],
  uses: readonly AdapterUse[],
  others: ReadonlySet<AdapterUse>,
  sizes: PartPlan['sizes'],
): Graph {
  const inputs: InputValue[] = [];
  const add = (name: string, shape: InputValue['shape']): Value => {
    const made = input(name, shape);
    inputs.push(made);
    return made;
  };
  const strengths = new Map(uses.flatMap((use, i) => (others.has(use) ? [[use, add(`strength ${i}`, [])]] : [])));
  const outputs = tensors.map((tensor, i): [string, Value] => {
    const { name } = tensor.entry;
    const sum = withOthers(tensor, (use) => strengths.get(use)!);
    const size = sizes.get(name);
    if (size === undefined) return [name, sum];
    const ranks = symbol(`rank ${i}`);
    const factors: FedFactors = {
      up: add(`up ${name}`, [ranks, size.out]),
      down: add(`down ${name}`, [ranks, size.within]),
      strengths: add(`strengths ${name}`, [ranks]),
    };
    return [name, addFactors(sum, factors)];
  });
  return { name: 'adapted weights', inputs, outputs: Object.fromEntries(outputs) };
}

const identities = new WeakMap<object, number>();
let identityCount = 0;

/** A number that tells one object from all others. */
function identityOf(object: object): number {
  const known = identities.get(object) ?? ++identityCount;
  identities.set(object, known);
  return known;
}
