import { chmod, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { makeFolder } from '@danqing/node/files/make-folder';
import { readingTrouble } from '@danqing/node/files/reading-trouble';
import { writeAtomic } from '@danqing/node/files/write-atomic';
import type { Environment } from '@danqing/node/network/proxy-choice';
import { homeFolder } from '../folders.ts';
import { endpointsFrom, type SiteId, sites } from './sites.ts';

/** Tokens by the origin (`https://civitai.com`) that they are meant for. */
export type Tokens = ReadonlyMap<string, string>;

/** The file of a person's tokens; nobody else may read it. */
export const tokensFile = (home = homeFolder()): string => join(home, 'tokens.json');

/**
 * The tokens of the file, and those of the environment for the sites at home. Permissions that let others read the file are
 * taken away.
 * @throws bad-file when the file is damaged; io. Neither says what is in it.
 */
export async function readTokens(env: Environment = {}, file = tokensFile()): Promise<Tokens> {
  const tokens = new Map(await readFromFile(file));
  for (const { home, tokenVariables } of Object.values(sites)) {
    const value = tokenVariables.map((name) => env[name]?.trim()).find((each) => each !== undefined && each !== '');
    // What was set on purpose for this program counts more.
    if (value !== undefined && !tokens.has(home.origin)) tokens.set(home.origin, value);
  }
  return tokens;
}

/** What is known of a site's token; never the token itself. */
export interface TokenState {
  readonly site: SiteId;
  readonly title: string;
  /** Where it is sent, and nowhere else. */
  readonly origin: string;
  /** Where the token is from; absent where there is none. */
  readonly from?: 'file' | 'environment';
  /** Where its users make tokens. */
  readonly page: string;
}

/** Whether there are tokens for the sites, at the mirrors that the environment names. @throws as `readTokens` does. */
export async function tokenStates(env: Environment, file = tokensFile()): Promise<TokenState[]> {
  const endpoints = endpointsFrom(env);
  const [kept, all] = [await readFromFile(file), await readTokens(env, file)];
  return Object.values(sites).map(({ id, title, tokenPage }) => {
    const { origin } = endpoints[id];
    const from = kept.has(origin) ? 'file' : all.has(origin) ? 'environment' : undefined;
    return { site: id, title, origin, page: tokenPage, ...(from && { from }) };
  });
}

/** Keeps a token for an origin. @throws bad-value for what can be no token; io. */
export async function setToken(origin: string, token: string, file = tokensFile()): Promise<void> {
  const trimmed = token.trim();
  if (!/^[\x21-\x7e]{8,1024}$/.test(trimmed)) {
    throw new DanqingError('bad-value', {
      where: `the token for ${origin}`,
      expected: '8 to 1024 letters and digits without spaces',
      found: trimmed === '' ? 'nothing' : 'something else',
    });
  }
  const tokens = await readFromFile(file);
  await save(file, tokens.set(origin, trimmed));
}

/** Forgets a token; answers whether there was one. */
export async function removeToken(origin: string, file = tokensFile()): Promise<boolean> {
  const tokens = await readFromFile(file);
  if (!tokens.delete(origin)) return false;
  await save(file, tokens);
  return true;
}

/** The token for exactly the server of a URL. It is not sent over a connection that others can read, except to this machine. */
export function tokenFor(url: URL, tokens: Tokens): string | undefined {
  const isPrivate = url.protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  return isPrivate ? tokens.get(url.origin) : undefined;
}

async function save(file: string, tokens: Tokens): Promise<void> {
  await makeFolder(dirname(file));
  await writeAtomic(file, `${JSON.stringify(Object.fromEntries(tokens), undefined, 2)}\n`, { mode: 0o600 });
}

async function readFromFile(file: string): Promise<Map<string, string>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
    if (((await stat(file)).mode & 0o077) !== 0) await chmod(file, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw readingTrouble(file, error);
  }
  try {
    const entries = Object.entries(JSON.parse(text) as Record<string, unknown>);
    return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    throw new DanqingError('bad-file', {
      where: file,
      expected: 'tokens in JSON',
      found: 'something else',
      advice: 'Remove the file, and set the tokens again.',
    });
  }
}
