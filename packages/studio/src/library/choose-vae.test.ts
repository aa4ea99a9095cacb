import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { changeSettings, settingsFile } from '../settings/settings.ts';
import { chooseVae } from './choose-vae.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'danqing-vae-'));
  for (const path of ['models/VAE/anime.pt', 'models/Stable-diffusion/foo.ckpt', 'elsewhere/bar.vae.pt']) put(path);
});
afterEach(() => rmSync(home, { recursive: true }));

const put = (path: string, text = 'x'): void => {
  mkdirSync(dirname(join(home, path)), { recursive: true });
  writeFileSync(join(home, path), text);
};

const choose = async (checkpoint: string, asked = 'automatic') => {
  const { file, why } = await chooseVae(join(home, checkpoint), asked, home);
  return [file?.slice(home.length + 1), why];
};

it('takes what is beside the checkpoint, noted, set or asked for', async () => {
  const foo = 'models/Stable-diffusion/foo.ckpt';
  expect(await choose(foo)).toEqual([undefined, 'inside the checkpoint']);
  expect(await choose('elsewhere/bar.ckpt')).toEqual(['elsewhere/bar.vae.pt', 'found near the checkpoint']);
  put('models/Stable-diffusion/foo.json', '{"vae": "anime.pt"}');
  expect(await choose(foo)).toEqual(['models/VAE/anime.pt', 'noted for this checkpoint']);
  await changeSettings((settings) => ({ ...settings, sd_vae: 'None' }), settingsFile(home));
  expect(await choose(foo)).toEqual([undefined, 'the settings turn other VAEs off']);
  expect(await choose(foo, 'anime')).toEqual(['models/VAE/anime.pt', 'asked for']);
  expect(await choose(foo, 'none')).toEqual([undefined, 'asked for the one inside the checkpoint']);
});

it('takes any file by its path, also one that others are named like, and leaves a missing one to be missed', async () => {
  put('anime.pt');
  expect(await choose('x.ckpt', join(home, 'anime.pt'))).toEqual(['anime.pt', 'asked for']);
  expect(await choose('x.ckpt', join(home, 'gone.pt'))).toEqual(['gone.pt', 'asked for']);
});
