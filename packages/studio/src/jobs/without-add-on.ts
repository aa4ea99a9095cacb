import type { Recipe } from '@danqing/contract/recipe';
import { DanqingError } from '@danqing/engine/errors';
import { extractTags } from '@danqing/engine/text/prompt/extra-networks';
import { modelStem } from '../library/model-stem.ts';

/**
 * The recipe of the same picture without one add-on: its tags, its word in the prompts with the brackets around it, and its place
 * among those that were chosen. Everything else, the seed too, stays.
 * @throws bad-value when nothing in the recipe asks for it.
 */
export function withoutAddOn(recipe: Recipe, name: string): Recipe {
  const isIt = (other: string): boolean => modelStem(other).toLowerCase() === modelStem(name).toLowerCase();
  const prompt = recipe.prompt.replaceAll(/<\w+:[^>]+>/g, (written) =>
    extractTags(written).tags.some(({ positional: [own = ''] }) => isIt(own)) ? '' : written,
  );
  const changed: Recipe = {
    ...recipe,
    prompt: withoutWord(prompt, name),
    negativePrompt: withoutWord(recipe.negativePrompt, name),
    loras: recipe.loras.filter((lora) => !isIt(lora.name)),
    hypernetworks: recipe.hypernetworks.filter((hypernetwork) => !isIt(hypernetwork.name)),
  };
  if (JSON.stringify(changed) !== JSON.stringify(recipe)) return changed;
  throw new DanqingError('bad-value', {
    where: 'comparison',
    expected: 'an add-on that the prompts or options ask for',
    found: `"${name}"`,
  });
}

/** Takes a word out wherever it stands by itself, with brackets and weight of its own and the comma behind it. */
function withoutWord(text: string, name: string): string {
  const word = modelStem(name).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const alone = String.raw`(?<![\p{L}\p{N}_])${word}(?![\p{L}\p{N}_])`;
  const bracketed = String.raw`[(\[]+\s*${alone}\s*(?::\s*[-+.\d]+\s*)?[)\]]+`;
  return text.replaceAll(new RegExp(String.raw`(?:${bracketed}|${alone})\s*,?[ ]*`, 'giu'), '');
}
