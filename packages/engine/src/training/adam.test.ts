import { describe, expect, it } from 'vitest';
import { Adam } from './adam.ts';

describe('Adam', () => {
  it('goes by the rate in the first step, whatever the size of the gradient', () => {
    const weights = Float32Array.of(1, 1, 1, 1);
    new Adam([weights], { learningRate: 0.125 }).step([Float32Array.of(3, -0.001, 1e4, 0)]);
    expect([...weights]).toEqual([0.875, 1.125, 0.875, 1].map((value) => expect.closeTo(value, 5)));
  });

  it('does what its paper says over some steps', () => {
    const weights = [Float32Array.of(0.5), Float32Array.of(-2)];
    const adam = new Adam(weights, { learningRate: 0.01 });
    const gradients = [0.3, -0.1, 0.05];
    let [m, v, w] = [0, 0, 0.5];
    gradients.forEach((g, i) => {
      adam.step([Float32Array.of(g), Float32Array.of(-g)]);
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      w -= (0.01 * (m / (1 - 0.9 ** (i + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-8);
    });
    expect(weights[0]![0]).toBeCloseTo(w, 6);
    expect(weights[1]![0]).toBeCloseTo(-2 + (0.5 - w), 6);
  });
});
