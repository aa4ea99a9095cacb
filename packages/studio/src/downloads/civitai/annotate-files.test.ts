import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodePicture } from '@danqing/node/image/decode-picture';
import { encodePicture } from '@danqing/node/image/encode-picture';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashOf, type SiteFile, type SiteModel, startSites, type TestSites } from '../../../../../tests/model-sites.ts';
import { Downloads } from '../downloads.ts';
import { type Annotation, annotateFiles } from './annotate-files.ts';
import { plainText } from './plain-text.ts';

const file = (text: string, name = `${text}.safetensors`): SiteFile => ({ bytes: Buffer.from(text), name });
const [one, two, three] = [file('one'), file('two'), file('three')];
const noWait = { tries: 2, firstWaitMs: 1, longestWaitMs: 5, patienceMs: 1000, sleep: async () => {} };

let home: string;
let sites: TestSites;
let models: SiteModel[];
let downloads: Downloads;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'annotate-'));
  models = [];
  sites = await startSites(models, []);
  downloads = await Downloads.open({
    home,
    cache: join(home, 'cache'),
    env: sites.env,
    allowPrivate: true,
    retries: noWait,
  });
});
afterEach(async () => {
  downloads.close();
  await sites.close();
  rmSync(home, { recursive: true });
});

const path = (name: string): string => join(home, name);
const installed = (...files: SiteFile[]) =>
  files.map((each) => {
    writeFileSync(path(each.name), each.bytes);
    return { path: path(each.name), sha256: hashOf(each) };
  });
const annotate = (...files: SiteFile[]): Promise<Annotation[]> => {
  const { civitai, http } = downloads;
  return annotateFiles(installed(...files), { civitai, http });
};
const readJson = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(path(name), 'utf8')) as Record<string, unknown>;

async function addModel(id: number, files: readonly SiteFile[], more: Record<string, unknown> = {}): Promise<void> {
  const data = Uint8Array.from({ length: 12 * 8 * 3 }, (_, i) => i % 251);
  const { bytes } = await encodePicture({ width: 12, height: 8, channels: 3, data }, { format: 'jpeg' });
  const picture = sites.share({ bytes, name: 'x.jpeg' });
  const images = [
    { url: 'http://127.0.0.1:9/not-for-everybody', nsfwLevel: 8, type: 'image' },
    { url: 'http://127.0.0.1:9/moving', nsfwLevel: 1, type: 'video' },
    { url: picture, nsfwLevel: 1, type: 'image', meta: null },
  ];
  const version = {
    images,
    trainedWords: ['word one, ', 'word two', 'word one'],
    description: '<p>Use&nbsp;<b>0.8</b></p>',
    ...more,
  };
  models.push({
    id,
    name: `Model ${id}`,
    type: 'LORA',
    versions: [{ id: id * 10, name: 'v1', files, more: version }],
  });
}

describe('files that are installed', () => {
  it('are looked up all at once, and get trigger words, a preview and the answer beside them', async () => {
    await addModel(1, [one]);
    await addModel(2, [two]);
    const done = await annotate(one, two, three);
    expect(done.map(({ state, wrote }) => [state, wrote])).toEqual([
      ['known', ['one.civitai.info', 'one.json', 'one.preview.png']],
      ['known', ['two.civitai.info', 'two.json', 'two.preview.png']],
      ['unknown', []],
    ]);
    expect(readJson('one.json')).toEqual({
      'activation text': 'word one, word two',
      'sd version': 'SD1',
      description: 'Use 0.8',
    });
    expect(readJson('one.civitai.info')).toMatchObject({
      id: 10,
      modelId: 1,
      baseModel: 'SD 1.5',
      model: { name: 'Model 1', type: 'LORA' },
    });
    const preview = readFileSync(path('one.preview.png'));
    expect(preview.subarray(1, 4).toString()).toBe('PNG');
    expect(await decodePicture(preview)).toMatchObject({ width: 12, height: 8 });
    const asked = sites.civitai.seen.map((request) => `${request.method} ${request.path}`);
    expect(asked).toEqual(['POST /api/v1/model-versions/by-hash', 'GET /api/v1/models?ids=1%2C2&limit=100&nsfw=true']);
  });

  it('keep what a person wrote, and fields that nobody knows', async () => {
    await addModel(1, [one]);
    writeFileSync(
      path('one.json'),
      '{"activation text": "mine", "extension": {"of": "another"}, "preferred weight": 0.6}',
    );
    writeFileSync(path('one.civitai.info'), '{"extensions": {"x": 1}, "name": "old"}');
    writeFileSync(path('one.webp'), 'my preview');
    const [done] = await annotate(one);
    expect(done!.wrote).toEqual(['one.civitai.info', 'one.json']);
    expect(readJson('one.json')).toMatchObject({
      'activation text': 'mine',
      extension: { of: 'another' },
      'preferred weight': 0.6,
      'sd version': 'SD1',
    });
    expect(readJson('one.civitai.info')).toMatchObject({ extensions: { x: 1 }, name: 'v1' });
    expect(
      readdirSync(home)
        .filter((name) => name.startsWith('one.'))
        .sort(),
    ).toEqual(['one.civitai.info', 'one.json', 'one.safetensors', 'one.webp']);
  });

  it('are not written to again when nothing changed', async () => {
    await addModel(1, [one]);
    await annotate(one);
    expect((await annotate(one))[0]!.wrote).toEqual([]);
  });

  it('that fail keep no other from being done, and damaged files are left alone', async () => {
    await addModel(1, [one]);
    await addModel(2, [two]);
    writeFileSync(path('one.civitai.info'), '{"broken"');
    const [first, second] = await annotate(one, two);
    expect(first!.state).toBe('failed');
    expect(first!.notes[0]).toContain('one.civitai.info: expected a JSON object');
    expect(readFileSync(path('one.civitai.info'), 'utf8')).toBe('{"broken"');
    expect(second!.state).toBe('known');
  });

  it('without a picture for everybody get none', async () => {
    await addModel(1, [one], { images: [{ url: 'http://127.0.0.1:9/x', nsfwLevel: 4, type: 'image' }] });
    expect((await annotate(one))[0]).toMatchObject({ state: 'known', wrote: ['one.civitai.info', 'one.json'] });
  });

  it('are told of a newer version for the same base', async () => {
    const published = (date: string, baseModel = 'SD 1.5') => ({ publishedAt: `${date}T00:00:00Z`, baseModel });
    models.push({
      id: 5,
      name: 'Model 5',
      type: 'LORA',
      versions: [
        { id: 54, name: 'XL', files: [], more: published('2024-05-01', 'SDXL 1.0') },
        { id: 53, name: 'v3', files: [], more: published('2024-04-01') },
        { id: 52, name: 'v2', files: [one], more: published('2024-03-01') },
        { id: 51, name: 'v1', files: [two], more: published('2024-02-01') },
      ],
    });
    const [second, first] = await annotate(one, two);
    expect(second!.newer).toMatchObject({
      id: 53,
      name: 'v3',
      page: sites.civitai.url('/models/5?modelVersionId=53').href,
    });
    expect(first!.newer).toMatchObject({ id: 53 });
  });

  it('are asked about a hundred at a time, and again only after a day', async () => {
    const files = Array.from({ length: 130 }, (_, i) => file(`file ${i}`));
    await annotate(...files);
    await annotate(...files);
    const asked = sites.civitai.seen
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => (JSON.parse(body) as string[]).length);
    expect(asked).toEqual([100, 30]);
  });

  it('DL-02: a model that is fetched gets its side files at once', async () => {
    await addModel(1, [one]);
    const [got] = await downloads.fetch('https://civitai.com/models/1', { to: path('to') });
    expect(readdirSync(path('to')).sort()).toEqual([
      'one.civitai.info',
      'one.json',
      'one.preview.png',
      'one.safetensors',
    ]);
    expect(got!.notes).toEqual([]);
    expect(existsSync(path('to/.danqing-downloads'))).toBe(false);
  });
});

describe('descriptions', () => {
  it('become text', () => {
    const html =
      '<h1>A &amp; B</h1><p>one<br/>two&nbsp;&#20013;&#x6587;</p><ul><li>x</li><li>y</li></ul><script>bad()</script>';
    expect(plainText(html)).toBe('A & B\none\ntwo 中文\n- x\n- y');
  });
});
