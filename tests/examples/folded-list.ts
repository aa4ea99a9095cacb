import type { Shapes } from './example.ts';

/** A row of the fixtures key-lists.json and lora-key-lists.json: names, shape, numbers. */
export type FoldedRow = readonly [names: string, shape: readonly number[], numbers: string];

/** The whole list that rows stand for; see tests/oracles/key_lists.py. */
export function unfold(rows: readonly FoldedRow[]): Shapes {
  const shapes: Record<string, readonly number[]> = {};
  for (const [names, shape, numbers] of rows) {
    for (const name of names.split(' ')) {
      for (const tuple of numbers === '' ? [[]] : numbers.split(' ').flatMap(unfoldTuple)) {
        let at = 0;
        shapes[name.replaceAll('#', () => String(tuple[at++]))] = shape;
      }
    }
  }
  return shapes;
}

/** `1.0.2-4,7` as 1.0.2, 1.0.3, 1.0.4, 1.0.7. */
function unfoldTuple(text: string): number[][] {
  const start = text.split('.').slice(0, -1).map(Number);
  const runs = text.split('.').at(-1)!.split(',');
  return runs.flatMap((run) => {
    const [from, to] = run.split('-').map(Number) as [number, number?];
    return Array.from({ length: (to ?? from) - from + 1 }, (_, i) => [...start, from + i]);
  });
}
