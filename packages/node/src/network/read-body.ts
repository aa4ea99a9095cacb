import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { HttpClient, HttpReply, HttpRequest } from './http-client.ts';
import { connectionTrouble, HttpTrouble, showUrl, statusTrouble } from './http-trouble.ts';
import { DEFAULT_RETRIES, type RetryPolicy, withRetries } from './retry.ts';

/** The body of an answer, unpacked where the server packed it. @throws HttpTrouble for a way of packing that is not known. */
export function unpackedBody({ url, headers, body }: HttpReply): Readable {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === '') return body;
  const unpack = UNPACKERS[encoding]?.();
  if (unpack === undefined) {
    body.destroy();
    const trouble = { where: showUrl(url), expected: 'an answer packed with gzip, deflate or br', found: encoding };
    throw new HttpTrouble('network', trouble, { passing: false });
  }
  body.on('error', (error) => unpack.destroy(error));
  unpack.on('close', () => body.destroy());
  return body.pipe(unpack);
}

const UNPACKERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Reads the body of an answer whole.
 * @throws HttpTrouble when it is longer than `limitBytes`, cannot be unpacked, or breaks off.
 */
export async function readBody(reply: HttpReply, limitBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const piece of unpackedBody(reply)) {
      pieces.push(piece as Buffer);
      sizeBytes += (piece as Buffer).length;
      if (sizeBytes > limitBytes) throw tooLong(reply.url, limitBytes);
    }
  } catch (error) {
    reply.body.destroy();
    throw connectionTrouble(reply.url, error);
  }
  return Buffer.concat(pieces);
}

const tooLong = (url: URL, limitBytes: number): HttpTrouble =>
  new HttpTrouble(
    'network',
    { where: showUrl(url), expected: `an answer of at most ${limitBytes} bytes`, found: 'more' },
    { passing: false },
  );

/**
 * The trouble that an answer other than success means, with what the server itself says; tokens are taken out of it. The
 * body is read up to some kilobytes.
 */
export async function troubleOf(client: HttpClient, reply: HttpReply): Promise<HttpTrouble> {
  const { 'x-error-message': said, 'x-error-code': code, 'retry-after': retryAfter } = reply.headers;
  const text = client.redact(typeof said === 'string' ? said : await serverMessage(reply));
  const message = text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 200);
  const words = { message, retryAfter, ...(typeof code === 'string' && { code }) };
  return statusTrouble(reply.url, reply.status, words, Date.now());
}

const MESSAGE_LIMIT_BYTES = 16 * 1024;

/** What a body says in the fields that APIs use for it; empty for web pages and all else. */
async function serverMessage(reply: HttpReply): Promise<string> {
  try {
    const text = (await readBody(reply, MESSAGE_LIMIT_BYTES)).toString('utf8');
    const { message, error } = JSON.parse(text) as { message?: unknown; error?: unknown };
    return [message, error].find((each) => typeof each === 'string') ?? '';
  } catch {
    return '';
  }
}

const JSON_LIMIT_BYTES = 64 * 1024 * 1024;

/** An answer of an API. */
export interface JsonReply {
  readonly value: unknown;
  readonly headers: HttpReply['headers'];
}

/**
 * Asks an API, again where that may help.
 * @throws HttpTrouble for every status but success, and for an answer that is no JSON.
 */
export async function requestJson(
  client: HttpClient,
  url: URL,
  { headers, ...request }: HttpRequest = {},
  retries: RetryPolicy = DEFAULT_RETRIES,
): Promise<JsonReply> {
  const asked = { ...request, headers: { accept: 'application/json', 'accept-encoding': 'gzip, br', ...headers } };
  const ask = async (): Promise<JsonReply> => {
    const reply = await client.request(url, asked);
    if (reply.status !== 200) throw await troubleOf(client, reply);
    const text = (await readBody(reply, JSON_LIMIT_BYTES)).toString('utf8');
    try {
      return { value: JSON.parse(text), headers: reply.headers };
    } catch {
      const found = /^\s*</.test(text) ? 'a web page' : 'something else';
      const advice = 'A proxy or a log-in page may stand in between.';
      const trouble = { where: showUrl(reply.url), expected: 'an answer in JSON', found, advice };
      throw new HttpTrouble('network', trouble, { passing: false });
    }
  };
  return withRetries(ask, retries, request.signal);
}
