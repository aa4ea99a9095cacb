import { join, resolve } from 'node:path';
import { VERSION } from '@danqing/engine/version';
import { HttpClient } from '@danqing/node/network/http-client';
import { HttpTrouble } from '@danqing/node/network/http-trouble';
import type { Environment } from '@danqing/node/network/proxy-choice';
import type { RetryPolicy } from '@danqing/node/network/retry';
import { cacheFolder, homeFolder } from '../folders.ts';
import { type Catalogue, openCatalogue } from '../library/catalogue.ts';
import { annotateFile } from './civitai/annotate-files.ts';
import { CivitaiClient } from './civitai/civitai-client.ts';
import { download, type Downloaded, type DownloadOptions } from './download.ts';
import { isOutOfReach, otherWays, withOtherWays } from './other-links.ts';
import { readLink } from './read-link.ts';
import { ResponseCache } from './response-cache.ts';
import { type Endpoints, endpointsFrom, type Site, sites } from './sites.ts';
import type { Link, LookUp } from './source.ts';
import { discardParts } from './staging.ts';
import { readTokens, tokenFor, type Tokens, tokensFile } from './tokens.ts';

/** How the outside world is reached. */
export interface DownloadsOptions {
  /** Folder of models and settings. */
  readonly home?: string;
  /** Folder in which answers are kept for some time. */
  readonly cache?: string;
  /** Proxies, mirrors and tokens are read from here. */
  readonly env?: Environment;
  /** Whether links may lead to this machine or its local network. */
  readonly allowPrivate?: boolean;
  /** The one that comes with the program, unless another is given. */
  readonly catalogue?: Catalogue;
  readonly retries?: RetryPolicy;
  readonly connectTimeoutMs?: number;
  readonly stallTimeoutMs?: number;
}

/** What may be said of a single download. */
export type FetchOptions = Omit<DownloadOptions, 'home' | 'retries'> & Pick<LookUp, 'choose'>;

/** Everything that is fetched from elsewhere goes through here. Close it when it is no longer needed. */
export class Downloads {
  readonly home: string;
  readonly endpoints: Endpoints;
  readonly civitai: CivitaiClient;
  readonly http: HttpClient;
  readonly #catalogue: Catalogue;
  readonly #retries: RetryPolicy | undefined;
  readonly #tokens: Map<string, string>;

  /** @throws bad-value for mirrors that are no addresses; bad-file or io for the file of tokens. */
  static async open(options: DownloadsOptions = {}): Promise<Downloads> {
    const { env = process.env, home = homeFolder() } = options;
    return new Downloads({ ...options, env, home }, endpointsFrom(env), await readTokens(env, tokensFile(home)));
  }

  private constructor(options: DownloadsOptions, endpoints: Endpoints, tokens: Tokens) {
    const { home = homeFolder(), cache = cacheFolder(), env = {}, allowPrivate = false, retries } = options;
    this.#catalogue = options.catalogue ?? openCatalogue();
    this.#retries = retries;
    this.#tokens = new Map(tokens);
    this.home = home;
    this.endpoints = endpoints;
    // A mirror at a private address was named on purpose.
    const mirrors = Object.values(sites)
      .map(({ id, home: own }) => ({ own, endpoint: endpoints[id] }))
      .filter(({ own, endpoint }) => own.origin !== endpoint.origin)
      .map(({ endpoint }) => endpoint.origin);
    this.http = new HttpClient({
      userAgent: `danqing/${VERSION}`,
      env,
      mayBePrivate: (url) => allowPrivate || mirrors.includes(url.origin),
      tokenFor: (url) => tokenFor(url, this.#tokens),
      ...(options.connectTimeoutMs !== undefined && { connectTimeoutMs: options.connectTimeoutMs }),
      ...(options.stallTimeoutMs !== undefined && { stallTimeoutMs: options.stallTimeoutMs }),
    });
    this.civitai = new CivitaiClient(this.http, endpoints.civitai, new ResponseCache(join(cache, 'civitai')), retries);
  }

  /** Understands a link, or whatever else names a model. A token that was written into it is used from now on. @throws bad-value. */
  read(text: string): Link {
    const link = readLink(text, this.endpoints, this.#catalogue);
    if (link.token !== undefined) this.#tokens.set(link.token.origin, link.token.value);
    return link;
  }

  /**
   * Fetches what a link leads to and puts it where it belongs. Where that cannot be had from there, and the catalogue knows other
   * links to the same model, a person is offered those.
   * @throws what `download` throws, with the other links; where a site refuses, with the token that is missing or not enough.
   */
  async fetch(text: string, options: FetchOptions = {}): Promise<Downloaded[]> {
    const link = this.read(text);
    try {
      return await this.#fetchLink(link, options);
    } catch (error) {
      if (!isOutOfReach(error)) throw this.#withTokenAdvice(error);
      const ways = otherWays(link, this.#catalogue, this.endpoints);
      if (ways === undefined) throw error;
      const [chosen] = ways.links.length === 0 ? [] : ((await options.choose?.(ways.links, error.message)) ?? []);
      if (chosen === undefined) throw withOtherWays(error, ways);
      return this.#fetchLink(this.read(ways.links[chosen]!.link), options);
    }
  }

  /** Removes what was fetched for a link and is not finished. */
  async discard(text: string, to?: string): Promise<void> {
    await discardParts(to === undefined ? this.home : resolve(to), this.read(text));
  }

  /** Closes connections. */
  close(): void {
    this.http.close();
  }

  async #fetchLink(link: Link, { choose, to, ...options }: FetchOptions): Promise<Downloaded[]> {
    const { http, civitai, endpoints, home } = this;
    const lookUp = { http, civitai, endpoints, choose };
    const done = await download(link, lookUp, {
      ...options,
      home,
      retries: this.#retries,
      ...(to !== undefined && { to: resolve(to) }),
    });
    return Promise.all(done.map((each) => this.#annotate(each, options.signal)));
  }

  /** Writes beside a model what its site says of it; trouble with that is a note. */
  async #annotate(done: Downloaded, signal: AbortSignal | undefined): Promise<Downloaded> {
    const { civitai: version } = done.offer;
    if (version === undefined) return done;
    const { notes } = await annotateFile(done, version, undefined, { civitai: this.civitai, http: this.http, signal });
    return { ...done, notes: [...done.notes, ...notes] };
  }

  #withTokenAdvice(error: unknown): unknown {
    if (!(error instanceof HttpTrouble) || error.code !== 'denied' || error.status === undefined) return error;
    const { trouble, status, passing } = error;
    const site = Object.values(sites).find(({ id }) => trouble.where.startsWith(this.endpoints[id].origin));
    if (site === undefined) return error;
    return new HttpTrouble('denied', { ...trouble, advice: this.#tokenAdvice(site) }, { status, passing });
  }

  #tokenAdvice({ id, title, tokenPage, home }: Site): string {
    const { origin } = this.endpoints[id];
    if (this.#tokens.has(origin))
      return `The token that is kept for ${title} does not suffice: the account may lack the right, or it is old (${tokenPage}).`;
    const elsewhere = origin !== home.origin && this.#tokens.has(home.origin);
    const why = elsewhere ? ` The token for ${home.origin} is not sent to ${origin}.` : '';
    return `It wants to know who asks: make a token at ${tokenPage} and keep it with \`danqing tokens set ${id}\`.${why}`;
  }
}
