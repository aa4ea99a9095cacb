import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a request brought to a test server. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server on 127.0.0.1 that a test made. */
export interface TestServer {
  /** Address of a path; `host` may be another name of this machine, which then is another host for every client. */
  url(path: string, host?: string): URL;
  readonly port: number;
  readonly seen: SeenRequest[];
  close(): Promise<void>;
}

/** Starts a server that answers as the test says; `seen` has every request, with its body, before it is answered. */
export async function startServer(
  answer: (request: SeenRequest, response: ServerResponse) => void | Promise<void>,
): Promise<TestServer> {
  const seen: SeenRequest[] = [];
  const listener: RequestListener = (incoming, response) => {
    const pieces: Buffer[] = [];
    incoming.on('data', (piece: Buffer) => pieces.push(piece));
    incoming.on('end', () => {
      const request = {
        method: incoming.method!,
        path: incoming.url!,
        headers: incoming.headers,
        body: Buffer.concat(pieces).toString('utf8'),
      };
      seen.push(request);
      void Promise.resolve(answer(request, response)).catch((error: unknown) => response.destroy(error as Error));
    });
  };
  const server = createServer(listener);
  await listen(server);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    seen,
    url: (path, host = '127.0.0.1') => new URL(path, `http://${host}:${port}`),
    close: () => closeServer(server),
  };
}

/** How a file is served. */
export interface ServedFile {
  readonly bytes: Uint8Array;
  /** With quotes; absent: none is sent. */
  readonly etag?: string;
  readonly lastModified?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** `false`: ranges are passed over, and the whole file comes. */
  readonly ranges?: boolean;
  /** The answer breaks off after so many of its bytes. */
  readonly cutAfter?: number;
  /** Bytes between two waits of `waitMs`. */
  readonly pieceBytes?: number;
  readonly waitMs?: number;
  /** Up to which byte it is sent at the moment; what follows is held back till there is more of it. */
  readonly sentUpTo?: () => number;
}

/** Answers a request for a file as a content server does: whole, in a range, unchanged, slowly, or broken off. */
export async function serveFile(
  { headers, method }: SeenRequest,
  response: ServerResponse,
  file: ServedFile,
): Promise<void> {
  const { bytes, etag, lastModified } = file;
  const range = file.ranges === false ? undefined : parseRange(headers.range, bytes.length);
  const common = {
    ...(etag !== undefined && { etag }),
    ...(lastModified !== undefined && { 'last-modified': lastModified }),
    ...(file.ranges !== false && { 'accept-ranges': 'bytes' }),
    ...file.headers,
  };
  if (range === 'impossible') {
    response.writeHead(416, { ...common, 'content-range': `bytes */${bytes.length}`, 'content-length': 0 }).end();
    return;
  }
  const [start, end] = range ?? [0, bytes.length];
  response.writeHead(range === undefined ? 200 : 206, {
    'content-length': end - start,
    ...(range !== undefined && { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` }),
    ...common,
  });
  if (method === 'HEAD') {
    response.end();
    return;
  }
  const body = bytes.subarray(start, end);
  const limit = Math.min(body.length, file.cutAfter ?? Number.POSITIVE_INFINITY);
  const pieceBytes = file.pieceBytes ?? limit;
  for (let at = 0; at < limit && !response.destroyed; at += pieceBytes) {
    const piece = body.subarray(at, Math.min(limit, at + pieceBytes));
    while (file.sentUpTo !== undefined && start + at + piece.length > file.sentUpTo() && !response.destroyed) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await new Promise((resolve) => response.write(piece, resolve));
    if (file.waitMs !== undefined) await new Promise((resolve) => setTimeout(resolve, file.waitMs));
  }
  if (limit < body.length) response.destroy();
  else response.end();
}

function parseRange(header: string | undefined, size: number): [number, number] | 'impossible' | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  if (match === null) return undefined;
  const start = Number(match[1]);
  return start >= size ? 'impossible' : [start, match[2] === '' ? size : Math.min(size, Number(match[2]) + 1)];
}

/** Starts to listen on a free port of 127.0.0.1. */
export async function listen(server: { listen(port: number, host: string, done: () => void): unknown }): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
