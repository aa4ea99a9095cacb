import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveFile, startServer, type TestServer } from '../../../../tests/http-server.ts';
import { sharedData } from '../../../../tests/shared-data.ts';
import { DownloadQueue, type QueuedDownload } from './download-queue.ts';
import { Downloads } from './downloads.ts';

const bytes = readFileSync(sharedData('lora/cloneofsimo_lora_disney.safetensors'));
const noWait = { tries: 1, firstWaitMs: 1, longestWaitMs: 5, patienceMs: 1000, sleep: async () => {} };

let home: string;
let server: TestServer;
let downloads: Downloads;
let open = 0;
let most = 0;
/** What is stopped in its middle cannot be done before, however slow this machine is. */
let sent = Infinity;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'queue-'));
  open = most = 0;
  sent = Infinity;
  server = await startServer(async (request, response) => {
    if (request.path.startsWith('/missing')) return void response.writeHead(404).end();
    most = Math.max(most, ++open);
    response.on('close', () => open--);
    await serveFile(request, response, {
      bytes,
      etag: '"1"',
      pieceBytes: 25_000,
      waitMs: 10,
      sentUpTo: () => sent,
    });
  });
  downloads = await Downloads.open({ home, cache: join(home, 'cache'), env: {}, allowPrivate: true, retries: noWait });
});
afterEach(async () => {
  downloads.close();
  await server.close();
  rmSync(home, { recursive: true });
});

const link = (name: string): string => server.url(`/${name}`).href;
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};
const loras = (): string[] => readdirSync(join(home, 'models', 'Lora')).sort();

describe('several downloads', () => {
  it('run some at a time, in their order', async () => {
    const ended: string[] = [];
    const onChange = ({ link: name, state }: QueuedDownload): void => {
      if (state === 'done') ended.push(name);
    };
    const queue = new DownloadQueue(downloads, { atOnce: 2, onChange });
    for (const name of ['a', 'b', 'c', 'd']) queue.add(link(`${name}.safetensors`));
    expect(queue.all.map(({ state }) => state)).toEqual(['running', 'running', 'waiting', 'waiting']);
    await queue.settled();
    expect(queue.all.map(({ error }) => error)).toEqual([undefined, undefined, undefined, undefined]);
    expect(queue.all.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done']);
    expect(ended.length).toBe(4);
    expect(most).toBe(2);
    expect(loras()).toEqual(['a.safetensors', 'b.safetensors', 'c.safetensors', 'd.safetensors']);
  });

  it('are begun once, however often they are asked for', () => {
    const queue = new DownloadQueue(downloads);
    expect(queue.add(`${link('a.safetensors')}?x=1`).id).toBe(queue.add(link('a.safetensors')).id);
    queue.pause(1);
  });

  it('keep going when one fails, and that one can be tried again', async () => {
    const queue = new DownloadQueue(downloads, { atOnce: 1 });
    queue.add(link('missing.safetensors'));
    queue.add(link('a.safetensors'));
    await queue.settled();
    expect(queue.all.map(({ state }) => state)).toEqual(['failed', 'done']);
    expect(queue.all[0]!.error).toMatchObject({ code: 'missing' });
    queue.resume(1);
    expect(queue.all[0]!.error).toBeUndefined();
    await queue.settled();
    expect(queue.all[0]!.state).toBe('failed');
  });

  it('go on after a pause where they were', async () => {
    sent = 1_000_000;
    const queue = new DownloadQueue(downloads);
    const { id } = queue.add(link('a.safetensors'));
    await until(() => (queue.all[0]!.progress?.doneBytes ?? 0) > 300_000);
    queue.pause(id);
    await queue.settled();
    expect(queue.all[0]!.state).toBe('paused');
    server.seen.length = 0;
    sent = Infinity;
    queue.resume(id);
    await queue.settled();
    expect(queue.all[0]!).toMatchObject({ state: 'done', results: [{ kind: 'lora' }] });
    expect(Number(/\d+/.exec(server.seen[0]!.headers.range!)![0])).toBeGreaterThan(200_000);
    expect(readFileSync(join(home, 'models/Lora/a.safetensors')).equals(bytes)).toBe(true);
  });

  it('leave nothing behind when they are cancelled', async () => {
    sent = 1_000_000;
    const queue = new DownloadQueue(downloads, { atOnce: 1 });
    const { id } = queue.add(link('a.safetensors'));
    const waiting = queue.add(link('b.safetensors'));
    await until(() => (queue.all[0]!.progress?.doneBytes ?? 0) > 200_000);
    await queue.cancel(waiting.id);
    await queue.cancel(id);
    await queue.settled();
    expect(queue.all.map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
    expect(readdirSync(home)).toEqual([]);
  });
});
