import type { KnownFamily, Parts } from './family.ts';
import { holds } from './weights/evidence.ts';
import type { TensorIndex } from './weights/tensor-index.ts';

/**
 * What the denoiser of a file predicts, as the file itself says: by its tensors and notes first. Its name counts only
 * where the family has a usual answer; elsewhere running the denoiser once tells more than a name.
 */
export function saidPrediction(index: TensorIndex, family: KnownFamily): Parts['prediction'] {
  const signs = (family.predictions ?? []).filter(({ sign }) => holds(sign, index));
  const inside = signs.find(({ sign }) => !('named' in sign));
  const found = inside ?? (family.prediction === undefined ? undefined : signs[0]);
  return found && { type: found.type, because: found.sign.says };
}
