import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SiteFile, type SiteRepository, startSites, type TestSites } from '../../../../tests/model-sites.ts';
import { sharedData } from '../../../../tests/shared-data.ts';
import { Downloads } from './downloads.ts';
import { offerFirstModel } from './first-model.ts';
import { knownModels } from './known-models.ts';
import { fetchTrainingBase, TRAINING_BASE_LIMIT_BYTES } from './training-base.ts';

const checkpoint = sharedData('checkpoint/starter-emoji-128.safetensors');
const lora: SiteFile = {
  bytes: readFileSync(sharedData('lora/cloneofsimo_lora_disney.safetensors')),
  name: 'x.safetensors',
};
const noWait = { tries: 1, firstWaitMs: 1, longestWaitMs: 5, patienceMs: 1000, sleep: async () => {} };

let home: string;
let sites: TestSites;
let repositories: SiteRepository[];
let downloads: Downloads;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'base-'));
  repositories = [];
  sites = await startSites([], repositories);
  downloads = await Downloads.open({
    home,
    cache: join(home, 'cache'),
    env: sites.env,
    allowPrivate: true,
    retries: noWait,
  });
});
afterEach(async () => {
  downloads.close();
  await sites.close();
  rmSync(home, { recursive: true });
});

describe('the first model', () => {
  it('DL-01: is SD 1.5 by the checksum that everybody knows, offered as long as there is no checkpoint', async () => {
    expect(await offerFirstModel(home)).toEqual({
      link: 'sd15',
      title: 'Stable Diffusion 1.5',
      sizeBytes: 4_265_146_304,
      licence: 'CreativeML Open RAIL-M',
      page: 'https://huggingface.co/stable-diffusion-v1-5/stable-diffusion-v1-5/blob/main/v1-5-pruned-emaonly.safetensors',
    });
    expect(readdirSync(home)).toEqual([]);
    // The short hash that the WebUI shows behind its name.
    expect(knownModels[0]!.sha256).toMatch(/^6ce0161689b3853a[\da-f]{48}$/);
    mkdirSync(join(home, 'models/stable-diffusion/anime'), { recursive: true });
    writeFileSync(join(home, 'models/stable-diffusion/anime/readme.txt'), '');
    expect(await offerFirstModel(home)).toBeDefined();
    writeFileSync(join(home, 'models/stable-diffusion/anime/a.ckpt'), '');
    expect(await offerFirstModel(home)).toBeUndefined();
  });

  it('DL-01: is not offered to somebody with the folders of another program', async () => {
    writeFileSync(join(home, 'settings.json'), '{"modelRoots": [{"path": "/somewhere"}]}');
    expect(await offerFirstModel(home)).toBeUndefined();
  });

  it('DL-01: another file in its place is not even fetched', async () => {
    repositories.push({
      name: 'stable-diffusion-v1-5/stable-diffusion-v1-5',
      files: { 'v1-5-pruned-emaonly.safetensors': lora },
    });
    await expect(downloads.fetch('sd15')).rejects.toThrow(
      /Stable Diffusion 1.5 with the checksum 6ce0161689….*Somebody replaced it/,
    );
    expect(sites.content.seen).toEqual([]);
  });

  it('DL-01: is asked for where it is published, size and checksum as they are known', async () => {
    const { sha256, sizeBytes } = knownModels[0]!;
    const file = { ...lora, sha256: sha256!, headers: { 'content-range': `bytes 0-99/${sizeBytes}` } };
    repositories.push({
      name: 'stable-diffusion-v1-5/stable-diffusion-v1-5',
      files: { 'v1-5-pruned-emaonly.safetensors': file },
    });
    // The size that the site tells is that of the test's file, which gives the stranger away.
    await expect(downloads.fetch('sd15')).rejects.toThrow(/found another file/);
    expect(sites.hub.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'HEAD /stable-diffusion-v1-5/stable-diffusion-v1-5/resolve/main/v1-5-pruned-emaonly.safetensors',
    ]);
  });
});

describe('the base model of a training', () => {
  it('DL-10: can be a file, with a VAE beside it', async () => {
    const vae = { ...lora };
    repositories.push({ name: 'hakurei/waifu-diffusion-v1-4', files: { 'vae/kl-f8-anime.ckpt': vae } });
    expect(await fetchTrainingBase(downloads, { base: checkpoint })).toEqual({ base: checkpoint });
    // What arrives under the name of a VAE is looked at.
    await expect(fetchTrainingBase(downloads, { base: checkpoint, vae: 'kl-f8-anime.ckpt' })).rejects.toThrow(
      /expected a vae, found a lora/,
    );
  });

  it.each(['animevae.pt', 'kl-f8-anime.ckpt', 'vae-ft-mse-840000'])(
    'DL-10: knows the VAE %s by its name',
    async (name) => {
      await expect(fetchTrainingBase(downloads, { base: checkpoint, vae: name })).rejects.toThrow(
        /Hugging Face › .*: expected a repository/,
      );
      expect(sites.hub.seen[0]!.path).toMatch(
        /\/resolve\/main\/.*(?:animevae\.pt|kl-f8-anime\.ckpt|vae-ft-mse-840000-ema-pruned\.safetensors)$/,
      );
    },
  );

  it('DL-10: can be a link', async () => {
    repositories.push({
      name: 'a/b',
      files: { 'base.safetensors': { bytes: readFileSync(checkpoint), name: 'base.safetensors' } },
    });
    const found = await fetchTrainingBase(downloads, {
      base: 'https://huggingface.co/a/b/resolve/main/base.safetensors',
    });
    expect(found).toEqual({ base: join(home, 'models/Stable-diffusion/base.safetensors') });
  });

  it('DL-10: is refused over the limit before it is fetched, and when it is no checkpoint', async () => {
    expect(TRAINING_BASE_LIMIT_BYTES).toBe(5 * 2 ** 30);
    repositories.push({ name: 'a/b', files: { 'x.safetensors': lora } });
    await expect(fetchTrainingBase(downloads, { base: 'a/b', limitBytes: 1000 })).rejects.toThrow(/at most 1000 bytes/);
    await expect(fetchTrainingBase(downloads, { base: checkpoint, limitBytes: 1000 })).rejects.toThrow(
      /at most 1000 bytes/,
    );
    const path = sharedData('lora/cloneofsimo_lora_disney.safetensors');
    await expect(fetchTrainingBase(downloads, { base: path })).rejects.toThrow(/expected a checkpoint, found a lora/);
  });
});
