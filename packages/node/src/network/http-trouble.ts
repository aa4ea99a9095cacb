import { DanqingError, type ErrorCode, type Trouble } from '@danqing/engine/errors';

/** What went wrong with a request, and whether asking again may help. */
export class HttpTrouble extends DanqingError {
  /** Status of the answer; absent when there was none. */
  readonly status: number | undefined;
  /** Whether the same request may succeed a little later. */
  readonly passing: boolean;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The server's own word for it. */
  readonly serverCode: string | undefined;

  constructor(code: ErrorCode, trouble: Trouble, more: TroubleFacts) {
    super(code, trouble);
    this.status = more.status;
    this.passing = more.passing;
    this.retryAfterMs = more.retryAfterMs;
    this.serverCode = more.serverCode;
  }
}

interface TroubleFacts {
  readonly status?: number;
  readonly passing: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly serverCode?: string | undefined;
}

/** What an answer says of its status. */
export interface StatusWords {
  /** In one line; may be empty. */
  readonly message: string;
  readonly code?: string | undefined;
  /** The header `Retry-After`. */
  readonly retryAfter?: string | undefined;
}

/** An address as people may see it: without what may be secret in it (name, password, query). */
export function showUrl(url: URL): string {
  const text = `${url.origin}${url.pathname}`;
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

/** The trouble that an answer other than success means. */
export function statusTrouble(url: URL, status: number, words: StatusWords, nowMs: number): HttpTrouble {
  const { code, expected, advice, passing } = MEANINGS[status] ?? OTHERS[Math.floor(status / 100)] ?? OTHERS[5]!;
  const said = words.message === '' ? '' : ` (${words.message})`;
  const trouble = { where: showUrl(url), expected: expected ?? 'an answer', found: `status ${status}${said}` };
  const retryAfterMs = words.retryAfter === undefined ? undefined : parseRetryAfter(words.retryAfter, nowMs);
  const facts = { status, passing, retryAfterMs, serverCode: words.code };
  return new HttpTrouble(code, { ...trouble, ...(advice && { advice }) }, facts);
}

/** The trouble that an error of the system, of TLS or of a proxy means. */
export function connectionTrouble(url: URL, error: unknown): DanqingError {
  if (error instanceof DanqingError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const { found, advice, passing } = CONNECTION[code] ?? {
    found: message,
    ...(/CERT|TLS|SSL|UNABLE_TO/.test(code) ? CERTIFICATE : { passing: true }),
  };
  const trouble = { where: showUrl(url), expected: 'a connection that holds', found, ...(advice && { advice }) };
  return new HttpTrouble('network', trouble, { passing });
}

/** `Retry-After` in milliseconds: a number of seconds or a date. */
export function parseRetryAfter(value: string, nowMs: number): number | undefined {
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000;
  const dateMs = Date.parse(value);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

interface Meaning {
  readonly code: ErrorCode;
  readonly expected?: string;
  readonly advice?: string;
  readonly passing: boolean;
}

const LATER = 'Try again later.';
const GONE: Meaning = {
  code: 'missing',
  expected: 'something at this address',
  advice: 'Check the link.',
  passing: false,
};
const BUSY: Meaning = { code: 'network', expected: 'a server that is up', advice: LATER, passing: true };
const MEANINGS: Readonly<Record<number, Meaning>> = {
  401: { code: 'denied', expected: 'access', advice: 'The server asks for a log-in.', passing: false },
  403: { code: 'denied', expected: 'access', passing: false },
  404: GONE,
  408: BUSY,
  410: GONE,
  425: BUSY,
  429: {
    code: 'network',
    expected: 'an answer',
    advice: 'The server limits how often it is asked. Try again later.',
    passing: true,
  },
  451: { code: 'denied', expected: 'access', advice: 'The server may not give it to your country.', passing: false },
};
/** By the first digit. */
const OTHERS: Readonly<Record<number, Meaning>> = {
  4: { code: 'network', passing: false },
  5: BUSY,
};

interface ConnectionMeaning {
  readonly found: string;
  readonly advice?: string;
  readonly passing: boolean;
}

const NO_NAME = 'a host name that no name server knows';
const PROXY = 'Check the link and the connection; a proxy is read from HTTPS_PROXY or ALL_PROXY.';
const CERTIFICATE = { advice: 'Something between you and the server may be reading along.', passing: false };
const CONNECTION: Readonly<Record<string, ConnectionMeaning>> = {
  ECONNREFUSED: { found: 'nobody who listens there', advice: PROXY, passing: true },
  ECONNRESET: { found: 'that it broke off', passing: true },
  EPIPE: { found: 'that it broke off', passing: true },
  ENOTFOUND: { found: NO_NAME, advice: PROXY, passing: false },
  EAI_AGAIN: { found: 'no name server that answers', advice: PROXY, passing: true },
  ETIMEDOUT: { found: 'no answer in time', advice: PROXY, passing: true },
  EHOSTUNREACH: { found: 'no way to the host', advice: PROXY, passing: true },
  ENETUNREACH: { found: 'no network', advice: PROXY, passing: true },
  CERT_HAS_EXPIRED: { found: 'a certificate that has expired', ...CERTIFICATE },
  DEPTH_ZERO_SELF_SIGNED_CERT: { found: 'a certificate that the server signed itself', ...CERTIFICATE },
  SELF_SIGNED_CERT_IN_CHAIN: { found: 'a certificate that nobody known has signed', ...CERTIFICATE },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { found: 'a certificate that nobody known has signed', ...CERTIFICATE },
  ERR_TLS_CERT_ALTNAME_INVALID: { found: 'the certificate of another host', ...CERTIFICATE },
  HPE_HEADER_OVERFLOW: { found: 'an answer with too long a head', passing: false },
};
