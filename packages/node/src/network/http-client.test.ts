import { createServer, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { listen, type SeenRequest, startServer, type TestServer } from '../../../../tests/http-server.ts';
import { startHttpProxy, startSocksProxy } from '../../../../tests/proxy-servers.ts';
import { HttpClient, type HttpClientOptions } from './http-client.ts';
import type { HttpTrouble } from './http-trouble.ts';
import { readBody, requestJson, troubleOf } from './read-body.ts';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(...answer: Parameters<typeof startServer>): Promise<TestServer> {
  const server = await startServer(...answer);
  closers.push(server.close);
  return server;
}

function makeClient(options: Partial<HttpClientOptions> = {}): HttpClient {
  const client = new HttpClient({ userAgent: 'test/1', mayBePrivate: () => true, ...options });
  closers.push(() => client.close());
  return client;
}

const textOf = async (client: HttpClient, url: URL): Promise<string> =>
  (await readBody(await client.request(url), 1e6)).toString();

const redirectTo =
  (target: () => URL | string): Parameters<typeof startServer>[0] =>
  (_, response) => {
    response.writeHead(302, { location: String(target()) }).end();
  };

describe('redirects', () => {
  it('are followed to the end, and the token stays with its host', async () => {
    const strange = await serve((request, response) => {
      response.end(request.headers.authorization ?? 'no token');
    });
    const own = await serve((request, response) => {
      if (request.path === '/again')
        response.writeHead(307, { location: strange.url('/file', 'localhost').href }).end();
      else response.writeHead(301, { location: '/again' }).end();
    });
    const client = makeClient({ tokenFor: (url) => (url.host === own.url('/').host ? 'secret-token' : undefined) });
    expect(await textOf(client, own.url('/start'))).toBe('no token');
    expect(own.seen.map((request) => [request.path, request.headers.authorization])).toEqual([
      ['/start', 'Bearer secret-token'],
      ['/again', 'Bearer secret-token'],
    ]);
  });

  it('do not take a token to another port of the same host', async () => {
    const strange = await serve((request, response) => void response.end(request.headers.authorization ?? 'no token'));
    const own = await serve(redirectTo(() => strange.url('/')));
    const client = makeClient({ tokenFor: (url) => (url.origin === own.url('/').origin ? 'secret-token' : undefined) });
    expect(await textOf(client, own.url('/'))).toBe('no token');
    expect(own.seen[0]!.headers.authorization).toBe('Bearer secret-token');
  });

  it('end after ten', async () => {
    const server: TestServer = await serve(redirectTo(() => server.url('/')));
    await expect(makeClient().request(server.url('/'))).rejects.toThrow(/at most 10 redirects/);
    expect(server.seen.length).toBe(11);
  });

  it('are checked again for private addresses', async () => {
    const inside = await serve((_, response) => void response.end('inside'));
    const outside = await serve(redirectTo(() => inside.url('/secret')));
    const client = makeClient({ mayBePrivate: (url) => url.port === String(outside.port) });
    await expect(client.request(outside.url('/'))).rejects.toMatchObject({ code: 'denied' });
    expect(inside.seen).toEqual([]);
  });

  it('can be left to the caller when they lead to another host', async () => {
    const server = await serve(redirectTo(() => 'https://cdn.example/file'));
    const reply = await makeClient().request(server.url('/'), { redirects: 'same-host' });
    expect([reply.status, reply.headers.location]).toEqual([302, 'https://cdn.example/file']);
  });

  it('keep a body only where the status says so', async () => {
    const server = await serve(({ path, method, body }, response) => {
      if (path.startsWith('/to')) response.writeHead(Number(path.slice(4)), { location: '/end' }).end();
      else response.end(`${method} ${body}`);
    });
    const post = async (path: string) =>
      (await readBody(await makeClient().request(server.url(path), { method: 'POST', body: 'x' }), 99)).toString();
    expect(await post('/to/303')).toBe('GET ');
    expect(await post('/to/302')).toBe('GET ');
    expect(await post('/to/308')).toBe('POST x');
  });

  it('to something that is no address are refused', async () => {
    const server = await serve(redirectTo(() => 'http://:0:0'));
    await expect(makeClient().request(server.url('/'))).rejects.toThrow(/a redirect to an address/);
  });

  it.each(['file:///etc/passwd', 'ftp://example.com/'])('to %s are refused', async (target) => {
    const server = await serve(redirectTo(() => target));
    await expect(makeClient().request(server.url('/'))).rejects.toThrow(/expected a link that begins with https/);
  });
});

describe('private addresses', () => {
  it.each([
    'http://127.0.0.1:9/',
    'http://localhost:9/',
    'http://0x7f.1/',
    'http://[::1]/',
    'http://2130706433/',
    'http://a.local/',
  ])('are refused by default: %s', async (url) => {
    await expect(makeClient({ mayBePrivate: () => false }).request(new URL(url))).rejects.toMatchObject({
      code: 'denied',
    });
  });

  it('are refused behind a public name, by the address that is then used', async () => {
    const { lookupPublic } = await import('./guarded-lookup.ts');
    const error = await new Promise((resolve) => lookupPublic('localhost', {}, resolve));
    expect(error).toMatchObject({ code: 'denied' });
  });

  it('are refused through a proxy too', async () => {
    const proxy = await startHttpProxy(9);
    closers.push(proxy.close);
    const client = makeClient({ mayBePrivate: () => false, env: { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` } });
    await expect(client.request(new URL('http://169.254.169.254/latest'))).rejects.toMatchObject({ code: 'denied' });
    expect(proxy.asked).toEqual([]);
  });
});

describe('proxies', () => {
  const hello: Parameters<typeof startServer>[0] = ({ path, headers }: SeenRequest, response) =>
    void response.end(`${headers.host}${path}`);

  it('get whole addresses for plain HTTP', async () => {
    const server = await serve(hello);
    const proxy = await startHttpProxy(server.port, 'me:my word');
    closers.push(proxy.close);
    const client = makeClient({
      mayBePrivate: () => false,
      env: { http_proxy: `http://me:my%20word@127.0.0.1:${proxy.port}` },
    });
    expect(await textOf(client, new URL('http://models.example/a?b=c'))).toBe('models.example/a?b=c');
    expect(proxy.asked).toEqual(['GET http://models.example/a?b=c']);
  });

  it('lead TLS on without reading it', async () => {
    const greetings: number[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (bytes) => {
        greetings.push(bytes[0]!);
        socket.destroy();
      });
    });
    await listen(server);
    closers.push(() => void server.close());
    const proxy = await startHttpProxy((server.address() as AddressInfo).port);
    closers.push(proxy.close);
    const client = makeClient({ mayBePrivate: () => false, env: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } });
    await expect(client.request(new URL('https://models.example/'))).rejects.toMatchObject({ code: 'network' });
    expect(proxy.asked).toEqual(['CONNECT models.example:443']);
    expect(greetings).toEqual([0x16]);
  });

  it('say that they want a password', async () => {
    const proxy = await startHttpProxy(9, 'a:b');
    closers.push(proxy.close);
    const client = makeClient({ mayBePrivate: () => false, env: { ALL_PROXY: `http://127.0.0.1:${proxy.port}` } });
    await expect(client.request(new URL('https://models.example/'))).rejects.toThrow(/wants a name and a password/);
  });

  it.each([undefined, 'user:word'])('speak SOCKS 5, names looked up by them (login %s)', async (login) => {
    const server = await serve(hello);
    const proxy = await startSocksProxy(server.port, login);
    closers.push(proxy.close);
    const at = login === undefined ? '' : `${login}@`;
    const client = makeClient({
      mayBePrivate: () => false,
      env: { ALL_PROXY: `socks5://${at}127.0.0.1:${proxy.port}` },
    });
    expect(await textOf(client, new URL('http://models.example/a'))).toBe('models.example/a');
    expect(proxy.asked).toEqual(['models.example:80']);
  });

  it('that want another password or do not answer are named', async () => {
    const proxy = await startSocksProxy(9, 'user:word');
    closers.push(proxy.close);
    const ask = (address: string) =>
      makeClient({ mayBePrivate: () => false, env: { ALL_PROXY: address } }).request(new URL('http://models.example/'));
    await expect(ask(`socks5://user:other@127.0.0.1:${proxy.port}`)).rejects.toThrow(/does not accept the name/);
    await expect(ask(`socks5://127.0.0.1:${proxy.port}`)).rejects.toThrow(/wants a name and a password/);
  });

  it('are passed by for the hosts of NO_PROXY', async () => {
    const server = await serve(hello);
    const client = makeClient({ env: { HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1' } });
    expect(await textOf(client, server.url('/x'))).toBe(`127.0.0.1:${server.port}/x`);
  });
});

describe('answers', () => {
  const noWait = { tries: 3, firstWaitMs: 1, longestWaitMs: 1, patienceMs: 1e6 };

  it('are unpacked and parsed', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1}'));
    });
    expect((await requestJson(makeClient(), server.url('/'))).value).toEqual({ a: 1 });
  });

  it('that unpack to too much are cut off', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1e7)));
    });
    await expect(
      makeClient()
        .request(server.url('/'))
        .then((reply) => readBody(reply, 1e6)),
    ).rejects.toThrow(/at most/);
  });

  it('are asked for again as long as the server asks to wait', async () => {
    const waits: number[] = [];
    let asked = 0;
    const server = await serve((_, response) => {
      asked++;
      if (asked === 1) response.writeHead(429, { 'retry-after': '7' }).end();
      else if (asked === 2) response.writeHead(503).end();
      else response.end('[]');
    });
    const policy = { ...noWait, sleep: async (ms: number) => void waits.push(ms) };
    expect((await requestJson(makeClient(), server.url('/'), {}, policy)).value).toEqual([]);
    expect(waits[0]).toBe(7000);
    expect(waits[1]).toBeLessThan(2);
  });

  it('are not waited for longer than anybody would', async () => {
    const server = await serve((_, response) => void response.writeHead(429, { 'retry-after': '86400' }).end());
    const trouble = await requestJson(makeClient(), server.url('/')).catch((error: unknown) => error as HttpTrouble);
    expect(trouble).toMatchObject({ code: 'network', status: 429, retryAfterMs: 86_400_000 });
    expect(server.seen.length).toBe(1);
  });

  it('say what the server says, without the token', async () => {
    const server = await serve((request, response) => {
      const error = { error: 'Unauthorized', message: `No access\nwith ${request.headers.authorization}` };
      response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify(error));
    });
    const client = makeClient({ tokenFor: () => 'secret-token' });
    const trouble = await troubleOf(client, await client.request(server.url('/x?signature=abc')));
    expect(trouble.code).toBe('denied');
    expect(trouble.message).toContain('status 401 (No access with Bearer ‹token›)');
    expect(trouble.message).not.toContain('signature');
  });

  it('that are web pages instead of JSON are told from others', async () => {
    const server = await serve((_, response) => void response.end('<html>'));
    await expect(requestJson(makeClient(), server.url('/'))).rejects.toThrow(/found a web page/);
  });

  it('that stop in their middle end the wait', async () => {
    const server = await serve((_, response) => void response.writeHead(200, { 'content-length': 10 }).write('abc'));
    const client = makeClient({ stallTimeoutMs: 100 });
    const reply = await client.request(server.url('/'));
    await expect(readBody(reply, 99)).rejects.toThrow(/no byte for 0.1 seconds/);
  });

  it('that never begin end the wait', async () => {
    const server = await serve(() => {});
    await expect(makeClient({ stallTimeoutMs: 100 }).request(server.url('/'))).rejects.toThrow(/no byte for 0.1/);
  });

  it('stop when the signal says so', async () => {
    const server = await serve(() => {});
    const reason = new Error('enough');
    const signal = AbortSignal.any([]);
    const control = new AbortController();
    setTimeout(() => control.abort(reason), 20);
    expect(signal.aborted).toBe(false);
    await expect(makeClient().request(server.url('/'), { signal: control.signal })).rejects.toBe(reason);
  });

  it('from nobody are explained', async () => {
    const server = await startServer(() => {});
    await server.close();
    await expect(makeClient().request(server.url('/'))).rejects.toThrow(/nobody who listens there/);
    await expect(makeClient({ env: {} }).request(new URL('http://no-such-host.invalid/'))).rejects.toMatchObject({
      code: 'network',
    });
  });

  it('with links that have a password in them are not asked for', async () => {
    await expect(makeClient().request(new URL('https://u:p@example.com/'))).rejects.toThrow(
      /a name and a password in it/,
    );
  });
});
