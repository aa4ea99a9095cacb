import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ModelRoot } from '@danqing/contract/settings';
import { DanqingError } from '@danqing/engine/errors';
import { homeFolder } from '../folders.ts';
import { changeSettings, readSettings, settingsFile } from '../settings/settings.ts';
import { isInside } from './is-inside.ts';
import { kindChoices } from './kind-choices.ts';

/** The folders that were added to this program's own. @throws as `readSettings` does. */
export async function listRoots(home = homeFolder()): Promise<readonly ModelRoot[]> {
  return (await readSettings(settingsFile(home))).modelRoots;
}

/**
 * Has models looked for in one more folder, or where a list of ComfyUI says.
 * @throws missing when it is not there; bad-value when it is a part of this program's own, or the kind is not known.
 */
export async function addRoot({ path, kind }: ModelRoot, home = homeFolder()): Promise<readonly ModelRoot[]> {
  const root = resolve(path);
  const stats = await stat(root).catch(() => undefined);
  if (stats === undefined) {
    throw new DanqingError('missing', { where: root, expected: 'a folder', found: 'none', advice: 'Check the path.' });
  }
  if (!stats.isDirectory() && !/\.ya?ml$/i.test(root)) {
    throw new DanqingError('bad-value', {
      where: root,
      expected: 'a folder, or extra_model_paths.yaml',
      found: 'a file',
    });
  }
  if (isInside(root, home)) {
    const found = "a part of this program's own";
    throw new DanqingError('bad-value', { where: root, expected: 'another folder', found });
  }
  if (kind !== undefined && !kindChoices.some(({ id }) => id === kind)) {
    const expected = kindChoices.map(({ id }) => id).join(', ');
    throw new DanqingError('bad-value', { where: 'kind', expected: `one of ${expected}`, found: kind });
  }
  return change(home, (roots) => [
    ...roots.filter((one) => resolve(one.path) !== root),
    { path: root, ...(kind !== undefined && { kind }) },
  ]);
}

/** No longer looks there. @throws missing when it is none of those that were added. */
export async function removeRoot(path: string, home = homeFolder()): Promise<readonly ModelRoot[]> {
  const isIt = (root: ModelRoot): boolean => root.path === path || resolve(root.path) === resolve(path);
  if (!(await listRoots(home)).some(isIt)) {
    throw new DanqingError('missing', { where: path, expected: 'a folder that was added', found: 'none' });
  }
  return change(home, (roots) => roots.filter((root) => !isIt(root)));
}

async function change(home: string, to: (roots: readonly ModelRoot[]) => ModelRoot[]): Promise<readonly ModelRoot[]> {
  const changed = await changeSettings(
    (settings) => ({ ...settings, modelRoots: to(settings.modelRoots) }),
    settingsFile(home),
  );
  return changed.modelRoots;
}
