import { Agent, type IncomingHttpHeaders, type IncomingMessage, request as requestPlain } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { DanqingError } from '@danqing/engine/errors';
import { lookupPublic, refusePrivateHost } from './guarded-lookup.ts';
import { connectionTrouble, HttpTrouble, showUrl } from './http-trouble.ts';
import { openSocket, proxyAuthorization, type SocketTarget, speaksToProxy } from './open-socket.ts';
import { type Environment, proxyFor } from './proxy-choice.ts';

export interface HttpClientOptions {
  /** Name and version of the program, as servers see it. */
  readonly userAgent: string;
  /** Where proxies are read from. */
  readonly env?: Environment;
  /** Whether a URL may lead to a private address; asked again for every redirect. None may by default. */
  readonly mayBePrivate?: (url: URL) => boolean;
  /** The token that is meant for exactly this URL's server; asked again for every redirect, so that no token follows one. */
  readonly tokenFor?: (url: URL) => string | undefined;
  readonly connectTimeoutMs?: number;
  /** How long a server may say nothing, at the start of an answer or in its middle. */
  readonly stallTimeoutMs?: number;
}

export interface HttpRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
  /** `same-host`: answers a redirect to another host instead of following it. */
  readonly redirects?: 'follow' | 'same-host';
}

/** The beginning of an answer; its body is read from `body`, or dropped with `body.destroy()`. */
export interface HttpReply {
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  readonly status: number;
  /** Names in small letters; values byte by byte as Latin-1. */
  readonly headers: IncomingHttpHeaders;
  readonly body: IncomingMessage;
}

const REDIRECT_LIMIT = 10;
const HEAD_LIMIT_BYTES = 64 * 1024;

/**
 * Speaks HTTP to servers out there: through the proxies of the environment, to public addresses only, with tokens that stay
 * with their hosts. Connections are kept for the next request.
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #agents = new Map<string, Agent>();
  readonly #secrets = new Set<string>();

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  /**
   * Asks for a URL, following redirects; answers whatever status comes at the end.
   * @throws HttpTrouble for connections that fail, denied for private addresses, the signal's reason.
   */
  async request(url: URL, asked: HttpRequest = {}): Promise<HttpReply> {
    let next = url;
    let step = asked;
    for (let redirects = 0; redirects <= REDIRECT_LIMIT; redirects++) {
      const reply = await this.#requestOnce(next, step);
      const target = redirectTarget(reply);
      if (target === undefined) return reply;
      if (asked.redirects === 'same-host' && target.host !== next.host) return reply;
      discard(reply);
      refuseDowngrade(next, target);
      if (reply.status <= 303 && step.method === 'POST') step = withoutBody(step);
      next = target;
    }
    throw new HttpTrouble(
      'network',
      { where: showUrl(url), expected: `at most ${REDIRECT_LIMIT} redirects`, found: 'more' },
      { passing: false },
    );
  }

  /** Takes the tokens that were sent out of a text. */
  redact(text: string): string {
    let clean = text;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, '‹token›');
    return clean;
  }

  /** Closes the connections that are kept. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  async #requestOnce(url: URL, asked: HttpRequest): Promise<HttpReply> {
    const target = this.#targetOf(url);
    const token = this.#options.tokenFor?.(url);
    if (token !== undefined) this.#secrets.add(token);
    const headers = {
      'user-agent': this.#options.userAgent,
      accept: '*/*',
      ...asked.headers,
      host: url.host,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const throughProxy = target.proxy !== undefined && speaksToProxy(target);
    asked.signal?.throwIfAborted();
    try {
      return await new Promise<HttpReply>((resolve, reject) => {
        const sent = requestPlain({
          agent: this.#agentFor(target),
          method: asked.method ?? 'GET',
          path: throughProxy ? `${url.origin}${url.pathname}${url.search}` : `${url.pathname}${url.search}`,
          headers: throughProxy ? { ...headers, ...proxyAuthorization(target.proxy) } : headers,
          maxHeaderSize: HEAD_LIMIT_BYTES,
          ...(asked.signal && { signal: asked.signal }),
        });
        let received: IncomingMessage | undefined;
        const stallTimeoutMs = this.#options.stallTimeoutMs ?? 60_000;
        sent.setTimeout(stallTimeoutMs, () => (received ?? sent).destroy(stalled(stallTimeoutMs)));
        sent.once('response', (body) => {
          received = body;
          resolve({ url, status: body.statusCode!, headers: body.headers, body });
        });
        sent.on('error', reject);
        sent.end(asked.body);
      });
    } catch (error) {
      asked.signal?.throwIfAborted();
      throw connectionTrouble(url, error);
    }
  }

  #targetOf(url: URL): SocketTarget {
    refuseOtherSchemes(url);
    const isOpen = this.#options.mayBePrivate?.(url) === true;
    if (!isOpen) refusePrivateHost(url);
    const secure = url.protocol === 'https:';
    const proxy = proxyFor(url, this.#options.env ?? {});
    return {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      secure,
      proxy,
      // A proxy looks names up itself; only the names and addresses in links can be judged then.
      lookup: isOpen || proxy !== undefined ? undefined : lookupPublic,
      timeoutMs: this.#options.connectTimeoutMs ?? 20_000,
    };
  }

  /** One pool of connections for each server and way to it. */
  #agentFor(target: SocketTarget): Agent {
    const { host, port, secure, proxy, lookup } = target;
    const key = JSON.stringify([host, port, secure, proxy?.host, proxy?.port, lookup !== undefined]);
    let agent = this.#agents.get(key);
    if (agent === undefined) this.#agents.set(key, (agent = new TargetAgent(target)));
    return agent;
  }
}

/** Drops the body of an answer: a short one is read so that the connection can be kept. */
export function discard({ headers, body }: HttpReply): void {
  if (Number(headers['content-length'] ?? Number.NaN) <= HEAD_LIMIT_BYTES) body.resume();
  else body.destroy();
}

class TargetAgent extends Agent {
  readonly #target: SocketTarget;

  constructor(target: SocketTarget) {
    super({ keepAlive: true, maxFreeSockets: 8, timeout: 30_000 });
    this.#target = target;
  }

  override createConnection(_options: unknown, callback?: NewSocket): undefined {
    if (callback !== undefined) void this.#open(callback);
  }

  async #open(callback: NewSocket): Promise<void> {
    let socket: Socket;
    try {
      socket = await openSocket(this.#target);
    } catch (error) {
      callback(error as Error, undefined as never);
      return;
    }
    callback(null, socket);
  }
}

type NewSocket = (error: Error | null, socket: Duplex) => void;

function redirectTarget({ url, status, headers }: HttpReply): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || headers.location === undefined) return undefined;
  // Servers put UTF-8 into this header, which Node reads as Latin-1.
  const location = Buffer.from(headers.location, 'latin1').toString('utf8');
  if (URL.canParse(location, url.href)) return new URL(location, url);
  throw new HttpTrouble(
    'network',
    { where: showUrl(url), expected: 'a redirect to an address', found: 'something else' },
    { passing: false },
  );
}

function withoutBody({ signal, headers, redirects }: HttpRequest): HttpRequest {
  return { method: 'GET', signal, ...(headers && { headers }), ...(redirects && { redirects }) };
}

function refuseDowngrade(from: URL, to: URL): void {
  if (from.protocol !== 'https:' || to.protocol !== 'http:') return;
  throw new DanqingError('denied', {
    where: showUrl(from),
    expected: 'a redirect that stays encrypted',
    found: `one to ${showUrl(to)}`,
  });
}

function refuseOtherSchemes(url: URL): void {
  const found = url.username !== '' || url.password !== '' ? 'a name and a password in it' : url.protocol;
  if (found === 'https:' || found === 'http:') return;
  throw new DanqingError('bad-value', {
    where: `the link to ${url.host || 'no host'}`,
    expected: 'a link that begins with https:// or http:// and a host',
    found,
  });
}

const stalled = (durationMs: number): Error =>
  Object.assign(new Error(`no byte for ${durationMs / 1000} seconds`), { code: 'STALLED' });
