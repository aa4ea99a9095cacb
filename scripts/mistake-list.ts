import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Mistake } from './mistake.ts';

/**
 * Every mistake of the files in `tests/mistakes`, each of which exports an array named `mistakes`.
 * @throws when two have the same id.
 */
export async function readMistakes(root: string): Promise<Mistake[]> {
  const folder = join(root, 'tests/mistakes');
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.ts')) : [];
  const lists = await Promise.all(
    files.sort().map(async (name) => {
      const module = (await import(pathToFileURL(join(folder, name)).href)) as { mistakes: Mistake[] };
      return module.mistakes;
    }),
  );
  const all = lists.flat();
  const twice = all.find((mistake, index) => all.findIndex((other) => other.id === mistake.id) !== index);
  if (twice !== undefined) throw new Error(`The id ${twice.id} stands twice in tests/mistakes.`);
  return all;
}
