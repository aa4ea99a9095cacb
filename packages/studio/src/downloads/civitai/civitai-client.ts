import {
  type CivitaiImage,
  civitaiImagePage,
  type CivitaiModel,
  civitaiModel,
  civitaiModelPage,
  type CivitaiVersion,
  civitaiVersion,
} from '@danqing/contract/civitai';
import { listOf, type Shape, understand } from '@danqing/contract/lenient';
import type { HttpClient } from '@danqing/node/network/http-client';
import { HttpTrouble, showUrl } from '@danqing/node/network/http-trouble';
import { requestJson } from '@danqing/node/network/read-body';
import type { RetryPolicy } from '@danqing/node/network/retry';
import type { ResponseCache } from '../response-cache.ts';
import { at } from '../sites.ts';

/** What to look for; everything may be left out. */
export interface CivitaiSearch {
  readonly words?: string;
  /** Civitai's types. */
  readonly types?: readonly string[];
  readonly baseModels?: readonly string[];
  readonly sort?: 'Highest Rated' | 'Most Downloaded' | 'Newest';
  readonly period?: 'AllTime' | 'Year' | 'Month' | 'Week' | 'Day';
  /** Whether pictures and models that are not for everybody are shown. */
  readonly nsfw?: boolean;
  readonly tag?: string;
  readonly username?: string;
  /** 1 to 100. */
  readonly limit?: number;
  /** From the page before. */
  readonly cursor?: string;
}

/** A page of results; without a cursor it is the last one. */
export interface CivitaiPage<T> {
  readonly items: readonly T[];
  readonly cursor?: string;
  /** Since when the answer is out of date because Civitai could not be asked. */
  readonly staleSince?: Date;
}

const MINUTE_MS = 60_000;
const LIST_AGE_MS = 10 * MINUTE_MS;
const MODEL_AGE_MS = 60 * MINUTE_MS;
/** Versions hardly change once they are there. */
const VERSION_AGE_MS = 24 * 60 * MINUTE_MS;
/** What Civitai takes in one request. */
const HASHES_AT_ONCE = 100;
const IDS_AT_ONCE = 100;

/** Asks Civitai's site API (https://developer.civitai.com/site/reference/), or a mirror of it; answers are kept for some time. */
export class CivitaiClient {
  readonly endpoint: URL;
  readonly #http: HttpClient;
  readonly #cache: ResponseCache;
  readonly #retries: RetryPolicy | undefined;

  constructor(http: HttpClient, endpoint: URL, cache: ResponseCache, retries?: RetryPolicy) {
    this.#http = http;
    this.endpoint = endpoint;
    this.#cache = cache;
    this.#retries = retries;
  }

  /** Models that fit; full-text search wants cursors, not pages. */
  async search(search: CivitaiSearch, signal?: AbortSignal): Promise<CivitaiPage<CivitaiModel>> {
    const { words, types = [], baseModels = [], nsfw, limit = 20, ...others } = search;
    const query = new URLSearchParams({ limit: String(limit) });
    if (words !== undefined && words !== '') query.set('query', words);
    for (const type of types) query.append('types', type);
    for (const base of baseModels) query.append('baseModels', base);
    if (nsfw !== undefined) query.set('nsfw', String(nsfw));
    for (const [name, value] of Object.entries(others)) query.set(name, value);
    const { value, ...rest } = await this.#get(`models?${query.toString()}`, LIST_AGE_MS, signal);
    const page = this.#understand(civitaiModelPage, 'models', value);
    return { items: page.items, ...cursorOf(page.metadata), ...rest };
  }

  /** A model with its versions. @throws HttpTrouble missing when there is none of that number. */
  async model(id: number, signal?: AbortSignal): Promise<CivitaiModel> {
    const path = `models/${id}`;
    return this.#understand(civitaiModel, path, (await this.#get(path, MODEL_AGE_MS, signal)).value);
  }

  /** A version. @throws HttpTrouble missing when there is none of that number, or it is not published. */
  async version(id: number, signal?: AbortSignal): Promise<CivitaiVersion> {
    const path = `model-versions/${id}`;
    return this.#understand(civitaiVersion, path, (await this.#get(path, MODEL_AGE_MS, signal)).value);
  }

  /** The version that a file belongs to, by any hash that Civitai knows; undefined when it does not know it. */
  async versionByHash(hash: string, signal?: AbortSignal): Promise<CivitaiVersion | undefined> {
    const path = `model-versions/by-hash/${encodeURIComponent(hash)}`;
    try {
      return this.#understand(civitaiVersion, path, (await this.#get(path, VERSION_AGE_MS, signal)).value);
    } catch (error) {
      if (error instanceof HttpTrouble && error.status === 404) return undefined;
      throw error;
    }
  }

  /** The versions that files belong to, by their SHA-256 in small letters; files that Civitai does not know are left out. */
  async versionsByHashes(sha256s: readonly string[], signal?: AbortSignal): Promise<Map<string, CivitaiVersion>> {
    const found = new Map<string, CivitaiVersion>();
    for (const some of portions([...new Set(sha256s)].sort(), HASHES_AT_ONCE)) {
      for (const version of await this.#versionsOf(some, signal)) {
        const hashes = version.files.map((file) => file.hashes?.['SHA256']?.toLowerCase());
        for (const hash of some.filter((each) => hashes.includes(each))) found.set(hash, version);
      }
    }
    return found;
  }

  async #versionsOf(sha256s: readonly string[], signal: AbortSignal | undefined): Promise<CivitaiVersion[]> {
    try {
      return listOf(civitaiVersion).parse(await this.#post('model-versions/by-hash', sha256s, signal));
    } catch (error) {
      // Mirrors may know only the older request for a single hash.
      if (!(error instanceof HttpTrouble) || ![400, 404, 405, 501].includes(error.status ?? 0)) throw error;
    }
    const versions: CivitaiVersion[] = [];
    for (const sha256 of sha256s) {
      const version = await this.versionByHash(sha256, signal);
      if (version !== undefined) versions.push(version);
    }
    return versions;
  }

  /** Models with their versions, by number; those that are gone are left out. */
  async models(ids: readonly number[], signal?: AbortSignal): Promise<Map<number, CivitaiModel>> {
    const found = new Map<number, CivitaiModel>();
    for (const some of portions(
      [...new Set(ids)].sort((a, b) => a - b),
      IDS_AT_ONCE,
    )) {
      const query = new URLSearchParams({ ids: some.join(','), limit: String(IDS_AT_ONCE), nsfw: 'true' });
      const { value } = await this.#get(`models?${query.toString()}`, MODEL_AGE_MS, signal);
      for (const model of this.#understand(civitaiModelPage, 'models', value).items) found.set(model.id, model);
    }
    return found;
  }

  /** Example pictures of a version or a model, with what they say of their making. */
  async images(
    of: { readonly modelId: number } | { readonly modelVersionId: number },
    { limit = 20, cursor }: { readonly limit?: number; readonly cursor?: string } = {},
    signal?: AbortSignal,
  ): Promise<CivitaiPage<CivitaiImage>> {
    const query = new URLSearchParams({ limit: String(limit), withMeta: 'true' });
    for (const [name, value] of Object.entries(of)) query.set(name, String(value));
    if (cursor !== undefined) query.set('cursor', cursor);
    const { value, ...rest } = await this.#get(`images?${query.toString()}`, LIST_AGE_MS, signal);
    const page = this.#understand(civitaiImagePage, 'images', value);
    return { items: page.items, ...cursorOf(page.metadata), ...rest };
  }

  #get(path: string, maxAgeMs: number, signal: AbortSignal | undefined) {
    const url = at(this.endpoint, `api/v1/${path}`);
    return this.#cache.get(url.href, maxAgeMs, async () => (await this.#ask(url, { signal })).value);
  }

  async #post(path: string, body: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    const url = at(this.endpoint, `api/v1/${path}`);
    const text = JSON.stringify(body);
    const request = { method: 'POST', body: text, headers: { 'content-type': 'application/json' }, signal } as const;
    const ask = async (): Promise<unknown> => (await this.#ask(url, request)).value;
    return (await this.#cache.get(`${url.href} ${text}`, VERSION_AGE_MS, ask)).value;
  }

  #understand<T>(shape: Shape<T>, path: string, value: unknown): T {
    const understood = understand(shape, value);
    if (understood !== undefined) return understood;
    const where = showUrl(at(this.endpoint, `api/v1/${path}`));
    const trouble = { where, expected: 'an answer as Civitai documents it', found: 'another one' };
    throw new HttpTrouble('network', trouble, { passing: false });
  }

  #ask(url: URL, request: Parameters<typeof requestJson>[2]) {
    return requestJson(this.#http, url, request, this.#retries);
  }
}

const cursorOf = (metadata: { readonly nextCursor?: string | number | undefined } | undefined): { cursor?: string } =>
  metadata?.nextCursor === undefined ? {} : { cursor: String(metadata.nextCursor) };

function portions<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
