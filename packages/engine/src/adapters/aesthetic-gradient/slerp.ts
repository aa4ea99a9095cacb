/** Where the angle is smaller than this the arc is a straight line to all digits, and its formula 0 / 0. */
const SMALLEST_ANGLE = 1e-6;

/**
 * Interpolates along the arc between two arrays [rows, columns]: for each column by the angle between its two vectors of `rows`
 * numbers, keeping what their lengths are. A column without an angle (of zeros, or twice the same) goes straight.
 * @param amount 0 is all `from`, 1 all `to`; below 0 it turns away from `to`.
 */
export function slerpColumns(
  from: Float32Array,
  to: Float32Array,
  amount: number,
  rows: number,
): Float32Array<ArrayBuffer> {
  const columns = from.length / rows;
  const result = new Float32Array(from.length);
  for (let column = 0; column < columns; column++) {
    let [fromSquares, toSquares, product] = [0, 0, 0];
    for (let at = column; at < from.length; at += columns) {
      fromSquares += from[at]! ** 2;
      toSquares += to[at]! ** 2;
      product += from[at]! * to[at]!;
    }
    const cosine = product / Math.sqrt(fromSquares * toSquares);
    const angle = Number.isFinite(cosine) ? Math.acos(Math.min(1, Math.max(-1, cosine))) : 0;
    const isStraight = angle < SMALLEST_ANGLE || Math.PI - angle < SMALLEST_ANGLE;
    const fromShare = isStraight ? 1 - amount : Math.sin((1 - amount) * angle) / Math.sin(angle);
    const toShare = isStraight ? amount : Math.sin(amount * angle) / Math.sin(angle);
    for (let at = column; at < from.length; at += columns) result[at] = fromShare * from[at]! + toShare * to[at]!;
  }
  return result;
}
