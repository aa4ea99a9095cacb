/**
 * Splits a step from noise level `from` to `to` into a deterministic one down to `down` and fresh noise of level `up`, so
 * that down² + up² = to²; `eta` 0 adds none, 1 as much as the forward process would.
 * @param round to the precision of the state; the difference of squares is as coarse in the originals.
 */
export function ancestralStep(
  from: number,
  to: number,
  eta: number,
  round: (x: number) => number,
): { readonly down: number; readonly up: number } {
  if (eta === 0) return { down: to, up: 0 };
  const [fromSquared, toSquared] = [round(from * from), round(to * to)];
  const variance = round(round(toSquared * round(fromSquared - toSquared)) / fromSquared);
  const up = Math.min(to, round(eta * round(Math.sqrt(variance))));
  return { down: round(Math.sqrt(round(toSquared - round(up * up)))), up };
}
