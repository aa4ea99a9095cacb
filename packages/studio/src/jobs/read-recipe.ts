import { type Recipe, recipe, type RecipeInput } from '@danqing/contract/recipe';
import { readRequest } from '../read-request.ts';

/**
 * Checks a recipe as a person, a program or an old picture gives it, and fills in the defaults.
 * @throws bad-value naming the first field that is out of its range.
 */
export const readRecipe = (input: RecipeInput): Recipe => readRequest(recipe, input);
