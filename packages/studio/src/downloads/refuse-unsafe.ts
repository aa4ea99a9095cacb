import { DanqingError } from '@danqing/engine/errors';
import { worstGrade } from '@danqing/engine/weights/scan/grade';
import type { Arrival } from './examine-arrival.ts';

/** Asks a person whether a file with code of unknown meaning may be kept; absent when nobody can be asked. */
export type AskConsent = (name: string, findings: string) => Promise<boolean>;

/**
 * Lets a file pass that brings no code along, or whose code a person knows. What is known to do harm never passes.
 * @throws denied with the names and where the file is kept out of the way.
 */
export async function refuseUnsafe(
  name: string,
  partPath: string,
  { format, scan }: Arrival,
  consent: AskConsent | undefined,
): Promise<string | undefined> {
  const { findings } = scan;
  // What cannot be looked into counts where a program might take the file for a pickle.
  const blind = format !== undefined || PICKLE_ENDING.test(name) ? scan.blind : [];
  const grade = worstGrade([...findings.map((finding) => finding.grade), ...blind.map(() => 'unknown' as const)]);
  if (grade === 'safe') return undefined;
  const feared = findings
    .filter((finding) => finding.grade !== 'safe')
    .map(({ module, name: global, reason }) => `${module}.${global} (${reason})`);
  const unseen = blind.map(({ reason }) => reason);
  const found = listed([...feared, ...unseen]);
  if (grade === 'unknown' && (await consent?.(name, found)) === true) {
    return `It names code that is not known to be harmless, and was kept because you said so: ${found}.`;
  }
  throw new DanqingError('denied', {
    where: name,
    expected: 'a model without code',
    found,
    advice:
      grade === 'dangerous'
        ? `It was not put among the models. It is kept as ${partPath}, where nothing loads it: delete it.`
        : `It was not put among the models. If you know what this is, confirm it (--yes); it is kept as ${partPath} till then.`,
  });
}

/** Endings of files that programs load as pickles, or as archives of them. */
const PICKLE_ENDING = /\.(?:ckpt|pt|pth|bin|pkl|pickle|joblib|npy|npz|dat|data)$/i;

function listed(items: readonly string[]): string {
  const some = items.slice(0, 5).join('; ');
  return items.length > 5 ? `${some}; ${items.length - 5} more` : some;
}
