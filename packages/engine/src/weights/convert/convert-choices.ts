import type { FloatDType } from '../../tensor/encode.ts';
import type { Container } from '../file-plan.ts';
import type { ChangePart } from '../keys/change-parts.ts';
import type { TensorIndex } from '../tensor-index.ts';

/** What is done with a part: its numbers as they are, stored as the chosen type, or left out. */
export type PartAction = 'copy' | 'convert' | 'delete';

/** Which of the two sets of weights of a training checkpoint is kept: both, the trained ones, or their moving average. */
export type Prune = 'no' | 'no-ema' | 'ema-only';

/** How a model file is to be changed. */
export interface ConvertChoices {
  readonly container: Container;
  /** Element type of the weights; absent: as each is. */
  readonly dtype?: FloatDType;
  /** `convert` where nothing is said. */
  readonly parts?: Readonly<Partial<Record<ChangePart, PartAction>>>;
  readonly prune?: Prune;
  /** Make CLIP's position numbers the whole numbers that they are. */
  readonly fixPositionIds?: boolean;
  /** Leave out what no program that draws reads. */
  readonly dropJunk?: boolean;
  /** A VAE, in a file of its own or in a checkpoint, in the place of the one inside. */
  readonly vae?: TensorIndex;
}
