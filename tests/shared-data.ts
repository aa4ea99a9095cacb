import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const shared = fileURLToPath(new URL('../../shared/', import.meta.url));

/**
 * Absolute path of a real community file or recorded result that lies beside the checkout in `../shared/data`.
 * @throws when it is absent, saying where it was looked for.
 */
export const sharedData = (path: string): string => existing(`data/${path}`);

/** The same for the written specification in `../shared/spec`. */
export const sharedSpec = (path: string): string => existing(`spec/${path}`);

function existing(path: string): string {
  const full = shared + path;
  if (!existsSync(full)) throw new Error(`Test data is missing: ${full}. Put the shared folder beside the checkout.`);
  return full;
}
