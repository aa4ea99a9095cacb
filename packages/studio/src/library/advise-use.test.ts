import { expect, it } from 'vitest';
import { adviseUse } from './advise-use.ts';
import { openCatalogue } from './catalogue.ts';

const use = (name: string) => adviseUse(openCatalogue().named(name)!);

it('CK-04: official bases are advised for training, fine-tunes for pictures, nothing else for either', () => {
  for (const base of ['stable-diffusion-1-5', 'stable-diffusion-2', 'SDXL'])
    expect(use(base)?.en).toMatch(/^Train on this one/);
  for (const tune of ['chilloutmix', 'anything-v4-5']) expect(use(tune)?.en).toMatch(/^Made for pictures/);
  expect(use('animfull-final-pruned')?.zh).toMatch(/^适合作训练底模/);
  expect(use('easynegative')).toBeUndefined();
  expect(use('vae-ft-mse-840000-ema-pruned')).toBeUndefined();
});

it('the bases are in the catalogue', () => {
  const bases = openCatalogue().entries.filter((entry) => adviseUse(entry)?.en.startsWith('Train') === true);
  expect(bases).toHaveLength(5);
});
