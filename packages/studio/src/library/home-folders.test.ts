import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findHomeFolders } from './home-folders.ts';
import { addRoot } from './model-roots.ts';

const folder = mkdtempSync(join(tmpdir(), 'danqing-home-folders-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('EM-01, HN-01, LIB-04: kinds are at home in this program and in those whose folders were added', async () => {
  const [home, other] = [join(folder, 'home'), join(folder, 'webui')];
  for (const path of ['embeddings', 'models/hypernetworks', 'models/Lora'])
    mkdirSync(join(other, path), { recursive: true });
  mkdirSync(home);
  await addRoot({ path: other }, home);
  const at = await findHomeFolders(home);
  expect(at('embedding')).toEqual([join(home, 'embeddings'), join(other, 'embeddings')]);
  expect(at('hypernetwork')).toEqual([join(home, 'models/hypernetworks'), join(other, 'models/hypernetworks')]);
  expect(at('lora', 'lycoris')).toEqual([join(home, 'models/Lora'), join(other, 'models/Lora')]);
});
