/** How far a step goes and how long gradients are remembered. */
export interface AdamSettings {
  readonly learningRate: number;
  /** How much of the mean of gradients a step keeps. */
  readonly beta1?: number;
  /** The same for the mean of their squares. */
  readonly beta2?: number;
  readonly epsilon?: number;
}

/**
 * The optimiser Adam (arXiv:1412.6980) in torch's order of operations and without weight decay, over arrays that are changed in place;
 * what it remembers of a gradient takes twice the room of the weights.
 */
export class Adam {
  readonly #settings: Required<AdamSettings>;
  readonly #weights: readonly Float32Array[];
  readonly #means: readonly Float32Array[];
  readonly #squares: readonly Float32Array[];
  #steps = 0;

  constructor(weights: readonly Float32Array[], settings: AdamSettings) {
    this.#settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...settings };
    this.#weights = weights;
    this.#means = weights.map(({ length }) => new Float32Array(length));
    this.#squares = weights.map(({ length }) => new Float32Array(length));
  }

  /** Changes the weights by one step. @param gradients one for each array of weights, of the same lengths. */
  step(gradients: readonly Float32Array[]): void {
    const { learningRate, beta1, beta2, epsilon } = this.#settings;
    this.#steps++;
    const rate = learningRate / (1 - beta1 ** this.#steps);
    const rootOfCorrection = Math.sqrt(1 - beta2 ** this.#steps);
    this.#weights.forEach((weights, i) => {
      const [gradient, means, squares] = [gradients[i]!, this.#means[i]!, this.#squares[i]!];
      for (let at = 0; at < weights.length; at++) {
        const slope = gradient[at]!;
        means[at]! += (slope - means[at]!) * (1 - beta1);
        squares[at] = squares[at]! * beta2 + (1 - beta2) * slope * slope;
        weights[at]! -= (rate * means[at]!) / (Math.sqrt(squares[at]!) / rootOfCorrection + epsilon);
      }
    });
  }
}
