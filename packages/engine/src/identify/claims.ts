import type { KnownFamily } from '../family.ts';
import type { TensorIndex } from '../weights/tensor-index.ts';
import type { AddOnFact, Conflict } from './identification.ts';

/** Notes in which trainers and converters say what a file is for. */
const NOTES = ['modelspec.architecture', 'ss_base_model_version', 'general.architecture'];

/** Where the notes of a file name another family than its shapes show, or another rank. */
export function findConflicts(
  index: TensorIndex,
  shown: readonly KnownFamily[],
  families: readonly KnownFamily[],
  addOn: AddOnFact | undefined,
): Conflict[] {
  const conflicts: Conflict[] = [];
  for (const note of NOTES) {
    const said = index.metadata.get(note)?.trim();
    const claimed = said === undefined ? undefined : claimedFamily(said, families);
    if (claimed === undefined || shown.length === 0 || shown.includes(claimed)) continue;
    conflicts.push({
      about: { en: 'base model', zh: '底模' },
      said: `${note}: ${said!.slice(0, 100)}`,
      shown: shown.map(({ title }) => title).join(', '),
    });
  }
  const rank = index.metadata.get('ss_network_dim');
  const ranks = addOn?.ranks.map((one) => one.rank) ?? [];
  if (rank !== undefined && ranks.length > 0 && /^\d+$/.test(rank) && !ranks.includes(Number(rank))) {
    conflicts.push({ about: { en: 'rank', zh: '秩' }, said: `ss_network_dim: ${rank}`, shown: ranks.join(', ') });
  }
  return conflicts;
}

/** The family that a text means: the one with the longest beginning of it. */
function claimedFamily(said: string, families: readonly KnownFamily[]): KnownFamily | undefined {
  const text = said.toLowerCase();
  let best: { readonly family: KnownFamily; readonly length: number } | undefined;
  for (const family of families) {
    for (const claim of family.claims) {
      if (text.startsWith(claim) && claim.length > (best?.length ?? 0)) best = { family, length: claim.length };
    }
  }
  return best?.family;
}
