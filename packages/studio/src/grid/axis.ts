import type { RecipeInput } from '@danqing/contract/recipe';

/** One place on an axis, and what it makes of a recipe. */
export interface AxisPlace {
  readonly value: string;
  /** What is written beside the pictures. */
  readonly label: string;
  /** @throws bad-value when the recipe has nothing that it could change. */
  apply(recipe: RecipeInput): RecipeInput;
}

/** What readers of values need of the world. */
export interface AxisHands {
  /** The file or folder of a checkpoint by path or name. @throws missing. */
  checkpointNamed(name: string): Promise<string>;
  /** Whole numbers for seeds that are to be drawn. */
  drawSeed(): number;
}

/** Something that a grid can vary. */
export interface GridAxis {
  /** As A1111 calls it, where it has it. */
  readonly label: string;
  /** What else it is called when it is typed. */
  readonly names: readonly string[];
  /** How long it takes to go from one value to another, from 0 to 1: the dearest changes least. */
  readonly cost: number;
  /** The places of its values, as `splitValues` has them. @throws bad-value. */
  read(values: readonly string[], hands: AxisHands): Promise<AxisPlace[]>;
}
