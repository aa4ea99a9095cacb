import { basename, dirname, extname } from 'node:path';
import { isSafeContainer } from './is-safe-container.ts';

/** Everything that decides which VAE a checkpoint is used with. */
export interface VaeQuestion {
  /** Path of the checkpoint. */
  readonly checkpoint: string;
  /** Name or path of a VAE, Automatic or None, for this very picture; undefined: nothing is asked for. */
  readonly asked?: string | undefined;
  /** A1111's option `sd_vae`: Automatic, None, or a name. */
  readonly setting: string;
  /** A1111's option `sd_vae_overrides_per_model_preferences`. */
  readonly settingFirst: boolean;
  /** What is noted for the checkpoint: Automatic, None, or a name. */
  readonly note?: string | undefined;
  /** Paths of the VAEs that are installed. */
  readonly listed: readonly string[];
}

/** Which VAE, and why. */
export interface VaeAnswer {
  /** Path of its file; undefined: the one inside the checkpoint. */
  readonly file: string | undefined;
  readonly why: string;
  /** Whether nobody chose it: one that does not fit may then be passed over. */
  readonly automatic: boolean;
  /** What could not be followed. */
  readonly notes: readonly string[];
}

/**
 * Chooses the VAE in the order of A1111: what is asked for; the setting, if it counts first; the note for the checkpoint; a VAE whose
 * name begins with the checkpoint's, the very name before longer ones; the setting.
 */
export function resolveVae(question: VaeQuestion): VaeAnswer {
  const { checkpoint, asked, setting, settingFirst, note, listed } = question;
  const notes: string[] = [];
  const answer = (file: string | undefined, why: string, automatic = false): VaeAnswer => ({
    file,
    why,
    automatic,
    notes,
  });
  /** What a name means; undefined where it leaves the choice to others. */
  const follow = (name: string | undefined, whyFile: string, whyNone: string): VaeAnswer | undefined => {
    if (name === undefined || isAutomatic(name)) return undefined;
    if (/^none$/i.test(name)) return answer(undefined, whyNone);
    const file = findVae(name, listed);
    if (file !== undefined) return answer(file, whyFile);
    notes.push(`There is no VAE named ${name}.`);
    return undefined;
  };
  const inside = (): VaeAnswer => answer(undefined, 'inside the checkpoint', true);

  const byRequest = follow(asked, 'asked for', 'asked for the one inside the checkpoint');
  if (byRequest !== undefined) return byRequest;
  const bySetting = () => follow(setting, 'chosen in the settings', 'the settings turn other VAEs off');
  if (settingFirst && !isAutomatic(setting)) return bySetting() ?? inside();
  const byNote = follow(note, 'noted for this checkpoint', 'the note for this checkpoint turns other VAEs off');
  if (byNote !== undefined) return byNote;
  const near = findNear(checkpoint, listed);
  if (near !== undefined) {
    const why = stemOf(near) === stemOf(checkpoint) ? '' : `: its name begins with ${stemOf(checkpoint)}`;
    return answer(near, `found near the checkpoint${why}`, true);
  }
  return bySetting() ?? inside();
}

/** The installed VAE that a name means: its path, file name or stem; letter case counts only where two differ by it. */
export function findVae(name: string, listed: readonly string[]): string | undefined {
  const calls = [(path: string) => path, (path: string) => basename(path), stemOf];
  const fold = (text: string): string => text.toLowerCase();
  for (const same of [(text: string) => text === name, (text: string) => fold(text) === fold(name)]) {
    for (const call of calls) {
      const found = bySafety(listed).find((path) => same(call(path)));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

const isAutomatic = (name: string): boolean => name === '' || /^auto(?:matic)?$/i.test(name);

function findNear(checkpoint: string, listed: readonly string[]): string | undefined {
  const stem = basename(checkpoint, extname(checkpoint));
  const near = bySafety(listed).filter((path) => path !== checkpoint && basename(path).startsWith(stem));
  const rank = (path: string): number =>
    // The very name; then beside the checkpoint; then the shortest, which is likeliest to be meant.
    (stemOf(path) === stem ? 0 : 1e6) + (dirname(path) === dirname(checkpoint) ? 0 : 1e3) + stemOf(path).length;
  return near.sort((a, b) => rank(a) - rank(b))[0];
}

/** Of several files of one name, the one that cannot hold code comes first. */
const bySafety = (paths: readonly string[]): string[] =>
  [...paths].sort((a, b) => Number(!isSafeContainer(a)) - Number(!isSafeContainer(b)) || (a < b ? -1 : 1));

const stemOf = (path: string): string => basename(path, extname(path)).replace(/\.vae$/i, '');
