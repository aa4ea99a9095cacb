import { describe, expect, it } from 'vitest';
import { samplingDefaults } from '../sampling/options.ts';
import { promptDefaults } from '../text/prompt-options.ts';
import { optionNames, readOptions } from './options.ts';

describe('readOptions', () => {
  it('gives the defaults where nothing is asked for', () => {
    expect(readOptions({})).toEqual({ sampling: samplingDefaults, text: promptDefaults });
  });

  it('knows every option by its A1111 name and takes its own default back, as text too', () => {
    for (const [name, { default: value }] of optionNames) {
      expect(readOptions({ [name]: value })).toEqual(readOptions({}));
      expect(readOptions({ [name]: String(value) })).toEqual(readOptions({}));
    }
    expect([...optionNames.keys()]).toEqual(
      expect.arrayContaining([
        'eta_noise_seed_delta',
        's_min_uncond_all',
        'uni_pc_variant',
        'CLIP_stop_at_last_layers',
      ]),
    );
  });

  it('reads numbers, truths and words from text', () => {
    const { sampling, text } = readOptions({ eta_ancestral: '0.5', s_min_uncond_all: 'True', emphasis: 'no norm' });
    expect(sampling.etaAncestral).toBe(0.5);
    expect(sampling.sMinUncondAll).toBe(true);
    expect(text.emphasis).toBe('No norm');
  });

  it.each([
    ['eta', 1, /expected one of .*eta_ancestral.*found "eta"/],
    ['eta_ancestral', 'much', /option eta_ancestral: expected a number/],
    ['eta_ancestral', '', /expected a number/],
    ['s_churn', -1, /from 0 on/],
    ['skip_early_cond', 2, /from 0 to 1/],
    ['uni_pc_order', 1.5, /a whole number/],
    ['s_min_uncond_all', 'perhaps', /true or false/],
    ['uni_pc_variant', 'bh3', /bh1, bh2, vary_coeff/],
  ])('refuses %s = %s', (name, value, message) => {
    expect(() => readOptions({ [name]: value })).toThrow(message);
  });
});
