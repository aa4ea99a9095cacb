/**
 * Spherical interpolation between two noises of shape [channels, height, width], as A1111 mixes a seed with its
 * variation: angles are taken along the height, for each channel and column. Where the two almost coincide it falls back
 * to a straight line, whose ends A1111 has the wrong way round; pictures depend on it, so they are here too.
 * @param amount 0 is all `from`, 1 all `to`.
 */
export function slerp(
  amount: number,
  from: Float32Array,
  to: Float32Array,
  shape: readonly [channels: number, height: number, width: number],
): Float32Array<ArrayBuffer> {
  const [channels, height, width] = shape;
  const dots = new Float32Array(channels * width);
  forEachColumn(shape, (column, at) => {
    const fromNorm = norm(from, at, height, width);
    const toNorm = norm(to, at, height, width);
    let dot = 0;
    for (let row = 0; row < height; row++) {
      const i = at + row * width;
      dot += Math.fround(Math.fround(from[i]! / fromNorm) * Math.fround(to[i]! / toNorm));
    }
    dots[column] = dot;
  });
  const mean = dots.reduce((sum, dot) => sum + dot, 0) / dots.length;
  if (mean > 0.9995) return from.map((value, i) => value * amount + to[i]! * (1 - amount));
  const result = new Float32Array(from.length);
  forEachColumn(shape, (column, at) => {
    const omega = Math.fround(Math.acos(dots[column]!));
    const sine = Math.fround(Math.sin(omega));
    const fromShare = Math.fround(Math.fround(Math.sin(Math.fround(Math.fround(1 - amount) * omega))) / sine);
    const toShare = Math.fround(Math.fround(Math.sin(Math.fround(Math.fround(amount) * omega))) / sine);
    for (let row = 0; row < height; row++) {
      const i = at + row * width;
      result[i] = Math.fround(fromShare * from[i]!) + Math.fround(toShare * to[i]!);
    }
  });
  return result;
}

function forEachColumn(
  [channels, height, width]: readonly [number, number, number],
  visit: (column: number, at: number) => void,
): void {
  for (let channel = 0; channel < channels; channel++) {
    for (let x = 0; x < width; x++) visit(channel * width + x, channel * height * width + x);
  }
}

function norm(values: Float32Array, at: number, height: number, width: number): number {
  let squares = 0;
  for (let row = 0; row < height; row++) squares += values[at + row * width]! ** 2;
  return Math.fround(Math.sqrt(squares));
}
