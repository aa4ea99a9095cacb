import { UNKNOWN_PARAMETERS } from '@danqing/engine/image/generation-parameters';
import { parseInfotext } from '@danqing/engine/image/infotext';
import { describe, expect, it } from 'vitest';
import { restoreRecipe } from './restore-recipe.ts';

const size = { width: 512, height: 768 };

describe('restoreRecipe', () => {
  it('GEN-02: takes up everything that a picture records', () => {
    const infotext = `a fox
Negative prompt: blurry
Steps: 20, Sampler: DPM++ 2M SDE, Schedule type: Exponential, CFG scale: 6.5, Seed: 12, Size: 64x72, Model hash: 6ce0161689, Model: x, \
Variation seed: 5, Variation seed strength: 0.25, Seed resize from: 512x448, Clip skip: 2, ENSD: 31337, RNG: CPU, Emphasis: No norm, \
Old prompt editing timelines: True, Eta: 0.5, Comma backtrack: 3, Token merging ratio: 0.5, Version: v1.10.1`;
    expect(restoreRecipe(parseInfotext(infotext), size)).toEqual({
      prompt: 'a fox',
      negativePrompt: 'blurry',
      sampler: 'DPM++ 2M SDE',
      scheduler: 'Exponential',
      steps: 20,
      cfgScale: 6.5,
      seed: 12,
      subseed: 5,
      subseedStrength: 0.25,
      seedResizeFrom: [512, 448],
      width: 64,
      height: 72,
      clipSkip: 2,
      rng: 'cpu',
      // What is no option of a run here is left out; the comparison names it.
      options: {
        eta_noise_seed_delta: 31_337,
        emphasis: 'No norm',
        use_old_scheduling: true,
        eta_ancestral: 0.5,
        comma_padding_backtrack: 3,
      },
    });
  });

  it('draws a graphics card’s noise on the processor, and takes the size of the picture where none is recorded', () => {
    const parameters = parseInfotext('a\nSteps: 2, Sampler: Euler, Seed: 3');
    expect(restoreRecipe(parameters, size)).toMatchObject({ rng: 'nv', width: 512, height: 768 });
  });

  it.each([
    ['Denoising strength: 0.7', /made from another picture/],
    ['Denoising strength: 0.7, Hires upscale: 2, Hires upscaler: Latent', /second pass/],
    ['Mask blur: 4', /painted into another/],
    ['Tiling: True', /tiled/],
    ['Face restoration: CodeFormer', /faces/],
    ['Seed: 18446744073709551615', /at most 9007199254740991/],
  ])('says that %s cannot be done again', (field, message) => {
    const parameters = parseInfotext(`a\nSteps: 2, Sampler: Euler, Seed: 3, ${field}`);
    expect(() => restoreRecipe(parameters, size)).toThrow(
      expect.objectContaining({ code: 'unsupported', message: expect.stringMatching(message) }),
    );
  });

  it('says that too little is recorded', () => {
    expect(() => restoreRecipe({ ...UNKNOWN_PARAMETERS, prompt: 'a', steps: 4 }, size)).toThrow(
      'its sampler, steps and seed',
    );
  });
});
