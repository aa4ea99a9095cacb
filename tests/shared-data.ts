import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../shared/data/', import.meta.url));

/**
 * Absolute path of a real community file or recorded result that lies beside the checkout in `../shared/data`.
 * @throws when it is absent, saying where it was looked for.
 */
export function sharedData(path: string): string {
  const full = root + path;
  if (!existsSync(full)) throw new Error(`Test data is missing: ${full}. Put the shared folder beside the checkout.`);
  return full;
}
