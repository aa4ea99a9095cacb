import type { Recipe } from '@danqing/contract/recipe';
import type { DrawnPicture } from '@danqing/contract/worker-messages';
import type { SavedComparison } from '@danqing/studio/gallery/save-comparison';
import type { Messages } from '../messages/index.ts';
import { drawPictures } from './draw-pictures.ts';

/** Draws pictures again without one add-on and saves each beside the one with it. @throws as drawing and saving do. */
export async function compareWithout(
  name: string,
  recipe: Recipe,
  pictures: readonly (DrawnPicture & { readonly path: string })[],
  messages: Messages,
): Promise<SavedComparison[]> {
  const comparisons: SavedComparison[] = [];
  await drawPictures({
    messages,
    async plan() {
      const { withoutAddOn } = await import('@danqing/studio/jobs/without-add-on');
      return withoutAddOn(recipe, name);
    },
    async onPicture(picture) {
      const { saveComparison } = await import('@danqing/studio/gallery/save-comparison');
      const own = pictures.find(({ index }) => index === picture.index)!;
      comparisons.push(await saveComparison(name, picture, own));
      return [];
    },
  });
  return comparisons;
}
