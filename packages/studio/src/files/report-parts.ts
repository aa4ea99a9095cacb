import type { PartReport } from '@danqing/contract/file-changes';
import type { Tally } from '@danqing/engine/tensor/compile-expression';
import { CHANGE_PARTS, changePartOf } from '@danqing/engine/weights/keys/change-parts';

/** What there is to say about the values of a file, part by part; parts that it has not are left out. */
export function reportParts(tallies: ReadonlyMap<string, Tally>): PartReport[] {
  return CHANGE_PARTS.map((part) => {
    const own = [...tallies].filter(([name]) => changePartOf(name) === part).map(([, tally]) => tally);
    const sum = (count: (tally: Tally) => number): number => own.reduce((total, tally) => total + count(tally), 0);
    return {
      part,
      tensors: own.length,
      saturated: sum(({ saturated }) => saturated),
      nan: sum(({ nan }) => nan),
      infinite: sum(({ infinite }) => infinite),
    };
  }).filter(({ tensors }) => tensors > 0);
}
