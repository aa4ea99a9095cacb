import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { findFolders, makeOwnFolders } from './find-folders.ts';
import { listVaes } from './list-vaes.ts';

it('LIB-07: shows the VAEs of the folders, new ones after a refresh', async () => {
  const home = mkdtempSync(join(tmpdir(), 'danqing-vaes-'));
  const put = (path: string): void => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), 'x');
  };
  const list = async () => {
    const { folders } = await findFolders(home, []);
    return (await listVaes(folders)).map((path) => path.slice(home.length + 1));
  };
  await makeOwnFolders(home);
  put('models/Stable-diffusion/foo.safetensors');
  put('models/Stable-diffusion/sub/foo.vae.pt');
  put('models/VAE/a.ckpt');
  put('models/VAE/notes.txt');
  expect(await list()).toEqual(['models/Stable-diffusion/sub/foo.vae.pt', 'models/VAE/a.ckpt']);
  put('models/VAE/sub/b.safetensors');
  expect(await list()).toContain('models/VAE/sub/b.safetensors');
  rmSync(home, { recursive: true });
});
