import type { RecipeInput } from '@danqing/contract/recipe';
import { DanqingError } from '@danqing/engine/errors';

/**
 * Puts one text in the place of another, everywhere in prompt and negative prompt (A1111's "Prompt S/R").
 * @throws bad-value when it is in neither.
 */
export function replaceText(recipe: RecipeInput, from: string, to: string): RecipeInput {
  const { prompt, negativePrompt = '' } = recipe;
  if (!prompt.includes(from) && !negativePrompt.includes(from)) {
    throw new DanqingError('bad-value', {
      where: 'grid › Prompt S/R',
      expected: 'as first value a text that is in the prompt or the negative prompt',
      found: `"${from}", which is in neither`,
    });
  }
  return { ...recipe, prompt: prompt.replaceAll(from, to), negativePrompt: negativePrompt.replaceAll(from, to) };
}

/**
 * Puts words of the prompt into another order, everything between them staying where it is (A1111's "Prompt order").
 * @throws bad-value when one is not in the prompt.
 */
export function orderWords(recipe: RecipeInput, order: readonly string[]): RecipeInput {
  const { prompt } = recipe;
  const missing = order.find((word) => !prompt.includes(word));
  if (missing !== undefined) {
    throw new DanqingError('bad-value', {
      where: 'grid › Prompt order',
      expected: 'texts that are in the prompt',
      found: `"${missing}", which is not`,
    });
  }
  const seen = [...order].sort((a, b) => prompt.indexOf(a) - prompt.indexOf(b));
  let [rest, ordered] = [prompt, ''];
  for (const [i, word] of seen.entries()) {
    const at = rest.indexOf(word);
    ordered += rest.slice(0, at) + order[i]!;
    rest = rest.slice(at + word.length);
  }
  return { ...recipe, prompt: ordered + rest };
}
