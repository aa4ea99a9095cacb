import type { CatalogueEntry } from '@danqing/contract/catalogue';
import { categoryOf, openCatalogue } from './catalogue.ts';
import { Library } from './library.ts';
import { readCategory } from './model-categories.ts';

/** An entry of the catalogue, and the files of the library that are it. */
export interface CataloguedModel extends CatalogueEntry {
  /** Category as a person would sort it. */
  readonly category?: string;
  readonly installed: readonly string[];
  /** Names of the entries it is best used with, and goes with. */
  readonly bestWith: readonly string[];
  readonly goesWith: readonly string[];
}

/**
 * Looks into the catalogue: the entry that the text names, else all that hold its words; and which of it is installed by what is known of the library from before.
 * @param category in any language.
 */
export async function searchCatalogue(
  text: string,
  { kind, category }: { readonly kind?: string | undefined; readonly category?: string | undefined } = {},
): Promise<CataloguedModel[]> {
  const catalogue = openCatalogue();
  const named = kind === undefined && category === undefined ? catalogue.named(text) : undefined;
  const found = catalogue.search(text, {
    ...(kind !== undefined && { kind: kind.toLowerCase() }),
    ...(category !== undefined && { category: readCategory(category) }),
  });
  const entries = named === undefined ? found : [named];
  const installed = await installedPaths();
  const namesOf = (ids: readonly string[] = []): string[] => ids.map((id) => catalogue.get(id)?.name ?? id);
  return entries.map((entry) => {
    const own = categoryOf(entry);
    return {
      ...entry,
      ...(own !== undefined && { category: own }),
      installed: installed.get(entry.id) ?? [],
      bestWith: namesOf(entry.needs),
      goesWith: namesOf(entry.pairWith),
    };
  });
}

async function installedPaths(): Promise<ReadonlyMap<string, string[]>> {
  const catalogue = openCatalogue();
  const paths = new Map<string, string[]>();
  const library = await Library.open();
  try {
    for (const model of library.find()) {
      const id = catalogue.recognise(model)?.entry.id;
      if (id !== undefined) paths.set(id, [...(paths.get(id) ?? []), model.path]);
    }
  } finally {
    await library.close();
  }
  return paths;
}
