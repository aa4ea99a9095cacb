import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { changeSettings, readSettings, settingsFile } from './settings.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-settings-'));
  file = settingsFile(join(folder, 'home'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('has defaults without a file, and writes what is changed', async () => {
  expect(await readSettings(file)).toEqual({
    modelRoots: [],
    sd_vae: 'Automatic',
    sd_vae_overrides_per_model_preferences: true,
  });
  await changeSettings((settings) => ({ ...settings, modelRoots: [{ path: '/模型' }] }), file);
  expect((await readSettings(file)).modelRoots).toEqual([{ path: '/模型' }]);
});

it('keeps settings that it does not know, and loses none of many changes at once', async () => {
  await changeSettings((settings) => ({ ...settings, future: { a: 1 } }), file);
  const add = (path: string) =>
    changeSettings((settings) => ({ ...settings, modelRoots: [...settings.modelRoots, { path }] }), file);
  await Promise.all([add('/a'), add('/b'), add('/c')]);
  const written = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  expect(written['future']).toEqual({ a: 1 });
  expect(written['modelRoots']).toEqual([{ path: '/a' }, { path: '/b' }, { path: '/c' }]);
});

it('says what is wrong with a damaged file and leaves it alone', async () => {
  const broken = join(folder, 'settings.json');
  writeFileSync(broken, '{"modelRoots": [');
  await expect(changeSettings((settings) => settings, broken)).rejects.toMatchObject({ code: 'bad-file' });
  expect(readFileSync(broken, 'utf8')).toBe('{"modelRoots": [');
  writeFileSync(broken, '{"modelRoots": [{"path": 3}]}');
  await expect(readSettings(broken)).rejects.toThrow(
    `${broken} › modelRoots › 0 › path: expected a setting that is valid`,
  );
});
