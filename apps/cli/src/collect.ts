import { InvalidArgumentError } from 'commander';
import type { Messages } from './messages/index.ts';

/** Gathers `key=value` options; the last of a key counts. */
export const collectPair =
  ({ changes }: Messages) =>
  (text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> => {
    const at = text.indexOf('=');
    if (at < 1) throw new InvalidArgumentError(changes.badPair);
    return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
  };

/** Gathers options that may be repeated. */
export const collect = (text: string, before: readonly string[] = []): string[] => [...before, text];
