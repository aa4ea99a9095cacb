import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { sourceFiles } from './source-files.ts';

/** Files above this size are linked instead of copied: nobody edits them. */
const linkAboveBytes = 1 << 20;

/** A copy of the repository in a temporary folder. */
export interface Scratch {
  readonly root: string;
  remove(): void;
}

/**
 * Copies the source files under `root` to a temporary folder, with dependencies and the folder of test data linked in.
 * Packages of ours resolve to the copy, so that a change there is what every test sees.
 */
export function copyRepository(root: string): Scratch {
  const folder = mkdtempSync(join(tmpdir(), 'danqing-scratch-'));
  const copy = join(folder, 'repository');
  for (const file of sourceFiles(root)) {
    const [from, to] = [join(root, file), join(copy, file)];
    mkdirSync(dirname(to), { recursive: true });
    if (statSync(from).size > linkAboveBytes) symlinkSync(from, to);
    else copyFileSync(from, to);
  }
  const shared = join(root, '../shared');
  if (existsSync(shared)) symlinkSync(shared, join(folder, 'shared'));
  linkDependencies(root, copy);
  return { root: copy, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function linkDependencies(root: string, copy: string): void {
  const modules = join(copy, 'node_modules');
  mkdirSync(join(modules, '@danqing'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@danqing' && !name.startsWith('.vite'))
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  for (const rooms of ['packages', 'apps']) {
    for (const name of readdirSync(join(copy, rooms))) {
      symlinkSync(join(copy, rooms, name), join(modules, '@danqing', name));
      const own = join(root, rooms, name, 'node_modules');
      if (existsSync(own)) symlinkSync(own, join(copy, rooms, name, 'node_modules'));
    }
  }
}
