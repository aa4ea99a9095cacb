import { DanqingError } from './errors.ts';
import type { Family } from './family.ts';
import { holds } from './weights/evidence.ts';
import type { TensorIndex } from './weights/tensor-index.ts';

/** What a file was taken for, and why. */
export type Detection =
  | { readonly known: true; readonly family: Family; readonly reasons: readonly string[] }
  | {
      readonly known: false;
      /** The family that most is true of. */
      readonly closest: Family;
      readonly reasons: readonly string[];
      /** What would have to be true of the file for it to be that family. */
      readonly missing: readonly string[];
    };

/** Recognises the family of a file by its key structure; `families` is the registry. */
export function detectFamily(index: TensorIndex, families: Readonly<Record<string, Family>>): Detection {
  const judged = Object.values(families).map((family) => {
    const reasons = family.evidence.filter((evidence) => holds(evidence, index));
    const missing = family.evidence.filter((evidence) => !reasons.includes(evidence));
    return {
      family,
      reasons: reasons.map(({ says }) => says),
      missing: missing.map(({ says }) => says),
      share: reasons.length / family.evidence.length,
    };
  });
  const best = judged.reduce((a, b) => (b.share > a.share ? b : a));
  const { family, reasons, missing } = best;
  return missing.length === 0 ? { known: true, family, reasons } : { known: false, closest: family, reasons, missing };
}

/**
 * The family of a file that must have one.
 * @throws unknown-family, naming the closest family and what speaks against it.
 */
export function familyOf(index: TensorIndex, families: Readonly<Record<string, Family>>): Family {
  const detection = detectFamily(index, families);
  if (detection.known) return detection.family;
  throw new DanqingError('unknown-family', {
    where: index.file,
    expected: `a checkpoint of ${Object.values(families)
      .map(({ title }) => title)
      .join(', ')}`,
    found: `no family that fits; closest is ${detection.closest.title}, but not true are: ${detection.missing.join('; ')}`,
    advice: 'Check that the file is a whole checkpoint and not an add-on such as a LoRA or an embedding.',
  });
}
