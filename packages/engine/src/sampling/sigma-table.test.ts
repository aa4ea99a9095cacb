import { describe, expect, it } from 'vitest';
import { DanqingError } from '../errors.ts';
import { createLcmTable } from './lcm-table.ts';
import { createSigmaTable } from './sigma-table.ts';

const table = createSigmaTable();
const at = (values: Float32Array, ...places: number[]): number[] => places.map((place) => values[place]!);

describe('sigma table', () => {
  it('GEN-02: the known levels of Stable Diffusion', () => {
    expect(at(table.alphasCumprod, 0, 499, 999)).toEqual([0.99914998, 0.27766964, 0.0046600983].map(Math.fround));
    expect(at(table.sigmas, 0, 1, 499, 998, 999)).toEqual(
      [0.029167535, 0.041314479, 1.6128862, 14.526276, 14.614642].map((sigma) => expect.closeTo(sigma, 6)),
    );
  });

  it('GEN-02: times between the trained steps', () => {
    expect(table.timeOf(1)).toBeCloseTo(353.8904, 4);
    expect(table.timeOf(5)).toBeCloseTo(795.1731, 4);
    expect(table.timeOf(table.sigmas[999]!)).toBe(999);
    expect(table.timeOf(table.sigmas[0]!)).toBe(0);
    expect(table.timeOf(100)).toBe(999);
    expect(table.timeOf(0.001)).toBe(0);
    expect(table.sigmaOf(table.timeOf(2.5))).toBeCloseTo(2.5, 5);
  });

  it('GEN-02: quantised times are the nearest trained steps', () => {
    const quantized = createSigmaTable({ quantize: true });
    expect(quantized.timeOf(1)).toBe(354);
    expect(quantized.timeOf(5)).toBe(795);
  });

  it('GEN-02: zero terminal SNR', () => {
    const zero = createSigmaTable({ zeroTerminalSnr: true });
    expect(zero.alphasCumprod[999]).toBe(Math.fround(4.8973451890853435e-8));
    const [last, next] = at(zero.sigmas, 999, 998);
    expect(last! / 4518.7637).toBeCloseTo(1, 6);
    expect(next! / 2254.2354).toBeCloseTo(1, 4);
    expect(zero.alphasCumprod[0]).toBe(table.alphasCumprod[0]);
  });

  it('GEN-02: levels in half precision', () => {
    const half = createSigmaTable({ downcast: true });
    expect(at(half.sigmas, 0, 999)).toEqual([0.03125, 14.609375]);
    expect(half.sigmas[1]).toBeCloseTo(0.0383, 4);
    expect(() => createSigmaTable({ downcast: true, zeroTerminalSnr: true })).toThrow(DanqingError);
  });

  it("GEN-02: the checkpoint's own table overrides", () => {
    const own = table.alphasCumprod.map((alpha) => alpha * 0.5);
    expect(createSigmaTable({ alphasCumprod: own }).alphasCumprod).toEqual(own);
    expect(() => createSigmaTable({ alphasCumprod: own.subarray(1) })).toThrow(/alphas_cumprod/);
  });

  it('GEN-02: LCM knows every 20th step', () => {
    const lcm = createLcmTable(table);
    expect(lcm.sigmas).toHaveLength(50);
    expect(lcm.sigmas[0]).toBe(table.sigmas[19]);
    expect(lcm.timeOf(table.sigmas[999]!)).toBe(999);
    expect(lcm.timeOf(0.001)).toBe(19);
    expect(lcm.boundary!(0)).toEqual({ result: 0, input: 1 });
  });
});
