/**
 * Dimensions of a graph: a number, or an integer expression over named symbols (`batch`, `height` …), kept in a
 * normal form (a polynomial over symbols and floor divisions), so that two equal expressions have equal text.
 */
export type Dim = number | SymbolicDim;
export type Shape = readonly Dim[];

/** A symbol, or a floor division by a positive integer. */
type Atom =
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'floor'; readonly top: SymbolicDim; readonly by: number };

interface Term {
  readonly factor: number;
  readonly atoms: readonly Atom[];
}

/** A sum of products of atoms; made by the functions below, never by hand. */
export interface SymbolicDim {
  readonly terms: readonly Term[];
  /** Normal form as text: equal text means equal dimension. */
  readonly text: string;
}

const atomText = (atom: Atom): string => (atom.kind === 'symbol' ? atom.name : `floor((${atom.top.text})/${atom.by})`);
const monomialText = (term: Term): string => term.atoms.map(atomText).join('*');

function normal(terms: readonly Term[]): Dim {
  const sums = new Map<string, Term>();
  for (const term of terms) {
    const atoms = [...term.atoms].sort((a, b) => (atomText(a) < atomText(b) ? -1 : 1));
    const key = monomialText({ factor: 1, atoms });
    sums.set(key, { factor: (sums.get(key)?.factor ?? 0) + term.factor, atoms });
  }
  const kept = [...sums]
    .filter(([, term]) => term.factor !== 0)
    .sort(([a], [b]) => (a === b ? 0 : a === '' ? 1 : b === '' ? -1 : a < b ? -1 : 1));
  if (kept.length === 0) return 0;
  if (kept.length === 1 && kept[0]![0] === '') return kept[0]![1].factor;
  const text = kept
    .map(([key, { factor }]) => (key === '' ? `${factor}` : factor === 1 ? key : `${factor}*${key}`))
    .join('+');
  return { terms: kept.map(([, term]) => term), text };
}

const termsOf = (dim: Dim): readonly Term[] => (typeof dim === 'number' ? [{ factor: dim, atoms: [] }] : dim.terms);

/** A dimension known only when the graph runs. */
export const symbol = (name: string): Dim => normal([{ factor: 1, atoms: [{ kind: 'symbol', name }] }]);

export const addDims = (a: Dim, b: Dim): Dim => normal([...termsOf(a), ...termsOf(b)]);

export const subtractDims = (a: Dim, b: Dim): Dim => addDims(a, multiplyDims(b, -1));

export const multiplyDims = (a: Dim, b: Dim): Dim =>
  normal(
    termsOf(a).flatMap((x) =>
      termsOf(b).map((y) => ({ factor: x.factor * y.factor, atoms: [...x.atoms, ...y.atoms] })),
    ),
  );

/** ⌊a / by⌋ for a positive integer `by`; exact parts are taken out: ⌊(4x+3)/2⌋ = 2x + 1. */
export function floorDivideDim(a: Dim, by: number): Dim {
  if (typeof a === 'number') return Math.floor(a / by);
  const exact = a.terms.filter((term) => term.factor % by === 0).map((term) => ({ ...term, factor: term.factor / by }));
  const rest = a.terms.filter((term) => term.factor % by !== 0);
  // A constant is split so that its own whole part leaves the division: ⌊(x+5)/2⌋ = 2 + ⌊(x+1)/2⌋.
  const inside = rest.map((term) =>
    term.atoms.length === 0 ? { ...term, factor: ((term.factor % by) + by) % by } : term,
  );
  const outside = rest
    .filter((term) => term.atoms.length === 0)
    .map((term) => ({ ...term, factor: Math.floor(term.factor / by) }));
  const top = normal(inside);
  const quotient: readonly Term[] =
    typeof top === 'number'
      ? [{ factor: Math.floor(top / by), atoms: [] }]
      : [{ factor: 1, atoms: [{ kind: 'floor', top, by }] }];
  return normal([...exact, ...outside, ...quotient]);
}

export const equalDims = (a: Dim, b: Dim): boolean => a === b || showDim(a) === showDim(b);

export const equalShapes = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((dim, i) => equalDims(dim, b[i]!));

export const showDim = (dim: Dim): string => (typeof dim === 'number' ? `${dim}` : dim.text);

export const showShape = (shape: Shape): string => `[${shape.map(showDim).join(', ')}]`;

export const countOf = (shape: Shape): Dim => shape.reduce<Dim>(multiplyDims, 1);

export const isStatic = (shape: Shape): shape is readonly number[] => shape.every((dim) => typeof dim === 'number');

/** Sizes of the symbols of a graph in one run. */
export type Bindings = ReadonlyMap<string, number>;

/**
 * The number a dimension stands for.
 * @throws Error when a symbol has no size.
 */
export function evaluateDim(dim: Dim, bindings: Bindings): number {
  if (typeof dim === 'number') return dim;
  const atom = (a: Atom): number => {
    if (a.kind === 'floor') return Math.floor(evaluateDim(a.top, bindings) / a.by);
    const size = bindings.get(a.name);
    if (size === undefined) throw new Error(`dimension ${a.name} has no size`);
    return size;
  };
  return dim.terms.reduce((sum, { factor, atoms }) => sum + atoms.reduce((product, a) => product * atom(a), factor), 0);
}

export const evaluateShape = (shape: Shape, bindings: Bindings): readonly number[] =>
  shape.map((dim) => evaluateDim(dim, bindings));

/** Folds a dimension over its structure; used to write it as graph nodes of a target format. */
export function foldDim<T>(
  dim: Dim,
  visit: {
    number(value: number): T;
    symbol(name: string): T;
    add(a: T, b: T): T;
    multiply(a: T, b: T): T;
    floorDivide(a: T, by: number): T;
  },
): T {
  if (typeof dim === 'number') return visit.number(dim);
  const atom = (a: Atom): T =>
    a.kind === 'symbol' ? visit.symbol(a.name) : visit.floorDivide(foldDim(a.top, visit), a.by);
  return dim.terms
    .map(({ factor, atoms }) => {
      const factors = atoms.map(atom);
      if (factor !== 1 || factors.length === 0) factors.unshift(visit.number(factor));
      return factors.reduce(visit.multiply);
    })
    .reduce(visit.add);
}

/** Names of the symbols that a dimension is made of. */
export const symbolsOf = (dim: Dim): readonly string[] =>
  foldDim<readonly string[]>(dim, {
    number: () => [],
    symbol: (name) => [name],
    add: (a, b) => [...a, ...b],
    multiply: (a, b) => [...a, ...b],
    floorDivide: (a) => a,
  });
