const { fround } = Math;

/**
 * `count` evenly spaced float32 numbers, both ends included; one is `start`. Counted from the nearer end, each rounded once,
 * as torch does.
 */
export function linspace(start: number, end: number, count: number): number[] {
  const [from, to] = [fround(start), fround(end)];
  const step = fround(fround(to - from) / (count - 1));
  return Array.from({ length: count }, (_, i) => {
    if (count === 1) return from;
    return fround(i < Math.floor(count / 2) ? from + step * i : to - step * (count - 1 - i));
  });
}
