// Float32 elementary functions of Moshier's Cephes library as vector units evaluate them: one rounding per multiply-add.
// Torch's CPU noise is made with these, so its last digits need them.

const { fround } = Math;

/** a b + c with one rounding to float32; the product of two float32 numbers is exact in float64. */
const multiplyAdd = (a: number, b: number, c: number): number => fround(a * b + c);

const polynomial = (coefficients: Float32Array, x: number): number => {
  let y = coefficients[0]!;
  for (let i = 1; i < coefficients.length; i++) y = multiplyAdd(y, x, coefficients[i]!);
  return y;
};

const LOG = Float32Array.of(
  7.0376836292e-2,
  -1.151461031e-1,
  1.167699874e-1,
  -1.2420140846e-1,
  1.4249322787e-1,
  -1.6668057665e-1,
  2.0000714765e-1,
  -2.4999993993e-1,
  3.3333331174e-1,
);
const [LN2_LOW, LN2_HIGH, SQRT_HALF] = Float32Array.of(-2.1219444e-4, 0.693359375, Math.SQRT1_2);

const bits = new DataView(new ArrayBuffer(4));

/** Natural logarithm of a normal positive float32 number. */
export function log32(value: number): number {
  bits.setFloat32(0, value);
  const pattern = bits.getUint32(0);
  let exponent = (pattern >>> 23) - 126;
  bits.setUint32(0, (pattern & 0x7fffff) | 0x3f000000);
  const mantissa = bits.getFloat32(0);
  let x = mantissa - 1;
  if (mantissa < SQRT_HALF!) {
    exponent--;
    x += mantissa;
  }
  const square = fround(x * x);
  let y = fround(polynomial(LOG, x) * x);
  y = multiplyAdd(y, square, fround(exponent * LN2_LOW!));
  y = multiplyAdd(-square, 0.5, y);
  return multiplyAdd(exponent, LN2_HIGH!, fround(x + y));
}

const SIN = Float32Array.of(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1);
const COS = Float32Array.of(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2);
const FOUR_OVER_PI = fround(4 / Math.PI);
// -pi/4 in three parts, so that the angle is reduced without losing digits.
const QUARTER_TURN = Float32Array.of(-0.78515625, -2.4187564849853516e-4, -3.774894977445941e-8);

/** Sine and cosine of a non-negative float32 angle in radians, written to `out[0]` and `out[1]`. */
export function sinCos32(out: Float32Array, angle: number): void {
  const octant = (Math.trunc(fround(angle * FOUR_OVER_PI)) + 1) & ~1;
  let x = angle;
  for (const part of QUARTER_TURN) x = multiplyAdd(octant, part, x);
  const square = fround(x * x);
  const cosTail = fround(polynomial(COS, square) * square);
  const cos = fround(multiplyAdd(cosTail, square, -fround(square * 0.5)) + 1);
  const sin = multiplyAdd(fround(polynomial(SIN, square) * square), x, x);
  const swapped = (octant & 2) !== 0;
  out[0] = (swapped ? cos : sin) * (octant & 4 ? -1 : 1);
  out[1] = (swapped ? sin : cos) * ((octant - 2) & 4 ? 1 : -1);
}
