import type { Identification } from '@danqing/engine/identify/identification';
import { describe, expect, it } from 'vitest';
import { adviseVae } from './advise-vae.ts';
import { openCatalogue } from './catalogue.ts';

const catalogue = openCatalogue();
const found = (bakedVae: boolean | undefined, family = 'sd1', kind = 'checkpoint'): Identification =>
  ({ kind, bakedVae, families: [{ id: family, title: family, nativeSize: 512 }] }) as unknown as Identification;
const advise = (identification: Identification, id?: string) =>
  adviseVae(identification, id === undefined ? undefined : catalogue.get(id), catalogue);

describe('adviseVae', () => {
  it('CK-03: advises a widely used VAE of the family for a checkpoint that has none', () => {
    expect(advise(found(false))).toEqual({
      trouble: 'missing',
      says: {
        en: 'Without one, colours and details are poor. Fitting: vae-ft-mse-840000-ema-pruned, kl-f8-anime.',
        zh: '没有 VAE，色彩和细节都会很差。可用：vae-ft-mse-840000-ema-pruned、kl-f8-anime。',
      },
      get: 'vae-ft-mse-840000-ema-pruned',
    });
    expect(advise(found(false, 'sdxl'))).toMatchObject({
      trouble: 'missing',
      says: { en: expect.stringMatching(/poor\.$/) },
    });
  });

  it('CK-03: advises the VAE that the catalogue wants in place of one that is known to be weak', () => {
    expect(advise(found(true), 'crispmix')).toMatchObject({ trouble: 'weak', get: 'vae-ft-mse-840000-ema-pruned' });
    expect(advise(found(false), 'crispmix')).toMatchObject({ trouble: 'missing', get: 'vae-ft-mse-840000-ema-pruned' });
    // Of this one nobody knows where to fetch it.
    expect(advise(found(true), 'anything-v4-5')).toEqual({
      trouble: 'weak',
      says: expect.objectContaining({ en: expect.stringContaining('orangemix VAE') }),
    });
  });

  it('CK-03: has nothing to say of a good VAE inside, nor of what is no checkpoint', () => {
    expect(advise(found(true), 'majicmix-sombre')).toBeUndefined();
    expect(advise(found(true))).toBeUndefined();
    expect(advise(found(undefined, 'sd1', 'denoiser'))).toBeUndefined();
  });
});
