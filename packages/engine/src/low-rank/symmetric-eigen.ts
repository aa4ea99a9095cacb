/** Distance of 1 to the next float64. */
const EPSILON = 2 ** -52;

/** Iterations of QL for one eigenvalue; a handful is usual. */
const MOST_SWEEPS = 200;

/** Solutions of inverse iteration after which a vector is as good as it gets. */
const SOLUTIONS = 3;

/** Eigenvalues nearer than this share of the largest need their vectors made orthogonal to each other. */
const CLUSTER = 1e-3;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, exact to rounding: Householder's tridiagonal form, QL for the values,
 * inverse iteration for as many vectors as are wanted (Golub & Van Loan, Matrix Computations, 8.3 and 8.4).
 */
export class SymmetricEigen {
  /** All eigenvalues, falling. */
  readonly values: Float64Array;
  readonly #size: number;
  /** Reflectors by row, behind the diagonal. */
  readonly #matrix: Float64Array;
  readonly #factors: Float64Array;
  readonly #diagonal: Float64Array;
  readonly #beside: Float64Array;

  /** @param matrix [size, size], of which the lower half is read; overwritten. */
  constructor(matrix: Float64Array, size: number) {
    this.#matrix = matrix;
    this.#size = size;
    this.#factors = new Float64Array(size);
    this.#diagonal = new Float64Array(size);
    this.#beside = new Float64Array(size);
    this.#tridiagonalise();
    this.values = eigenvaluesOf(this.#diagonal.slice(), this.#beside.slice()).sort((a, b) => b - a);
  }

  /** Unit eigenvectors of the first `count` values: [count, size]. */
  vectors(count: number): Float64Array {
    const size = this.#size;
    const vectors = new Float64Array(count * size);
    const scale = Math.max(Math.abs(this.values[0] ?? 0), Math.abs(this.values.at(-1) ?? 0), Number.MIN_VALUE);
    const random = noise();
    let first = 0;
    let last = Infinity;
    for (let i = 0; i < count; i++) {
      if (i > 0 && this.values[i - 1]! - this.values[i]! > CLUSTER * scale) first = i;
      // Equal values would give one vector twice.
      const value = Math.min(this.values[i]!, last - 10 * EPSILON * scale);
      last = value;
      const solver = new ShiftedSolver(this.#diagonal, this.#beside, value, scale);
      const own = vectors.subarray(i * size, (i + 1) * size);
      for (let j = 0; j < size; j++) own[j] = random();
      for (let solution = 0; solution < SOLUTIONS; solution++) {
        solver.solve(own);
        for (let j = first; j < i; j++) removePart(own, vectors.subarray(j * size, (j + 1) * size));
        normalise(own);
      }
    }
    for (let i = 0; i < count; i++) this.#turnBack(vectors.subarray(i * size, (i + 1) * size));
    return vectors;
  }

  /** QᵀAQ with one number beside each of the diagonal; the matrix is gone through once for each of its columns. */
  #tridiagonalise(): void {
    const [matrix, size] = [this.#matrix, this.#size];
    // A change −v·wᵀ − w·vᵀ that is still to be made when the rows are next gone through.
    let [v, w] = [new Float64Array(size), new Float64Array(size)];
    let [nextV, nextW] = [new Float64Array(size), new Float64Array(size)];
    for (let i = 0; i < size; i++) {
      for (let row = i; row < size; row++) matrix[row * size + i]! -= v[row]! * w[i]! + w[row]! * v[i]!;
      this.#diagonal[i] = matrix[i * size + i]!;
      if (i === size - 1) break;
      const factor = this.#reflect(i, nextV);
      nextW.fill(0, i + 1);
      for (let row = i + 1; row < size; row++) {
        const [start, vRow, wRow, ownV] = [row * size, v[row]!, w[row]!, nextV[row]!];
        let sum = 0;
        for (let column = i + 1; column < row; column++) {
          const value = matrix[start + column]! - vRow * w[column]! - wRow * v[column]!;
          matrix[start + column] = value;
          sum += value * nextV[column]!;
          nextW[column]! += value * ownV;
        }
        const value = matrix[start + row]! - 2 * vRow * wRow;
        matrix[start + row] = value;
        nextW[row]! += sum + value * ownV;
      }
      let along = 0;
      for (let row = i + 1; row < size; row++) along += (nextW[row]! *= factor) * nextV[row]!;
      for (let row = i + 1; row < size; row++) nextW[row]! -= 0.5 * factor * along * nextV[row]!;
      [v, w, nextV, nextW] = [nextV, nextW, v, w];
    }
  }

  /** The reflector v (its factor is returned) that leaves of a column only the number beside the diagonal; kept in the free upper half. */
  #reflect(column: number, v: Float64Array): number {
    const [matrix, size] = [this.#matrix, this.#size];
    let squares = 0;
    for (let row = column + 2; row < size; row++) squares += matrix[row * size + column]! ** 2;
    const head = matrix[(column + 1) * size + column]!;
    const length = Math.sqrt(head * head + squares);
    const isDone = squares === 0;
    const beside = isDone ? head : head > 0 ? -length : length;
    this.#beside[column] = beside;
    const factor = isDone ? 0 : (beside - head) / beside;
    this.#factors[column] = factor;
    v[column + 1] = isDone ? 0 : 1;
    for (let row = column + 2; row < size; row++) v[row] = isDone ? 0 : matrix[row * size + column]! / (head - beside);
    matrix.set(v.subarray(column + 1), column * size + column + 1);
    return factor;
  }

  #turnBack(x: Float64Array): void {
    const [matrix, size] = [this.#matrix, this.#size];
    for (let i = size - 2; i >= 0; i--) {
      const factor = this.#factors[i]!;
      if (factor === 0) continue;
      const start = i * size;
      let sum = 0;
      for (let j = i + 1; j < size; j++) sum += matrix[start + j]! * x[j]!;
      sum *= factor;
      for (let j = i + 1; j < size; j++) x[j]! -= sum * matrix[start + j]!;
    }
  }
}

/** Eigenvalues of a symmetric tridiagonal matrix by the implicit QL method; both arguments are overwritten. */
function eigenvaluesOf(diagonal: Float64Array, beside: Float64Array): Float64Array {
  const size = diagonal.length;
  const scale = diagonal.reduce((most, value, i) => Math.max(most, Math.abs(value), Math.abs(beside[i]!)), 0);
  // Smaller than the rounding of the largest: of a matrix of low rank most are that.
  const isSmall = (i: number): boolean => Math.abs(beside[i]!) <= EPSILON * scale;
  for (let low = 0; low < size; low++) {
    for (let sweep = 0; ; sweep++) {
      let high = low;
      while (high < size - 1 && !isSmall(high)) high++;
      if (high === low) break;
      if (sweep === MOST_SWEEPS) throw new Error(`eigenvalue ${low} of ${size} does not come to rest`);
      sweepOnce(diagonal, beside, low, high);
    }
  }
  return diagonal;
}

function sweepOnce(diagonal: Float64Array, beside: Float64Array, low: number, high: number): void {
  let g = (diagonal[low + 1]! - diagonal[low]!) / (2 * beside[low]!);
  const root = Math.sqrt(g * g + 1);
  g = diagonal[high]! - diagonal[low]! + beside[low]! / (g + (g < 0 ? -root : root));
  let [sine, cosine, shift] = [1, 1, 0];
  for (let i = high - 1; i >= low; i--) {
    const f = sine * beside[i]!;
    const b = cosine * beside[i]!;
    const length = Math.sqrt(f * f + g * g);
    beside[i + 1] = length;
    if (length === 0) {
      diagonal[i + 1]! -= shift;
      beside[high] = 0;
      return;
    }
    sine = f / length;
    cosine = g / length;
    g = diagonal[i + 1]! - shift;
    const turned = (diagonal[i]! - g) * sine + 2 * cosine * b;
    shift = sine * turned;
    diagonal[i + 1] = g + shift;
    g = cosine * turned - b;
  }
  diagonal[low]! -= shift;
  beside[low] = g;
  beside[high] = 0;
}

/** Solves (T − λ)·x = b for a tridiagonal T by elimination with row exchanges. */
class ShiftedSolver {
  readonly #pivots: Float64Array;
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  readonly #multipliers: Float64Array;
  readonly #swapped: Uint8Array;

  constructor(diagonal: Float64Array, beside: Float64Array, shift: number, scale: number) {
    const size = diagonal.length;
    this.#pivots = diagonal.map((value) => value - shift);
    this.#first = beside.slice();
    this.#second = new Float64Array(size);
    this.#multipliers = new Float64Array(size);
    this.#swapped = new Uint8Array(size);
    const [pivots, first, second] = [this.#pivots, this.#first, this.#second];
    const tiny = EPSILON * scale;
    for (let i = 0; i < size - 1; i++) {
      const below = beside[i]!;
      if (Math.abs(pivots[i]!) >= Math.abs(below)) {
        if (pivots[i] === 0) pivots[i] = tiny;
        this.#multipliers[i] = below / pivots[i]!;
        pivots[i + 1]! -= this.#multipliers[i]! * first[i]!;
        continue;
      }
      this.#swapped[i] = 1;
      const multiplier = (this.#multipliers[i] = pivots[i]! / below);
      const [upper, diagonalBelow] = [first[i]!, pivots[i + 1]!];
      pivots[i] = below;
      first[i] = diagonalBelow;
      second[i] = first[i + 1]!;
      pivots[i + 1] = upper - multiplier * diagonalBelow;
      first[i + 1] = -multiplier * second[i]!;
    }
    if (pivots[size - 1] === 0) pivots[size - 1] = tiny;
  }

  /** Overwrites b by x. */
  solve(x: Float64Array): void {
    const size = x.length;
    for (let i = 0; i < size - 1; i++) {
      if (this.#swapped[i] === 1) [x[i], x[i + 1]] = [x[i + 1]!, x[i]!];
      x[i + 1]! -= this.#multipliers[i]! * x[i]!;
    }
    for (let i = size - 1; i >= 0; i--) {
      const [next, afterNext] = [i + 1 < size ? x[i + 1]! : 0, i + 2 < size ? x[i + 2]! : 0];
      x[i] = (x[i]! - this.#first[i]! * next - this.#second[i]! * afterNext) / this.#pivots[i]!;
    }
  }
}

function removePart(x: Float64Array, unit: Float64Array): void {
  let along = 0;
  for (let i = 0; i < x.length; i++) along += x[i]! * unit[i]!;
  for (let i = 0; i < x.length; i++) x[i]! -= along * unit[i]!;
}

function normalise(x: Float64Array): void {
  let most = 0;
  for (const value of x) most = Math.max(most, Math.abs(value));
  let squares = 0;
  for (const value of x) squares += (value / most) ** 2;
  const length = most * Math.sqrt(squares);
  for (let i = 0; i < x.length; i++) x[i]! /= length;
}

/** Numbers in [−1, 1) that are the same every time (Numerical Recipes, ranqd1): a start that is orthogonal to nothing. */
function noise(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2 ** 31;
  };
}
