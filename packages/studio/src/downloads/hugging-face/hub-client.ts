import { type HubTreeEntry, hubTree } from '@danqing/contract/hugging-face';
import { understand } from '@danqing/contract/lenient';
import { DanqingError } from '@danqing/engine/errors';
import { discard, type HttpClient } from '@danqing/node/network/http-client';
import { HttpTrouble, showUrl } from '@danqing/node/network/http-trouble';
import { requestJson, troubleOf } from '@danqing/node/network/read-body';
import { DEFAULT_RETRIES, type RetryPolicy, withRetries } from '@danqing/node/network/retry';
import { type HubPlace, hubUrl } from './hub-link.ts';

/** What the Hub says of a file without sending it. */
export interface HubFile {
  /** Address that goes on meaning these very bytes. */
  readonly url: URL;
  readonly sizeBytes?: number;
  readonly sha256?: string;
}

/** More files than this are not listed: no repository of a model is so large. */
const TREE_LIMIT = 20_000;

/**
 * Asks about a file, as `huggingface_hub` does: the first answer, before it leads to another host, has size and checksum.
 * @throws missing, denied, network.
 */
export async function askHubFile(
  http: HttpClient,
  place: HubPlace,
  signal?: AbortSignal,
  retries: RetryPolicy = DEFAULT_RETRIES,
): Promise<HubFile> {
  const url = hubUrl(place, 'resolve', place.revision, place.path);
  const ask = async (): Promise<HubFile> => {
    const headers = { 'accept-encoding': 'identity' };
    const reply = await http.request(url, { method: 'HEAD', redirects: 'same-host', headers, signal });
    const isRedirect = reply.status >= 300 && reply.status < 400;
    if (reply.status !== 200 && !isRedirect) throw await troubleOf(http, reply);
    discard(reply);
    const { 'x-linked-etag': linked, 'x-linked-size': linkedSize, 'x-repo-commit': commit } = reply.headers;
    const etag = textOf(linked) ?? reply.headers.etag;
    const sha256 = /^(?:W\/)?"?([\da-f]{64})"?$/.exec(etag ?? '')?.[1];
    const size = textOf(linkedSize) ?? (isRedirect ? undefined : reply.headers['content-length']);
    return {
      url: hubUrl(place, 'resolve', textOf(commit) ?? place.revision, place.path),
      ...(size !== undefined && /^\d+$/.test(size) && { sizeBytes: Number(size) }),
      ...(sha256 !== undefined && { sha256 }),
    };
  };
  return withRetries(() => explained(place, ask()), retries, signal);
}

/**
 * The files below a folder of a repository, all folders deep.
 * @throws missing, denied, network.
 */
export async function listHubTree(
  http: HttpClient,
  place: HubPlace,
  signal?: AbortSignal,
  retries: RetryPolicy = DEFAULT_RETRIES,
): Promise<HubTreeEntry[]> {
  const { endpoint, type, repository, revision, path } = place;
  const at = `api/${type}/${repository}/tree/${encodeURIComponent(revision)}${path && `/${encodeURIComponent(path)}`}`;
  let url: URL | undefined = new URL(`${endpoint.href.replace(/\/*$/, '/')}${at}?recursive=true`);
  const found: HubTreeEntry[] = [];
  while (url !== undefined && found.length < TREE_LIMIT) {
    const page = await explained(place, requestJson(http, url, { signal }, retries));
    found.push(...(understand(hubTree, page.value) ?? []).filter((entry) => entry.type === 'file'));
    url = nextPage(page.headers['link'], url);
  }
  return found;
}

/** The next page, at the same host only: the answer of a server is no reason to ask another one. */
function nextPage(header: string | string[] | undefined, from: URL): URL | undefined {
  const target = /<([^>]+)>\s*;\s*rel="?next"?/.exec(String(header ?? ''))?.[1];
  if (target === undefined || !URL.canParse(target, from.href)) return undefined;
  const url = new URL(target, from);
  // Mirrors hand on the answer of the Hub with its addresses.
  return new URL(`${from.origin}${url.pathname}${url.search}`);
}

/** Says in the words of the Hub what its errors mean. */
async function explained<T>(place: HubPlace, action: Promise<T>): Promise<T> {
  try {
    return await action;
  } catch (error) {
    if (!(error instanceof HttpTrouble)) throw error;
    const { repository, revision, path } = place;
    const where = `Hugging Face › ${repository}${path && ` › ${path}`}`;
    switch (error.serverCode) {
      case 'GatedRepo': {
        const page = showUrl(new URL(`${place.endpoint.href.replace(/\/*$/, '/')}${repository}`));
        const advice = `Agree to its conditions at ${page}, then set the token of that account: \`danqing tokens set huggingface\`.`;
        throw new DanqingError('denied', { where, expected: 'access', found: 'that its author wants consent', advice });
      }
      case 'RepoNotFound': {
        const advice =
          'Check the name. If it is private, set a token that may read it: `danqing tokens set huggingface`.';
        throw new DanqingError('missing', { where, expected: 'a repository of that name', found: 'none', advice });
      }
      case 'RevisionNotFound':
        throw new DanqingError('missing', { where, expected: `a branch or commit “${revision}”`, found: 'none' });
      case 'EntryNotFound':
        throw new DanqingError('missing', { where, expected: 'a file or folder of that name', found: 'none' });
      default:
        throw error;
    }
  }
}

const textOf = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : undefined;
