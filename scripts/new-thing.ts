import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatted } from './formatted.ts';
import { camelCase, titleCase } from './names.ts';
import { writeIndexes } from './registries.ts';
import { registryFolders } from './registry-folders.ts';
import { things } from './things.ts';

/** What was written, as paths from the root, and what is left to do. */
export interface NewThing {
  readonly files: readonly string[];
  readonly next: readonly string[];
}

/**
 * Writes a new thing under `root` from the templates of its kind and refreshes the index of its folder.
 * @throws when the kind is unknown, the name is not kebab-case, or a file of that name exists.
 */
export async function newThing(root: string, kind: string | undefined, name: string | undefined): Promise<NewThing> {
  const thing = things.find((candidate) => candidate.kind === kind);
  if (thing === undefined) {
    const kinds = things.map((candidate) => candidate.kind).join(', ');
    throw new Error(
      `Expected what to add (${kinds}), found ${kind ?? 'nothing'}. For example: npm run new -- op my-op`,
    );
  }
  if (name === undefined || !/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name)) {
    throw new Error(`Expected a name in kebab-case, such as my-${thing.kind}, found ${name ?? 'nothing'}.`);
  }
  const files = ['ts', 'test.ts']
    .map((ending) => ({ template: templateOf(thing.kind, ending), path: `${thing.folder}/${name}.${ending}` }))
    .filter((file) => file.template !== undefined);
  const taken = files.find((file) => existsSync(join(root, file.path)));
  if (taken !== undefined) throw new Error(`${taken.path}: expected a new name, found a file.`);
  for (const file of files) {
    writeFileSync(join(root, file.path), await formatted(file.path, filled(file.template!, name)));
  }
  const registry = registryFolders.filter((folder) => folder.path === thing.folder);
  return { files: [...files.map((file) => file.path), ...(await writeIndexes(root, registry))], next: thing.next };
}

function templateOf(kind: string, ending: string): string | undefined {
  const url = new URL(`templates/${kind}.${ending}.txt`, import.meta.url);
  return existsSync(url) ? readFileSync(url, 'utf8') : undefined;
}

function filled(template: string, name: string): string {
  return template
    .replaceAll('{{file}}', name)
    .replaceAll('{{snake}}', name.replaceAll('-', '_'))
    .replaceAll('{{name}}', camelCase(name))
    .replaceAll('{{title}}', titleCase(name));
}
