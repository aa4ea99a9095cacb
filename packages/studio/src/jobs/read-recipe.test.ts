import { describe, expect, it } from 'vitest';
import { readRecipe } from './read-recipe.ts';

describe('readRecipe', () => {
  it('fills in what is not asked for', () => {
    expect(readRecipe({ prompt: 'fox' })).toMatchObject({ prompt: 'fox', seed: -1, batchSize: 1, vae: 'automatic' });
  });

  it.each([
    [{ steps: 0 }, 'steps: expected a whole number from 1 to 1000, found 0.'],
    [{ steps: 2.5 }, 'steps: expected a whole number from 1 to 1000, found 2.5.'],
    [{ cfgScale: Number.NaN }, 'cfgScale: expected a number from 0 to 1000, found NaN.'],
    [{ seed: 2 ** 53 }, 'seed: expected a whole number from -1 to 9007199254740991, found 9007199254740992.'],
    [{ subseedStrength: 1.1 }, 'subseedStrength: expected a number from 0 to 1, found 1.1.'],
    [{ width: 100 }, 'width: expected a multiple of 8 from 8 to 8192, found 100.'],
    [{ height: 100_000 }, 'height: expected a multiple of 8 from 8 to 8192, found 100000.'],
    [
      { seedResizeFrom: [64, 63] as [number, number] },
      'seedResizeFrom › 1: expected two numbers, each a multiple of 8 from 8 to 8192, found 63.',
    ],
    [{ refiner: { checkpoint: 'a', switchAt: 2 } }, 'refiner › switchAt: expected a number from 0 to 1, found 2.'],
    [{ refiner: {} as { checkpoint: string } }, 'refiner › checkpoint: expected text, found none.'],
    [{ rng: 'gpu' as 'nv' }, 'rng: expected one of nv, cpu, found "gpu".'],
  ])('refuses %j', (input, message) => {
    expect(() => readRecipe({ prompt: '', ...input })).toThrow(message);
  });
});
