import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedFile, serveFile, startServer, type TestServer } from '../../../../../tests/http-server.ts';
import { HttpClient, type HttpClientOptions } from '../http-client.ts';
import type { HttpTrouble } from '../http-trouble.ts';
import type { TransferProgress } from './speed-meter.ts';
import { transferFile } from './transfer-file.ts';
import type { TransferRequest } from './transfer-request.ts';

const KIB = 1024;
const bytes = Uint8Array.from({ length: 1000 * KIB }, (_, i) => (i * 2654435761) >>> 24);
const other = bytes.map((byte) => byte ^ 1);
const noWait = { tries: 4, firstWaitMs: 1, longestWaitMs: 5, patienceMs: 1000, sleep: async () => {} };

let folder: string;
let partPath: string;
const closers: (() => unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'transfer-'));
  partPath = join(folder, 'a.part');
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

async function serve(answer: Parameters<typeof startServer>[0]): Promise<TestServer> {
  const server = await startServer(answer);
  closers.push(server.close);
  return server;
}

const serveAs = (file: Partial<ServedFile>): Promise<TestServer> =>
  serve((request, response) => serveFile(request, response, { bytes, etag: '"1"', ...file }));

function fetchFile(url: URL, more: Partial<TransferRequest> = {}, options: Partial<HttpClientOptions> = {}) {
  const client = new HttpClient({ userAgent: 'test/1', mayBePrivate: () => true, ...options });
  closers.push(() => client.close());
  return transferFile(client, { url, partPath, segmentBytes: 100 * KIB, retries: noWait, ...more });
}

const fetched = (): Buffer => readFileSync(partPath);
/** Compared as wholes: the differences of megabytes are nothing to read. */
const isFetched = (expected: Uint8Array): boolean => Buffer.compare(fetched(), expected) === 0;
const rangesOf = (server: TestServer): string[] => server.seen.map(({ headers }) => headers.range ?? 'all');
const troubleOf = (promise: Promise<unknown>): Promise<HttpTrouble> =>
  promise.then(
    () => Promise.reject(new Error('It did not fail.')),
    (error: unknown) => error as HttpTrouble,
  );

it('makes the folder of a part that a download before it removed', async () => {
  const { url } = await serveAs({});
  const removed = join(folder, 'staging', 'b.part');
  await fetchFile(url('/x'), { partPath: removed });
  expect(readFileSync(removed).equals(bytes)).toBe(true);
});

describe('ranges', () => {
  it('come over several connections and make the whole', async () => {
    const server = await serveAs({ headers: { 'content-disposition': 'attachment; filename="x.ckpt"' }, waitMs: 5 });
    const seen: TransferProgress[] = [];
    expect(await fetchFile(server.url('/'), { onProgress: (progress) => seen.push(progress) })).toEqual({
      sizeBytes: bytes.length,
      name: 'x.ckpt',
      resumedBytes: 0,
    });
    expect(isFetched(bytes)).toBe(true);
    expect(rangesOf(server).length).toBe(10);
    expect(seen.at(-1)).toMatchObject({ doneBytes: bytes.length, totalBytes: bytes.length, secondsLeft: 0 });
  });

  it('of the first bytes tell that a file is short', async () => {
    const server = await serveAs({ bytes: bytes.subarray(0, 10) });
    await fetchFile(server.url('/'));
    expect(isFetched(bytes.subarray(0, 10))).toBe(true);
    expect(rangesOf(server)).toEqual(['bytes=0-102399']);
  });

  it('that are passed over give way to one stream', async () => {
    const server = await serveAs({ ranges: false });
    expect(await fetchFile(server.url('/'))).toEqual({ sizeBytes: bytes.length, resumedBytes: 0 });
    expect(isFetched(bytes)).toBe(true);
    expect(rangesOf(server)).toEqual(['bytes=0-102399', 'all']);
  });

  it('that are refused give way to one stream', async () => {
    const server = await serve((request, response) => {
      if (request.headers.range !== undefined) response.writeHead(416).end();
      else void serveFile(request, response, { bytes });
    });
    await fetchFile(server.url('/'));
    expect(isFetched(bytes)).toBe(true);
  });

  it('that are other ranges than asked for give way to one stream', async () => {
    const server = await serve((request, response) => {
      const headers: Record<string, string> =
        request.headers.range === undefined ? {} : { 'content-range': 'bytes 5-9/10' };
      if (request.headers.range === undefined) void serveFile(request, response, { bytes });
      else response.writeHead(206, headers).end('abcde');
    });
    await fetchFile(server.url('/'));
    expect(isFetched(bytes)).toBe(true);
  });

  it('are asked for where redirects led, and anew when that address has expired', async () => {
    let valid = 1;
    const content = await serve((request, response) => {
      if (request.path === `/${valid}`) void serveFile(request, response, { bytes, etag: '"1"' });
      else response.writeHead(403).end();
      if (content.seen.length === 4) valid = 2;
    });
    const server = await serve((_, response) => {
      response.writeHead(302, { location: content.url(`/${valid}`, 'localhost').href }).end();
    });
    await fetchFile(server.url('/'), { connections: 1 });
    expect(isFetched(bytes)).toBe(true);
    expect(server.seen.length).toBe(2);
  });

  it('use fewer connections where the server takes no more', async () => {
    let open = 0;
    const server = await serve(async (request, response) => {
      if (open > 0) {
        response.writeHead(429).end();
        return;
      }
      open++;
      response.on('close', () => open--);
      await serveFile(request, response, { bytes, etag: '"1"', pieceBytes: 20 * KIB, waitMs: 2 });
    });
    await fetchFile(server.url('/'));
    expect(isFetched(bytes)).toBe(true);
  });
});

describe('failures', () => {
  it('go on from the byte that was reached', async () => {
    let cuts = 0;
    const server = await serve((request, response) =>
      serveFile(request, response, { bytes, etag: '"1"', ...(cuts++ < 3 && { cutAfter: 70 * KIB }) }),
    );
    await fetchFile(server.url('/'), { connections: 1 });
    expect(isFetched(bytes)).toBe(true);
    const [first, second, third] = rangesOf(server);
    // What was on its way when the connection broke is lost.
    expect(second).toMatch(/^bytes=[567]\d{4}-102399$/);
    expect([first, third]).toEqual(['bytes=0-102399', 'bytes=102400-204799']);
  });

  it('of a single stream begin it anew', async () => {
    let cuts = 0;
    const server = await serve((request, response) =>
      serveFile(request, response, { bytes, ranges: false, ...(cuts++ < 3 && { cutAfter: 70 * KIB }) }),
    );
    await fetchFile(server.url('/'));
    expect(isFetched(bytes)).toBe(true);
  });

  it('end when nothing helps, and keep what is there', async () => {
    const server = await serve((request, response) => {
      if (request.headers.range?.startsWith('bytes=5') === true) response.writeHead(500).end();
      else void serveFile(request, response, { bytes, etag: '"1"' });
    });
    const trouble = await troubleOf(fetchFile(server.url('/')));
    expect(trouble).toMatchObject({ code: 'network', status: 500 });
    expect(existsSync(`${partPath}.journal`)).toBe(true);
    expect(existsSync(`${partPath}.lock`)).toBe(false);
  });

  it.each([
    [401, 'denied'],
    [403, 'denied'],
    [404, 'missing'],
    [410, 'missing'],
    [400, 'network'],
  ])('with status %i are not tried again', async (status, code) => {
    const server = await serve((_, response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end('{"message":"No, thank you"}');
    });
    const trouble = await troubleOf(fetchFile(server.url('/secret?token=t')));
    expect(trouble).toMatchObject({ code, status });
    expect(trouble.message).toContain('No, thank you');
    expect(trouble.message).not.toContain('token');
    expect(server.seen.length).toBe(1);
  });

  it.each([429, 500, 502, 503, 504, 408])('with status %i are tried again', async (status) => {
    let asked = 0;
    const server = await serve((request, response) => {
      if (asked++ < 2) response.writeHead(status, { 'retry-after': '1' }).end();
      else void serveFile(request, response, { bytes });
    });
    await fetchFile(server.url('/'));
    expect(isFetched(bytes)).toBe(true);
  });

  it('of a server that stops sending end after its time', async () => {
    const server = await serve((request, response) => {
      const start = /\d+/.exec(request.headers.range!)![0];
      response.writeHead(206, { 'content-range': `bytes ${start}-99/${bytes.length}` }).write('abc');
    });
    const trouble = await troubleOf(fetchFile(server.url('/'), {}, { stallTimeoutMs: 50 }));
    expect(trouble.message).toContain('no byte for 0.05 seconds');
  });

  it('are none where a server is slow', async () => {
    const server = await serveAs({ bytes: bytes.subarray(0, 2000), pieceBytes: 200, waitMs: 150 });
    await fetchFile(server.url('/'), {}, { stallTimeoutMs: 1000 });
    expect(isFetched(bytes.subarray(0, 2000))).toBe(true);
  });

  it('leave no unbounded rest: more bytes than asked for are cut off', async () => {
    const server = await serve((request, response) => {
      const start = Number(/\d+/.exec(request.headers.range!)![0]);
      const headers = { 'content-range': `bytes ${start}-${start}/2000`, etag: '"1"' };
      response.writeHead(206, headers).end(bytes.subarray(start));
    });
    const trouble = await troubleOf(
      fetchFile(server.url('/'), { segmentBytes: 500, retries: { ...noWait, tries: 1 } }),
    );
    expect(trouble.message).toContain('more bytes than were asked for');
    expect(statSync(partPath).size).toBe(2000);
  });

  it('of the disk stop it, and say so', async () => {
    const full = new Error('full');
    const server = await serveAs({});
    const checkSpace = () => Promise.reject(full);
    await expect(fetchFile(server.url('/'), { checkSpace })).rejects.toBe(full);
    writeFileSync(join(folder, 'file'), '');
    partPath = join(folder, 'file', 'a.part');
    expect(await troubleOf(fetchFile(server.url('/')))).toMatchObject({ code: 'io' });
  });
});

describe('what is no file', () => {
  it.each([
    [
      'text/html',
      '<!DOCTYPE html><html><head><title>Log in | Civitai</title>',
      'denied',
      'a web page (“Log in | Civitai”)',
    ],
    ['application/octet-stream', '\n <html lang="en">', 'denied', 'a web page'],
    ['application/json; charset=utf-8', '{"error":"Unauthorized"}', 'network', 'a message (“Unauthorized”)'],
  ])('is recognised with a success too: %s', async (type, text, code, found) => {
    for (const ranges of [true, false]) {
      const server = await serveAs({ bytes: Buffer.from(text), headers: { 'content-type': type }, ranges });
      const trouble = await troubleOf(fetchFile(server.url('/')));
      expect([trouble.code, trouble.trouble.found]).toEqual([code, found]);
    }
  });

  it('is fetched where text is wanted', async () => {
    const server = await serveAs({ bytes: Buffer.from('{"a":1}'), headers: { 'content-type': 'application/json' } });
    await fetchFile(server.url('/'), { wantsText: true });
    expect(fetched().length).toBe(7);
  });

  it('is an empty answer', async () => {
    for (const ranges of [true, false]) {
      const server = await serveAs({ bytes: new Uint8Array(), ranges });
      expect((await troubleOf(fetchFile(server.url('/')))).trouble.found).toBe('an empty one');
    }
  });

  it('is unpacked where the server packs it', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(bytes));
    });
    await fetchFile(server.url('/'));
    expect(isFetched(bytes)).toBe(true);
  });

  it('is a packed file that breaks off', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(bytes).subarray(0, 5000));
    });
    expect((await troubleOf(fetchFile(server.url('/')))).code).toBe('network');
  });

  it('is a file of another size than announced, or of more than is allowed', async () => {
    for (const ranges of [true, false]) {
      const server = await serveAs({ ranges });
      const size = await troubleOf(fetchFile(server.url('/'), { sizeBytes: 5 }));
      expect(size.message).toContain(`expected a file of 5 bytes, found one of ${bytes.length} bytes`);
      const limit = await troubleOf(fetchFile(server.url('/'), { limitBytes: 5 }));
      expect(limit.message).toContain('a file of at most 5 bytes');
    }
    const endless = await serve((_, response) => {
      const write = (): void => {
        if (!response.destroyed) response.write(bytes, write);
      };
      write();
    });
    expect((await troubleOf(fetchFile(endless.url('/'), { limitBytes: 3e6 }))).message).toContain(
      'at most 3000000 bytes',
    );
  });
});

describe('a later run', () => {
  /** The first run is over before more is sent, however slow this machine is. */
  let sent = 0;
  beforeEach(() => {
    sent = 512 * KIB;
  });
  const held = { pieceBytes: 10 * KIB, waitMs: 20, sentUpTo: () => sent };

  /** Runs until some bytes are there, then stops. */
  async function half(server: TestServer, more: Partial<TransferRequest> = {}): Promise<void> {
    const control = new AbortController();
    const onProgress = ({ doneBytes }: TransferProgress): void => {
      if (doneBytes >= 150 * KIB) control.abort(new Error('stopped'));
    };
    const running = fetchFile(server.url('/'), { signal: control.signal, onProgress, connections: 1, ...more });
    await expect(running).rejects.toThrow('stopped');
    sent = Infinity;
  }

  it('goes on after a pause', async () => {
    const server = await serveAs(held);
    await half(server);
    const result = await fetchFile(server.url('/'));
    expect(result.resumedBytes).toBeGreaterThanOrEqual(150 * KIB);
    expect(isFetched(bytes)).toBe(true);
  });

  it.each<[string, Partial<ServedFile>, Partial<ServedFile>]>([
    ['tag', { etag: '"1"' }, { etag: '"2"', bytes: other }],
    [
      'date',
      { lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT' },
      { lastModified: 'Tue, 02 Jan 2024 00:00:00 GMT', bytes: other },
    ],
    ['size', { etag: '"1"' }, { etag: '"1"', bytes: other.subarray(0, 900 * KIB) }],
    ['nothing to know it by', {}, { bytes: other }],
  ])('begins anew for a file of another %s', async (_, before, after) => {
    let now: ServedFile = { bytes, ...before, ...held };
    const server = await serve((request, response) => serveFile(request, response, now));
    await half(server);
    now = { bytes, ...after };
    expect((await fetchFile(server.url('/'))).resumedBytes).toBe(0);
    expect(isFetched(after.bytes!)).toBe(true);
  });

  it('goes on by the announced checksum where the server gives no tag, and begins anew for another one', async () => {
    const server = await serve((request, response) => serveFile(request, response, { bytes, ...held }));
    await half(server, { sha256: 'a'.repeat(64) });
    expect((await fetchFile(server.url('/'), { sha256: 'a'.repeat(64) })).resumedBytes).toBeGreaterThan(0);
    expect(isFetched(bytes)).toBe(true);
    expect((await fetchFile(server.url('/'), { sha256: 'b'.repeat(64) })).resumedBytes).toBe(0);
  });

  it('has nothing to do when all is there', async () => {
    const server = await serveAs({});
    await fetchFile(server.url('/'));
    const asked = server.seen.length;
    expect((await fetchFile(server.url('/'))).resumedBytes).toBe(bytes.length);
    expect(server.seen.length).toBe(asked);
  });

  it.each(['', 'no json', '{}', '{"sizeBytes":1024000,"etag":"\\"1\\"","segments":[[0,5,9]]}'])(
    'begins anew with a journal that is damaged: %s',
    async (journal) => {
      writeFileSync(partPath, other);
      writeFileSync(`${partPath}.journal`, journal);
      await fetchFile((await serveAs({})).url('/'));
      expect(isFetched(bytes)).toBe(true);
    },
  );

  it('is refused while another one is at work, and takes over from one that died', async () => {
    const server = await serveAs({});
    writeFileSync(`${partPath}.lock`, String(process.ppid));
    expect(await troubleOf(fetchFile(server.url('/')))).toMatchObject({ code: 'io' });
    const dead = spawn(process.execPath, ['-e', '']);
    await once(dead, 'exit');
    writeFileSync(`${partPath}.lock`, String(dead.pid));
    await fetchFile(server.url('/'));
    expect(isFetched(bytes)).toBe(true);
  });
});

describe('a file that changes', () => {
  it('while it is fetched makes it begin anew, without mixing', async () => {
    let changed = false;
    const server = await serve((request, response) => {
      if (request.headers.range?.startsWith('bytes=307200') === true) changed = true;
      return serveFile(request, response, changed ? { bytes: other, etag: '"2"' } : { bytes, etag: '"1"' });
    });
    await fetchFile(server.url('/'), { connections: 1 });
    expect(isFetched(other)).toBe(true);
  });

  it('all the time ends with an error', async () => {
    let version = 0;
    const server = await serve((request, response) => serveFile(request, response, { bytes, etag: `"${version++}"` }));
    const trouble = await troubleOf(fetchFile(server.url('/')));
    expect(trouble.message).toContain('The file changed on the server');
  });
});

describe('kill -9', () => {
  const child = fileURLToPath(new URL('./transfer-file.test-child.ts', import.meta.url));

  it('loses seconds, not the file', async () => {
    const large = Uint8Array.from({ length: 6 * 2 ** 20 }, (_, i) => (i * 2654435761) >>> 23);
    let sent = 2 ** 20;
    const held = { pieceBytes: 16 * KIB, sentUpTo: () => sent };
    const server = await serve((request, response) =>
      serveFile(request, response, { bytes: large, etag: '"1"', ...held }),
    );
    const start = (): ChildProcess =>
      spawn(process.execPath, ['--import', 'tsx', child, server.url('/').href, partPath], { stdio: 'inherit' });
    const first = start();
    const savedBytes = (): number => {
      if (!existsSync(`${partPath}.journal`)) return 0;
      const { segments } = JSON.parse(readFileSync(`${partPath}.journal`, 'utf8')) as { segments: number[][] };
      return segments.reduce((sum, [, , done]) => sum + done!, 0);
    };
    while (savedBytes() < sent / 2) await new Promise((resolve) => setTimeout(resolve, 20));
    first.kill('SIGKILL');
    await once(first, 'exit');
    const saved = savedBytes();
    expect(saved).toBeLessThanOrEqual(sent);
    server.seen.length = 0;
    sent = Infinity;
    const second = start();
    expect((await once(second, 'exit'))[0]).toBe(0);
    expect(Buffer.compare(readFileSync(partPath), large)).toBe(0);
    const asked = server.seen.reduce((sum, { headers }) => {
      const [from, to] = /(\d+)-(\d+)/.exec(headers.range!)!.slice(1).map(Number);
      return sum + to! - from! + 1;
    }, 0);
    expect(asked).toBe(large.length - saved);
  });
});
