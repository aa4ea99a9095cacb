import { DanqingError } from './errors.ts';
import type { Family, KeyLayout, KnownFamily } from './family.ts';
import { type Condition, type Evidence, holds } from './weights/evidence.ts';
import type { TensorIndex } from './weights/tensor-index.ts';
import type { Words } from './words.ts';

/** What a file was taken for, and why. */
export type Detection =
  | {
      readonly known: true;
      readonly family: KnownFamily;
      readonly layout: KeyLayout;
      readonly reasons: readonly Words[];
    }
  | {
      readonly known: false;
      /** The family of which most is there; undefined when nothing of any is. */
      readonly closest: KnownFamily | undefined;
      readonly reasons: readonly Words[];
      /** What would have to be true of the file for it to be that family. */
      readonly missing: readonly Words[];
    };

/** Recognises the family of a file by its key structure; `families` is the registry. */
export function detectFamily(index: TensorIndex, families: Readonly<Record<string, KnownFamily>>): Detection {
  const all = Object.values(families).flatMap((family) => family.layouts.map((layout) => ({ family, layout })));
  const fitting = all.find(({ layout }) => layout.evidence.every((evidence) => holds(evidence, index)));
  if (fitting !== undefined) return { known: true, ...fitting, reasons: words(fitting.layout.evidence) };
  const judged = all.map(({ family, layout }) => ({ family, ...judge(layout.evidence, index) }));
  const best = judged.reduce((a, b) => (b.share > a.share ? b : a));
  const closest = best.share > 0 ? best.family : undefined;
  return { known: false, closest, reasons: best.reasons, missing: best.missing };
}

/** Which of the evidence is true of a file and which is not, and the share of it that is, from 0 to 1. */
export function judge(evidence: readonly Evidence[], index: TensorIndex) {
  const held = evidence.filter((one) => holds(one, index));
  // That something is absent, or that there is little, is true of most files: it counts only beside what is there.
  const present = (list: readonly Evidence[]): number => list.filter(asksForSomething).length;
  const share = present(held) / Math.max(1, present(evidence));
  return {
    reasons: words(held),
    missing: words(evidence.filter((one) => !held.includes(one))),
    share: share === 0 ? 0 : 0.99 * share + (0.01 * held.length) / evidence.length,
  };
}

function asksForSomething(condition: Condition): boolean {
  if ('anyOf' in condition) return condition.anyOf.some(asksForSomething);
  if ('allOf' in condition) return condition.allOf.some(asksForSomething);
  return !('lacks' in condition || 'tensors' in condition || 'flat' in condition);
}

const words = (evidence: readonly Evidence[]): readonly Words[] => evidence.map(({ says }) => says);

/**
 * The family of a file that is to be drawn with.
 * @throws unknown-family, naming the closest family and what speaks against it; unsupported for a family that is only
 * recognised.
 */
export function familyOf(index: TensorIndex, families: Readonly<Record<string, KnownFamily>>): Family {
  const detection = detectFamily(index, families);
  const drawn = Object.values(families).filter(canDraw);
  const expected = `a checkpoint of ${drawn.map(({ title }) => title).join(', ')}`;
  if (!detection.known) {
    const against = detection.missing.map(({ en }) => en).join('; ');
    const closest =
      detection.closest === undefined
        ? 'and none that is close'
        : `closest is ${detection.closest.title}, but not true are: ${against}`;
    throw new DanqingError('unknown-family', {
      where: index.file,
      expected,
      found: `no family that fits; ${closest}`,
      advice: 'Check that the file is a whole checkpoint and not an add-on such as a LoRA or an embedding.',
    });
  }
  if (canDraw(detection.family)) return detection.family;
  throw new DanqingError('unsupported', {
    where: index.file,
    expected,
    found: `${detection.family.title}, which is recognised but cannot be drawn with yet`,
  });
}

/** Whether this version can draw with a family. */
export const canDraw = (family: KnownFamily): family is Family => 'parts' in family;
