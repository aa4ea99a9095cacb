import type { RecipeInput } from '@danqing/contract/recipe';
import { adapterTagTypes } from '@danqing/engine/adapters/read-adapter-tag';
import { modelStem } from '../library/model-stem.ts';

/** A tag of a LoRA or one of its kin, and the name in it. */
const TAG = new RegExp(String.raw`<\s*(?:${adapterTagTypes.join('|')})\s*:\s*([^:>]+?)\s*(?::[^>]*)?>`, 'gi');

/**
 * Gives a LoRA a weight: in its tag where the prompt has one, else beside the prompt. At 0 it is left out, so that this picture is to the bit
 * the one without it.
 */
export function weighLora(recipe: RecipeInput, name: string, weight: number): RecipeInput {
  const isMeant = (other: string): boolean => modelStem(other).toLowerCase() === modelStem(name).toLowerCase();
  let isInPrompt = false;
  const prompt = recipe.prompt.replaceAll(TAG, (tag: string, named: string) => {
    if (!isMeant(named)) return tag;
    isInPrompt = true;
    return weight === 0 ? '' : `<lora:${named}:${weight}>`;
  });
  if (isInPrompt) return { ...recipe, prompt };
  const others = (recipe.loras ?? []).filter((lora) => !isMeant(lora.name));
  return { ...recipe, loras: weight === 0 ? others : [...others, { name, weight }] };
}
