import type { Recipe, RecipeInput } from '@danqing/contract/recipe';
import { DanqingError } from '@danqing/engine/errors';
import { splitOutsideQuotes, splitValues } from '@danqing/engine/grid/read-values';
import { checkRecipe } from '../jobs/plan-batches.ts';
import { readRecipe } from '../jobs/read-recipe.ts';
import { findAxis } from './axes.ts';
import type { AxisHands, AxisPlace } from './axis.ts';

/** An axis as it was asked for, with its places. */
export interface PlannedAxis {
  /** As A1111 calls it. */
  readonly label: string;
  /** The values as they were typed. */
  readonly values: string;
  readonly cost: number;
  readonly places: readonly AxisPlace[];
}

/** One picture of a grid, or one batch. */
export interface PlannedCell {
  /** Places on x, y and z. */
  readonly at: readonly [x: number, y: number, z: number];
  readonly recipe: Recipe;
}

/** A grid before it is drawn. */
export interface GridPlan {
  /** Columns, rows and layers; an axis that is not there has one place without a label. */
  readonly axes: readonly [x: PlannedAxis, y: PlannedAxis, z: PlannedAxis];
  /** In the order in which they are drawn. */
  readonly cells: readonly PlannedCell[];
}

/** More is a mistake. */
const MOST_CELLS = 10_000;

const NO_AXIS: PlannedAxis = {
  label: 'Nothing',
  values: '',
  cost: 0,
  places: [{ value: '', label: '', apply: (same) => same }],
};

/**
 * Plans a grid: which recipe each cell has, and in which order they are drawn, the dearest change least often.
 * @param text up to three axes, `checkpoint=a,b;lora:NAME=0,0.5,1`: columns, rows and layers.
 * @param recipe what all cells have in common, its seed decided.
 * @throws bad-value for an axis or a value that makes no sense, and for a recipe that comes of it; missing for a checkpoint that is not there.
 */
export async function planGrid(text: string, recipe: RecipeInput, hands: AxisHands): Promise<GridPlan> {
  const asked = await readAxes(text, hands);
  const axes = [asked[0]!, asked[1] ?? NO_AXIS, asked[2] ?? NO_AXIS] as const;
  const count = axes.reduce((product, { places }) => product * places.length, 1);
  if (count > MOST_CELLS) {
    throw new DanqingError('bad-value', {
      where: 'grid',
      expected: `at most ${MOST_CELLS} pictures`,
      found: String(count),
    });
  }
  const cells = placesInOrder(axes).map((at) => {
    const changed = axes.reduce<RecipeInput>((before, axis, i) => axis.places[at[i]!]!.apply(before), recipe);
    const settled = readRecipe(changed);
    checkRecipe(settled);
    return { at, recipe: settled };
  });
  return { axes, cells };
}

async function readAxes(text: string, hands: AxisHands): Promise<PlannedAxis[]> {
  const parts = splitOutsideQuotes(text, /;/).filter((part) => part.trim() !== '');
  if (parts.length === 0 || parts.length > 3) {
    throw new DanqingError('bad-value', {
      where: 'grid',
      expected: 'one to three axes, such as "cfg=4,7;seed=1-3"',
      found: parts.length === 0 ? 'none' : String(parts.length),
    });
  }
  const axes: PlannedAxis[] = [];
  for (const part of parts) {
    const [name = '', ...rest] = splitOutsideQuotes(part, /=/);
    const axis = findAxis(name.trim());
    const values = rest.join('=').trim();
    const places = values === '' ? [] : await axis.read(splitValues(values), hands);
    if (places.length === 0) {
      throw new DanqingError('bad-value', {
        where: `grid › ${axis.label}`,
        expected: 'values, such as "steps=10,20"',
        found: 'none',
      });
    }
    const twin = axes.find(({ label }) => label === axis.label);
    if (twin !== undefined) {
      throw new DanqingError('bad-value', {
        where: 'grid',
        expected: 'three different axes at most',
        found: `${axis.label} twice`,
      });
    }
    axes.push({ label: axis.label, values, cost: axis.cost, places });
  }
  return axes;
}

/** All places, as nested loops go over them: the dearest axis outermost; of equal ones z before y before x, as in A1111. */
function placesInOrder(axes: GridPlan['axes']): PlannedCell['at'][] {
  const order = [2, 1, 0].sort((a, b) => axes[b]!.cost - axes[a]!.cost);
  const places: number[][] = order.reduce<number[][]>(
    (before, axis) =>
      before.flatMap((at) =>
        axes[axis]!.places.map((_, place) => {
          const next = [...at];
          next[axis] = place;
          return next;
        }),
      ),
    [[0, 0, 0]],
  );
  return places as unknown as PlannedCell['at'][];
}
