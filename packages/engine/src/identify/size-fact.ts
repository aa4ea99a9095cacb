import type { SizeFact } from './identification.ts';
import type { Kind } from './kind.ts';

/** The size of a file beside what is usual for its kind. */
export function sizeFact({ usualBytes }: Kind, bytes: number): SizeFact {
  if (usualBytes === undefined) return { bytes, usual: undefined, verdict: undefined };
  const [least, most] = usualBytes;
  return { bytes, usual: usualBytes, verdict: bytes < least ? 'small' : bytes > most ? 'large' : 'usual' };
}
