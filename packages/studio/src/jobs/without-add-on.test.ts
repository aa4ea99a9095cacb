import { describe, expect, it } from 'vitest';
import { readRecipe } from './read-recipe.ts';
import { withoutAddOn } from './without-add-on.ts';

const promptsWithout = (name: string, prompt: string, negativePrompt = ''): string[] => {
  const changed = withoutAddOn(readRecipe({ prompt, negativePrompt }), name);
  return [changed.prompt, changed.negativePrompt];
};

describe('EM-04: the recipe without an add-on', () => {
  it('has no word of an embedding, in any case and with any weight', () => {
    expect(promptsWithout('EasyNegative', 'fox', 'easynegative, bad')).toEqual(['fox', 'bad']);
    expect(promptsWithout('easynegative.pt', 'fox', 'bad, (EASYNEGATIVE:1.2), ((easynegative)), hands')).toEqual([
      'fox',
      'bad, hands',
    ]);
    expect(promptsWithout('bad-hands-5', 'my bad-hands-5', 'bad-hands-55, (bad-hands-5, ugly:1.3)')).toEqual([
      'my ',
      'bad-hands-55, (ugly:1.3)',
    ]);
  });

  it('has no tag and no chosen file', () => {
    expect(promptsWithout('ink', 'fox <lora:ink:0.8> <lora:inky:1><hypernet:ink:1>')[0]).toBe('fox  <lora:inky:1>');
    const chosen = readRecipe({ prompt: 'fox', loras: [{ name: '/m/ink.safetensors' }, { name: 'other' }] });
    expect(withoutAddOn(chosen, 'ink').loras).toEqual([{ name: 'other' }]);
    const { seed, steps } = withoutAddOn({ ...chosen, seed: 7, steps: 3 }, 'ink');
    expect([seed, steps]).toEqual([7, 3]);
  });

  it('is refused where nothing asks for it', () => {
    expect(() => promptsWithout('ink', 'inkwell')).toThrow(
      /expected an add-on that the prompts or options ask for, found "ink"/,
    );
  });
});
