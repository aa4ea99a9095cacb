import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpClient } from '@danqing/node/network/http-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../../../../../tests/http-server.ts';
import { hashOf, type SiteFile, type SiteModel, startSites, type TestSites } from '../../../../../tests/model-sites.ts';
import { ResponseCache } from '../response-cache.ts';
import { CivitaiClient } from './civitai-client.ts';
import { generationData } from './generation-data.ts';
import { pageFacts } from './page-facts.ts';
import { searchModels } from './search-models.ts';

const noWait = { tries: 2, firstWaitMs: 1, longestWaitMs: 5, patienceMs: 1000, sleep: async () => {} };
const weights: SiteFile = { bytes: Buffer.alloc(2048, 1), name: 'style.safetensors' };

let folder: string;
let sites: TestSites;
let models: SiteModel[];
let http: HttpClient;
let nowMs: number;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'civitai-'));
  models = [];
  sites = await startSites(models, []);
  http = new HttpClient({ userAgent: 'test/1', mayBePrivate: () => true });
  nowMs = 1e12;
});
afterEach(async () => {
  http.close();
  await sites.close();
  rmSync(folder, { recursive: true });
});

const clientOf = (server: TestServer): CivitaiClient =>
  new CivitaiClient(http, server.url('/'), new ResponseCache(join(folder, 'cache'), () => nowMs), noWait);
const model = (id: number, name: string, type: string, more: Record<string, unknown> = {}): SiteModel => ({
  id,
  name,
  type,
  versions: [{ id: id * 10, name: 'v1', files: [weights], more }],
});

describe('search', () => {
  it('DL-06: finds models by words and kind, with their example pictures', async () => {
    const images = [
      {
        url: 'https://image.civitai.com/a.jpeg',
        type: 'image',
        nsfwLevel: 1,
        width: 512,
        height: 768,
        meta: { prompt: 'a cat' },
      },
      { url: 'https://image.civitai.com/b.mp4', type: 'video', nsfwLevel: 1 },
    ];
    models.push(
      model(1, 'Ink style', 'LORA', { images }),
      model(2, 'Ink words', 'TextualInversion'),
      model(3, 'Ink dora', 'DoRA'),
      model(4, 'Oil', 'LORA'),
    );
    const page = await searchModels(clientOf(sites.civitai), { words: 'ink', kinds: ['LoRA'] });
    expect(page.items.map(({ name, kind }) => [name, kind])).toEqual([
      ['Ink style', 'lora'],
      ['Ink dora', 'lora'],
    ]);
    expect(page.items[0]!.images).toEqual([
      {
        url: 'https://image.civitai.com/a.jpeg',
        width: 512,
        height: 768,
        forEverybody: true,
        meta: { prompt: 'a cat' },
      },
    ]);
    const embeddings = await searchModels(clientOf(sites.civitai), { kinds: ['Embedding'] });
    expect(embeddings.items.map(({ name }) => name)).toEqual(['Ink words']);
  });

  it('DL-06: asks as the site documents it: cursors, never pages, every filter', async () => {
    for (let id = 1; id <= 5; id++) models.push(model(id, `Model ${id}`, 'Checkpoint'));
    const client = clientOf(sites.civitai);
    const search = {
      words: 'model',
      kinds: ['checkpoint'],
      baseModels: ['SD 1.5', 'SDXL 1.0'],
      sort: 'Newest',
      period: 'Month',
      nsfw: false,
      limit: 2,
    } as const;
    const first = await searchModels(client, search);
    const second = await searchModels(client, { ...search, cursor: first.cursor! });
    expect([...first.items, ...second.items].map(({ modelId }) => modelId)).toEqual([1, 2, 3, 4]);
    const { searchParams } = new URL(sites.civitai.seen.at(-1)!.path, 'http://x');
    expect([...searchParams]).toEqual([
      ['limit', '2'],
      ['query', 'model'],
      ['types', 'Checkpoint'],
      ['baseModels', 'SD 1.5'],
      ['baseModels', 'SDXL 1.0'],
      ['nsfw', 'false'],
      ['sort', 'Newest'],
      ['period', 'Month'],
      ['cursor', '2'],
    ]);
    expect((await searchModels(client, { ...search, cursor: '4' })).cursor).toBeUndefined();
  });

  it('DL-06: refuses a kind that nobody knows, naming those there are', async () => {
    await expect(searchModels(clientOf(sites.civitai), { kinds: ['banana'] })).rejects.toThrow(
      /one of .*checkpoint.*embedding.*lora/,
    );
  });
});

describe('the page of a model', () => {
  it('DL-07: shows type, downloads, date, base, trigger words, hash, size, badges and reviews', async () => {
    models.push(model(7, 'Style', 'LORA', { trainedWords: ['ink style', 'ink style, '], availability: 'EarlyAccess' }));
    const client = clientOf(sites.civitai);
    const facts = pageFacts(await client.model(7), client.endpoint);
    expect(facts).toMatchObject({
      modelId: 7,
      versionId: 70,
      name: 'Style',
      versionName: 'v1',
      type: 'LORA',
      kind: 'lora',
      creator: 'somebody',
      downloads: 1234,
      uploaded: '2023-12-18T09:16:12.062Z',
      baseModel: 'SD 1.5',
      triggerWords: ['ink style'],
      reviews: { up: 56, down: 7, comments: 8 },
      description: 'Made for tests.',
      earlyAccess: true,
      page: sites.civitai.url('/models/7?modelVersionId=70').href,
      download: sites.civitai.url('/api/download/models/70').href,
    });
    expect(facts!.file).toMatchObject({
      name: 'style.safetensors',
      sizeBytes: 2048,
      safeTensor: true,
      verified: true,
      precision: 'fp16',
    });
    expect(facts!.file!.autoV2).toMatch(/^[\dA-F]{10}$/);
    expect(facts!.file!.sha256).toMatch(/^[\da-f]{64}$/);
  });

  it('DL-07: is not verified after a bad scan, and shows what little an answer has', async () => {
    const files = [
      { name: 'x.ckpt', pickleScanResult: 'Danger', virusScanResult: 'Success', metadata: { format: 'PickleTensor' } },
    ];
    models.push(model(7, 'Style', 'LORA', { files, stats: null, images: 'none', trainedWords: null }));
    models.push({ ...model(8, '', 'Other'), more: { stats: 'odd', creator: null, tags: null, description: null } });
    const client = clientOf(sites.civitai);
    expect(pageFacts(await client.model(7), client.endpoint)!.file).toEqual({
      name: 'x.ckpt',
      safeTensor: false,
      verified: false,
    });
    expect(pageFacts(await client.model(8), client.endpoint)).toMatchObject({ reviews: {}, tags: [], images: [] });
    expect(pageFacts(await client.model(8), client.endpoint, 99)).toBeUndefined();
  });

  it('DL-07: is found by any hash of the file', async () => {
    models.push(model(7, 'Style', 'LORA'));
    const client = clientOf(sites.civitai);
    expect((await client.versionByHash(hashOf(weights)))?.id).toBe(70);
    expect(await client.versionByHash('0'.repeat(64))).toBeUndefined();
  });
});

describe('answers', () => {
  it('are kept for some time, and longer while nobody can be asked', async () => {
    let works = true;
    let name = 'first';
    const server = await startServer((_, response) => {
      if (works) response.end(JSON.stringify({ items: [{ id: 1, name, modelVersions: [] }] }));
      else response.writeHead(503).end();
    });
    const client = clientOf(server);
    const nameNow = async () => (await client.search({})).items[0]!.name;
    expect(await nameNow()).toBe('first');
    name = 'second';
    expect(await nameNow()).toBe('first');
    nowMs += 11 * 60_000;
    expect(await nameNow()).toBe('second');
    works = false;
    nowMs += 11 * 60_000;
    const stale = await client.search({});
    expect(stale.items[0]!.name).toBe('second');
    expect(stale.staleSince).toBeInstanceOf(Date);
    await expect(client.search({ words: 'other' })).rejects.toMatchObject({ code: 'network' });
    await server.close();
  });

  it('of another shape are no answers', async () => {
    const server = await startServer((_, response) => void response.end('[]'));
    await expect(clientOf(server).model(1)).rejects.toThrow(/expected an answer as Civitai documents it/);
    await server.close();
  });

  it('to many hashes come one by one where a mirror knows no better', async () => {
    models.push(model(7, 'Style', 'LORA'));
    const mirror = await startServer(async (request, response) => {
      if (request.method === 'POST') return void response.writeHead(405).end();
      const answer = await fetch(sites.civitai.url(request.path));
      response.writeHead(answer.status).end(await answer.text());
    });
    const found = await clientOf(mirror).versionsByHashes([hashOf(weights), '0'.repeat(64)]);
    expect([...found].map(([hash, { id }]) => [hash, id])).toEqual([[hashOf(weights), 70]]);
    await mirror.close();
  });
});

describe('generation data', () => {
  it('DL-08: of an example picture becomes the text that is pasted into the prompt', async () => {
    const meta = {
      Size: '832x1216',
      seed: 1938345220,
      steps: 45,
      sampler: 'DPM++ 2M Karras',
      cfgScale: 5,
      clipSkip: 2,
      prompt: '1girl, <lora:ink:0.65>',
      negativePrompt: 'blurry',
      Model: 'dreamshaper_8',
      'Model hash': '879db523c3',
      'Denoising strength': '0.4',
      'Hires upscale': '1.5',
      'Hires upscaler': 'Latent',
      hashes: { model: '879db523c3', 'lora:ink': 'abcdef012345' },
      resources: [{ name: 'ink', type: 'lora', weight: 0.65, hash: 'abcdef012345' }],
      civitaiResources: [{ type: 'checkpoint', modelVersionId: 345685 }],
      comfy: '{"prompt": {}}',
    };
    sites.images.set('70', [{ id: 1, url: 'https://image.civitai.com/a.jpeg', meta }]);
    const page = await clientOf(sites.civitai).images({ modelVersionId: 70 });
    expect(sites.civitai.seen.at(-1)!.path).toContain('withMeta=true');
    const { infotext, parameters, resources } = generationData(page.items[0]!.meta)!;
    expect(infotext.split('\n').slice(0, 2)).toEqual(['1girl, <lora:ink:0.65>', 'Negative prompt: blurry']);
    expect(infotext).toContain(
      'Steps: 45, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 5, Seed: 1938345220, Size: 832x1216',
    );
    expect(parameters).toMatchObject({
      prompt: '1girl, <lora:ink:0.65>',
      negativePrompt: 'blurry',
      steps: 45,
      samplerName: 'DPM++ 2M',
      scheduler: 'Karras',
      cfgScale: 5,
      seed: 1938345220n,
      size: { width: 832, height: 1216 },
      model: { name: 'dreamshaper_8', hash: '879db523c3' },
      denoisingStrength: 0.4,
      clipSkip: 2,
      hires: { upscale: 1.5, upscaler: 'Latent' },
      loraHashes: [{ name: 'ink', hash: 'abcdef012345' }],
    });
    expect(resources).toEqual([
      { type: 'lora', name: 'ink', weight: 0.65, hash: 'abcdef012345' },
      { type: 'checkpoint', versionId: 345685 },
    ]);
    expect(infotext).not.toContain('comfy');
  });

  it('DL-08: of other programs is translated as far as it goes', () => {
    const data = generationData({
      prompt: 'a\ncat: "x", y',
      steps: '20',
      sampler: 'euler_ancestral',
      seed: '18446744073709551615',
      width: 512,
      height: 512,
    });
    expect(data!.parameters).toMatchObject({
      prompt: 'a\ncat: "x", y',
      steps: 20,
      samplerName: 'Euler a',
      seed: 18446744073709551615n,
      size: { width: 512, height: 512 },
    });
  });

  it('DL-08: is absent where a picture says nothing', () => {
    expect(generationData(undefined)).toBeUndefined();
    expect(generationData({})).toBeUndefined();
    expect(generationData({ prompt: '  ', Model: 'x' })).toBeUndefined();
  });
});
