import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { addRoot, listRoots, removeRoot } from './model-roots.ts';

it('adds and removes folders of other programs, and refuses what is none', async () => {
  const place = mkdtempSync(join(tmpdir(), 'danqing-roots-'));
  const home = join(place, 'home');
  for (const name of ['home/models', 'webui', 'loras']) mkdirSync(join(place, name), { recursive: true });
  writeFileSync(join(place, 'extra_model_paths.yaml'), '');
  writeFileSync(join(place, 'file'), '');
  await addRoot({ path: join(place, 'webui') }, home);
  await addRoot({ path: join(place, 'extra_model_paths.yaml') }, home);
  await addRoot({ path: join(place, 'loras'), kind: 'lora' }, home);
  await addRoot({ path: `${join(place, 'webui')}/` }, home);
  expect(await listRoots(home)).toEqual([
    { path: join(place, 'extra_model_paths.yaml') },
    { path: join(place, 'loras'), kind: 'lora' },
    { path: join(place, 'webui') },
  ]);
  await expect(addRoot({ path: join(place, 'none') }, home)).rejects.toMatchObject({ code: 'missing' });
  await expect(addRoot({ path: join(place, 'file') }, home)).rejects.toMatchObject({ code: 'bad-value' });
  await expect(addRoot({ path: join(home, 'models') }, home)).rejects.toMatchObject({ code: 'bad-value' });
  await expect(addRoot({ path: join(place, 'loras'), kind: 'lorra' }, home)).rejects.toThrow('one of ');
  await removeRoot(join(place, 'loras'), home);
  expect(await listRoots(home)).toHaveLength(2);
  await expect(removeRoot(join(place, 'loras'), home)).rejects.toMatchObject({ code: 'missing' });
  rmSync(place, { recursive: true });
});
