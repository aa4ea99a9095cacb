import type { Draft } from './infotext-fields.ts';
import type { SettingName } from './recorded-settings.ts';

/** A released version, a commit count after it, or a candidate before it; compared as Python packages compare them. */
interface Version {
  readonly numbers: readonly number[];
  /** −1 for a candidate, 0 for the release, then the number of commits after it. */
  readonly after: number;
}

/**
 * Switches on what older versions of A1111 did otherwise, as its own page does on paste, from the version that is
 * recorded. Does nothing without a version, or for one that is not A1111's (as ours is not).
 */
export function restoreOldBehaviour(draft: Draft): void {
  const version = parseVersion(draft.version);
  if (version === undefined) return;
  const enable = (name: SettingName): void => void (draft.settings = { ...draft.settings, [name]: true });
  if (isBefore(version, V1_6_0) && draft.prompt.includes('[')) enable('use_old_scheduling');
  if (isBefore(version, V1_6_0) && (draft.samplerName === 'DDIM' || draft.samplerName === 'PLMS')) {
    enable('pad_cond_uncond_v0');
  }
  if (isBefore(version, V1_7_0_225)) enable('use_downcasted_alpha_bar');
  if (isBefore(version, V1_8_0) && (draft.refiner?.checkpoint ?? '') !== '') enable('refiner_switch_by_sample_steps');
}

const V1_6_0: Version = { numbers: [1, 6], after: 0 };
const V1_7_0_225: Version = { numbers: [1, 7], after: 225 };
const V1_8_0: Version = { numbers: [1, 8], after: 0 };

/** Reads `v1.10.1`, `1.6.0-RC`, `v1.7.0-225-g1a2b3c4` (225 commits after 1.7.0); undefined for anything else. */
function parseVersion(text: string | undefined): Version | undefined {
  const described = text === undefined ? null : /^([^-]+-[^-]+)-/.exec(text);
  const name = (described ? described[1]! : (text ?? '')).trim().toLowerCase();
  const match = /^v?(\d{1,9}(?:\.\d{1,9})*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?\d*|-(\d{1,9}))?$/.exec(
    name,
  );
  if (!match) return undefined;
  const numbers = match[1]!.split('.').map(Number);
  while (numbers.at(-1) === 0) numbers.pop();
  return { numbers, after: match[2] ? -1 : Number(match[3] ?? 0) };
}

function isBefore(a: Version, b: Version): boolean {
  for (let i = 0; i < Math.max(a.numbers.length, b.numbers.length); i++) {
    const difference = (a.numbers[i] ?? 0) - (b.numbers[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return a.after < b.after;
}
