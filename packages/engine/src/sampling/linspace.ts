const { fround } = Math;

/** `count` evenly spaced float32 numbers, both ends included, counted from the nearer end as torch does; one is `start`. */
export function linspace(start: number, end: number, count: number): number[] {
  const [from, to] = [fround(start), fround(end)];
  const step = fround(fround(to - from) / (count - 1));
  return Array.from({ length: count }, (_, i) => {
    if (count === 1) return from;
    return i < Math.floor(count / 2) ? fround(from + fround(step * i)) : fround(to - fround(step * (count - 1 - i)));
  });
}
