import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { CatalogueEntry } from '@danqing/contract/catalogue';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveFile, startServer } from '../../../../tests/http-server.ts';
import {
  hashOf,
  type SiteFile,
  type SiteModel,
  type SiteRepository,
  startSites,
  type TestSites,
  TOKEN,
} from '../../../../tests/model-sites.ts';
import { sharedData } from '../../../../tests/shared-data.ts';
import { Catalogue } from '../library/catalogue.ts';
import type { Downloaded } from './download.ts';
import { Downloads, type DownloadsOptions, type FetchOptions } from './downloads.ts';
import type { Choose } from './source.ts';
import { setToken, tokensFile } from './tokens.ts';

const real = (path: string, name = path.slice(path.lastIndexOf('/') + 1)): SiteFile => ({
  bytes: readFileSync(sharedData(path)),
  name,
});
const lora = real('lora/cloneofsimo_analog_svd_rank4.safetensors', 'analog.safetensors');
const embedding = real('ti/gasai-yuno-200.pt');
const taesd = real('taesd/taesd.safetensors', 'taesd_decoder.safetensors');
const hostile = { bytes: Buffer.from("cposix\nsystem\n(S'touch pwned'\ntR."), name: 'nice-model.ckpt' };
const noWait = { tries: 2, firstWaitMs: 1, longestWaitMs: 5, patienceMs: 1000, sleep: async () => {} };

let home: string;
let sites: TestSites;
let models: SiteModel[];
let repositories: SiteRepository[];
const closers: (() => unknown)[] = [];
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'downloads-'));
  models = [
    {
      id: 7,
      name: 'Analog Style',
      type: 'LORA',
      versions: [
        { id: 72, name: 'v2', files: [lora] },
        { id: 71, name: 'v1', files: [embedding] },
      ],
    },
  ];
  repositories = [];
  sites = await startSites(models, repositories);
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await sites.close();
  rmSync(home, { recursive: true });
});

async function open(more: DownloadsOptions = {}): Promise<Downloads> {
  // The content host is another name of this machine: what the real ones never are.
  const options = { home, cache: join(home, 'cache'), env: sites.env, allowPrivate: true, retries: noWait, ...more };
  const downloads = await Downloads.open(options);
  closers.push(() => downloads.close());
  return downloads;
}

const fetchAll = async (link: string, options: FetchOptions = {}): Promise<Downloaded[]> =>
  (await open()).fetch(link, options);
async function fetchOne(link: string, options: FetchOptions = {}): Promise<Downloaded> {
  const all = await fetchAll(link, options);
  expect(all.length).toBe(1);
  return all[0]!;
}
const placeOf = ({ path }: Downloaded): string => relative(home, path);
/** Every file below the home folder, but for the cache. */
const filesAtHome = (): string[] =>
  (readdirSync(home, { recursive: true }) as string[])
    .filter((path) => !path.startsWith('cache') && statSync(join(home, path)).isFile())
    .sort();
const keepToken = (origin: string): Promise<void> => setToken(origin, TOKEN, tokensFile(home));

describe('Civitai', () => {
  it('DL-02: a page brings the newest version, a version in the link brings that one', async () => {
    const newest = await fetchOne('https://civitai.com/models/7/analog-style');
    expect(placeOf(newest)).toBe('models/Lora/analog.safetensors');
    expect(readFileSync(newest.path).equals(lora.bytes)).toBe(true);
    expect(newest).toMatchObject({ kind: 'lora', verified: true, existed: false, sha256: hashOf(lora) });
    expect(newest.offer.title).toBe('Analog Style › v2');
    const older = await fetchOne('https://civitai.com/models/7?modelVersionId=71');
    expect(placeOf(older)).toBe('embeddings/gasai-yuno-200.pt');
    expect(older.notes).toContain('The site calls it a lora; by its contents it is a embedding.');
  });

  it('DL-02: versions and models that are not there are named', async () => {
    await expect(fetchAll('https://civitai.com/models/7?modelVersionId=99')).rejects.toMatchObject({ code: 'missing' });
    await expect(fetchAll('https://civitai.com/models/8')).rejects.toThrow(/No model with id 8/);
    models.push({
      id: 9,
      name: 'Gone',
      type: 'LORA',
      versions: [{ id: 91, name: 'v1', files: [] }],
      more: { mode: 'TakenDown' },
    });
    await expect(fetchAll('https://civitai.com/models/9')).rejects.toThrow(/it was taken back/);
  });

  it('DL-03: an API link brings the file under the name that the server gives it', async () => {
    const headers = { 'content-disposition': "attachment; filename*=UTF-8''%E6%A8%A1%E6%8B%9F%20v2.safetensors" };
    models[0] = {
      ...models[0]!,
      versions: [{ id: 72, name: 'v2', files: [{ ...lora, name: 'in-the-facts.safetensors', headers }] }],
    };
    const got = await fetchOne('https://civitai.com/api/download/models/72');
    expect(placeOf(got)).toBe('models/Lora/模拟 v2.safetensors');
  });

  it('DL-03: an API link chooses among the files of a version', async () => {
    const vae = { ...taesd, type: 'VAE', metadata: { format: 'SafeTensor' } };
    models[0] = { ...models[0]!, versions: [{ id: 72, name: 'v2', files: [lora, vae] }] };
    const got = await fetchOne('https://civitai.com/api/download/models/72?type=VAE&format=SafeTensor');
    expect(readFileSync(got.path).equals(taesd.bytes)).toBe(true);
    const both = await fetchOne('https://civitai.com/api/download/models/72');
    expect(both.notes.join()).toContain('There is also taesd_decoder.safetensors (VAE, SafeTensor');
    await expect(fetchAll('https://civitai.com/api/download/models/72?fp=fp64')).rejects.toThrow(
      /expected a file with fp fp64/,
    );
  });

  it('DL-03: works when the facts of a version cannot be read', async () => {
    const blind = await startServer((request, response) => {
      if (request.path.startsWith('/api/v1')) response.writeHead(500).end();
      else response.writeHead(307, { location: sites.civitai.url(request.path).href }).end();
    });
    closers.push(blind.close);
    const downloads = await open({ env: { ...sites.env, CIVITAI_ENDPOINT: blind.url('/').href } });
    const [got] = await downloads.fetch('https://civitai.com/api/download/models/72');
    expect(placeOf(got!)).toBe('models/Lora/analog.safetensors');
    expect(got!.verified).toBe(false);
    expect(got!.notes[0]).toContain('What Civitai says of it could not be read');
  });

  it('DL-03: a model that needs a token says so, and is fetched with it; the token goes to no other host', async () => {
    models[0] = { ...models[0]!, versions: [{ id: 72, name: 'v2', files: [lora], needsToken: true }] };
    const error = await fetchAll('civitai.com/api/download/models/72').catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'denied' });
    expect((error as Error).message).toContain('requires you to be logged in to download it');
    expect((error as Error).message).toContain('danqing tokens set civitai');
    await keepToken(sites.civitai.url('/').origin);
    await fetchOne('civitai.com/api/download/models/72');
    const sent = sites.civitai.seen.filter(({ headers }) => headers.authorization !== undefined);
    expect(sent.length).toBeGreaterThan(0);
    expect(sites.content.seen.length).toBeGreaterThan(0);
    expect(sites.content.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    expect(JSON.stringify(sites.content.seen)).not.toContain(TOKEN);
  });

  it('DL-03: a token of the site itself is not sent to a mirror, and that is said', async () => {
    models[0] = { ...models[0]!, versions: [{ id: 72, name: 'v2', files: [lora], needsToken: true }] };
    await keepToken('https://civitai.com');
    await expect(fetchAll('civitai.com/api/download/models/72')).rejects.toThrow(
      /The token for https:\/\/civitai\.com is not sent to/,
    );
    expect(JSON.stringify(sites.civitai.seen)).not.toContain(TOKEN);
  });

  it('DL-03: a token in a link works, and stands in no message', async () => {
    models[0] = { ...models[0]!, versions: [{ id: 72, name: 'v2', files: [lora], needsToken: true }] };
    await fetchOne(`https://civitai.com/api/download/models/72?token=${TOKEN}`);
    models.length = 0;
    const error = await fetchAll(`https://civitai.com/api/download/models/72?token=${TOKEN}`).catch(
      (thrown: unknown) => thrown as Error,
    );
    expect((error as Error).message).not.toContain(TOKEN);
    expect(sites.civitai.seen.every(({ path }) => !path.includes(TOKEN))).toBe(true);
  });
});

describe('Hugging Face', () => {
  beforeEach(() => {
    repositories.push(
      {
        name: 'owner/one',
        files: { 'README.md': { bytes: Buffer.from('hi'), name: 'README.md' }, 'sub/analog.safetensors': lora },
      },
      {
        name: 'owner/series',
        files: {
          'a.safetensors': lora,
          'a.pt': embedding,
          'b.pt': embedding,
          'optimizer.pt': hostile,
          'x.json': hostile,
        },
      },
      { name: 'owner/gated', files: { 'analog.safetensors': lora }, gated: true },
    );
  });

  it.each(['https://huggingface.co/owner/one/blob/main/sub/analog.safetensors', 'owner/one/sub/analog.safetensors'])(
    'DL-04: a file is fetched and compared with its checksum: %s',
    async (link) => {
      const got = await fetchOne(link);
      expect(placeOf(got)).toBe('models/Lora/analog.safetensors');
      expect(got).toMatchObject({ verified: true, sizeBytes: lora.bytes.length, sha256: hashOf(lora) });
      // What was asked about and what was fetched is the same commit.
      expect(sites.hub.seen.at(-1)!.path).toContain(`/resolve/${'a'.repeat(40)}/`);
    },
  );

  it.each(['https://huggingface.co/owner/one/tree/main/sub', 'https://huggingface.co/owner/one', 'owner/one'])(
    'DL-04: a folder or repository with one model brings it: %s',
    async (link) => {
      expect(placeOf(await fetchOne(link))).toBe('models/Lora/analog.safetensors');
    },
  );

  it('DL-04: among several models a person chooses; pickles with a safe twin are not offered', async () => {
    const error = await fetchAll('owner/series').catch((thrown: unknown) => thrown as Error);
    expect((error as Error).message).toMatch(
      /found 2: a.safetensors, b.pt. Name one of them, such as .*\/blob\/main\/a.safetensors/,
    );
    const got = await fetchAll('owner/series', {
      choose: async (choices) => {
        expect(choices.map(({ name }) => name)).toEqual(['a.safetensors', 'b.pt']);
        return [0, 1];
      },
    });
    expect(got.map(placeOf)).toEqual(['models/Lora/analog.safetensors', 'embeddings/gasai-yuno-200.pt']);
  });

  it('DL-04: variants of one model need no choice', async () => {
    const files = {
      'm.ckpt': hostile,
      'm-pruned.ckpt': hostile,
      'm-pruned-emaonly.safetensors': lora,
      'm-nonema.safetensors': hostile,
    };
    repositories.push({ name: 'owner/variants', files });
    const got = await fetchOne('owner/variants');
    expect(readFileSync(got.path).equals(lora.bytes)).toBe(true);
    expect(got.notes[0]).toContain('The repository also has m.ckpt');
  });

  it('DL-04: a model in the layout of diffusers arrives as a folder, whole', async () => {
    const text = (value: unknown, name: string): SiteFile => ({ bytes: Buffer.from(JSON.stringify(value)), name });
    repositories.push({
      name: 'owner/folder',
      files: {
        'model_index.json': text(
          { _class_name: 'StableDiffusionPipeline', vae: ['diffusers', 'AutoencoderTiny'] },
          'model_index.json',
        ),
        'vae/config.json': text({ _class_name: 'AutoencoderTiny' }, 'config.json'),
        'vae/diffusion_pytorch_model.safetensors': { ...taesd, name: 'diffusion_pytorch_model.safetensors' },
        'vae/diffusion_pytorch_model.fp16.safetensors': { ...lora, name: 'x' },
        'vae/diffusion_pytorch_model.bin': hostile,
        'tokenizer/vocab.json': text({}, 'vocab.json'),
        'tokenizer/merges.txt': text('', 'merges.txt'),
        'README.md': text('', 'README.md'),
      },
    });
    const got = await fetchOne('owner/folder');
    expect(placeOf(got)).toBe('models/Stable-diffusion/folder');
    expect(filesAtHome()).toEqual(
      [
        'model_index.json',
        'tokenizer/merges.txt',
        'tokenizer/vocab.json',
        'vae/config.json',
        'vae/diffusion_pytorch_model.safetensors',
      ].map((path) => `models/Stable-diffusion/folder/${path}`),
    );
  });

  it('DL-04: what is missing is named: repository, file, branch', async () => {
    await expect(fetchAll('owner/none')).rejects.toThrow(
      /Hugging Face › owner\/none: expected a repository of that name/,
    );
    await expect(fetchAll('owner/one/none.pt')).rejects.toThrow(/expected a file or folder of that name/);
  });

  it('DL-04: a gated repository says what to agree to, and opens with a token that goes nowhere else', async () => {
    await expect(fetchAll('owner/gated')).rejects.toThrow(
      /Agree to its conditions at http.*owner\/gated, then set the token/,
    );
    await keepToken(sites.hub.url('/').origin);
    await fetchOne('owner/gated');
    expect(sites.content.seen.length).toBeGreaterThan(0);
    expect(JSON.stringify(sites.content.seen)).not.toContain(TOKEN);
  });
});

describe('mirrors', () => {
  const model = (id: string, ...links: (readonly [site: string, url: string])[]): CatalogueEntry => ({
    id,
    name: id,
    kind: 'lora',
    purpose: { en: id, zh: id },
    links: links.map(([site, url]) => ({ site, url, printedIn: 'S0' })),
    printedIn: ['S0'],
  });
  const liblibLink = 'https://www.liblibai.com/#/model/691';
  const catalogue = new Catalogue([
    model('CrispMix', ['liblib', liblibLink], ['civitai', 'https://civitai.com/models/7/analog-style']),
    model('Gone', ['civitai', 'https://civitai.com/models/9'], ['huggingface', 'https://huggingface.co/owner/one']),
    model('Lonely', ['liblib', 'https://www.liblibai.com/#/model/5']),
  ]);

  it('DL-05: sites for browsers only are explained, with the other link of the catalogue', async () => {
    const downloads = await open({ catalogue });
    await expect(downloads.fetch(liblibLink)).rejects.toThrow(
      /LiblibAI.*The same model is at https:\/\/civitai\.com\/models\/7\/analog-style \(CrispMix\)\.$/,
    );
    await expect(downloads.fetch('https://liblib.art/modelinfo/5')).rejects.toThrow(/Look for Lonely with/);
    await expect(downloads.fetch('https://www.liblibai.com/#/model/692')).rejects.toMatchObject({
      code: 'unsupported',
    });
    await expect(downloads.fetch('https://www.liandange.com/models/1/detail')).rejects.toThrow(/炼丹阁.*browser/);
  });

  it('DL-05: whoever can be asked is offered the other link, and gets what is there', async () => {
    const downloads = await open({ catalogue });
    const asked: unknown[] = [];
    const choose: Choose = async (choices, why) => {
      asked.push(choices, why);
      return [0];
    };
    const [got] = await downloads.fetch(liblibLink, { choose });
    expect(placeOf(got!)).toBe('models/Lora/analog.safetensors');
    expect(asked).toEqual([
      [{ name: 'CrispMix: civitai.com', link: 'https://civitai.com/models/7/analog-style' }],
      expect.stringContaining('browsers only'),
    ]);
    await expect(downloads.fetch(liblibLink, { choose: async () => [] })).rejects.toThrow('The same model is at');
  });

  it('DL-05: when Civitai cannot be reached, another place of the catalogue is offered', async () => {
    repositories.push({ name: 'owner/one', files: { 'analog.safetensors': lora } });
    await sites.civitai.close();
    const downloads = await open({ catalogue });
    await expect(downloads.fetch('https://civitai.com/models/9/gone')).rejects.toThrow(
      /The same model is at https:\/\/huggingface\.co\/owner\/one \(Gone\)\.$/,
    );
    const [got] = await downloads.fetch('gone', { choose: async () => [0] });
    expect(placeOf(got!)).toBe('models/Lora/analog.safetensors');
  });

  it('DL-05: the catalogue is the one that comes with the program', async () => {
    const downloads = await open();
    await expect(downloads.fetch(liblibLink)).rejects.toThrow(/明快 CrispMix/);
    expect(downloads.read('Deliberate v2').canonical).toBe('civitai model 4823');
  });

  it('DL-05: a misprinted address of Civitai leads to Civitai, and nobody asks the stranger', async () => {
    const proxy = await startServer((_, response) => void response.writeHead(502).end());
    closers.push(proxy.close);
    const env = { ...sites.env, ALL_PROXY: proxy.url('/').href, NO_PROXY: '127.0.0.1,localhost' };
    const downloads = await open({ env });
    const [got] = await downloads.fetch(`https://iativic.com/models/7?modelVersionId=72&token=${TOKEN}`);
    expect(placeOf(got!)).toBe('models/Lora/analog.safetensors');
    // Whatever is not asked of the test's own servers would go through the proxy.
    expect(proxy.seen).toEqual([]);
  });
});

describe('what arrives', () => {
  async function serveOne(file: SiteFile & { readonly path?: string }): Promise<string> {
    const server = await startServer(async (request, response) => {
      await serveFile(request, response, file);
    });
    closers.push(server.close);
    return server.url(file.path ?? `/${encodeURIComponent(file.name)}`).href;
  }

  it.each<[string, SiteFile, string]>([
    ['LoRA', lora, 'models/Lora/analog.safetensors'],
    ['embedding', embedding, 'embeddings/gasai-yuno-200.pt'],
    ['tiny VAE', taesd, 'models/VAE-approx/taesd_decoder.safetensors'],
    [
      'upscaler',
      real('upscalers/realesr-animevideov3-x4.safetensors'),
      'models/ESRGAN/realesr-animevideov3-x4.safetensors',
    ],
  ])('DL-09: decides the folder: %s', async (_, file, place) => {
    expect(placeOf(await fetchOne(await serveOne(file)))).toBe(place);
    expect(filesAtHome()).toEqual([place]);
  });

  it('DL-09: goes where a person says, by folder or by kind', async () => {
    const link = await serveOne(lora);
    const to = join(home, 'elsewhere');
    expect((await fetchOne(link, { to })).path).toBe(join(to, 'analog.safetensors'));
    const got = await fetchOne(link, { kind: 'lycoris' });
    expect(got.notes).toContain('You called it a lycoris; by its contents it is a lora.');
  });

  it('DL-09: uses folders in the case they have', async () => {
    mkdirSync(join(home, 'Models', 'lora'), { recursive: true });
    expect(placeOf(await fetchOne(await serveOne(lora)))).toBe('Models/lora/analog.safetensors');
  });

  it.each<[string, string]>([
    ['../../../etc/cron.d/x.safetensors', 'models/Lora/x.safetensors'],
    ['..\\..\\x.safetensors', 'models/Lora/x.safetensors'],
    ['model.safetensors.exe', 'models/Lora/model.safetensors.exe.safetensors'],
    ['model\u202Esrotenset.ckpt', 'models/Lora/modelsrotenset.safetensors'],
    ['nul.safetensors', 'models/Lora/_nul.safetensors'],
    ['liar.ckpt', 'models/Lora/liar.safetensors'],
    ['no ending', 'models/Lora/no ending.safetensors'],
    [`${'長'.repeat(3000)}.safetensors`, `models/Lora/${'長'.repeat(62)}.safetensors`],
  ])('has a name that is safe and true: %s', async (said, place) => {
    const encoded = encodeURIComponent(said);
    const headers = { 'content-disposition': `attachment; filename*=UTF-8''${encoded}` };
    expect(placeOf(await fetchOne(await serveOne({ ...lora, headers, name: 'x', path: '/x' })))).toBe(place);
    expect(filesAtHome()).toEqual([place]);
  });

  it('never replaces another file, and is not kept twice', async () => {
    const link = await serveOne(lora);
    const first = await fetchOne(link);
    const again = await fetchOne(link);
    expect([again.path, again.existed]).toEqual([first.path, true]);
    const other = await fetchOne(await serveOne({ ...embedding, name: 'analog.safetensors' }), {
      to: join(home, 'models/Lora'),
    });
    expect(placeOf(other)).toBe('models/Lora/analog.pt');
    writeFileSync(first.path, 'something else');
    expect(placeOf(await fetchOne(link))).toBe('models/Lora/analog-2.safetensors');
    expect(readFileSync(first.path, 'utf8')).toBe('something else');
  });

  it('is refused with a wrong checksum, and nothing of it stays', async () => {
    models[0] = { ...models[0]!, versions: [{ id: 72, name: 'v2', files: [{ ...lora, sha256: 'b'.repeat(64) }] }] };
    await expect(fetchAll('https://civitai.com/models/7')).rejects.toThrow(
      /expected the checksum bbbb.*found [\da-f]{64}/,
    );
    expect(filesAtHome()).toEqual([]);
  });

  it('is looked through before it is visible: code that does harm is never put among the models', async () => {
    const link = await serveOne(hostile);
    const error = await fetchAll(link, { consent: async () => true }).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'denied' });
    expect((error as Error).message).toContain('posix.system');
    expect(filesAtHome().filter((path) => !path.startsWith('.danqing-downloads/'))).toEqual([]);
    expect(existsSync('pwned')).toBe(false);
  });

  it('with code of unknown meaning wants consent', async () => {
    const link = await serveOne({ bytes: Buffer.from('\x80\x02cmy_trainer\nConfig\n)R.', 'latin1'), name: 'odd.pt' });
    await expect(fetchAll(link, { kind: 'embedding' })).rejects.toThrow(/my_trainer.Config.*confirm it/);
    const got = await fetchOne(link, {
      kind: 'embedding',
      consent: async (_, found) => found.includes('my_trainer.Config'),
    });
    expect(placeOf(got)).toBe('embeddings/odd.pt');
    expect(got.notes.join()).toContain('because you said so');
  });

  it('is refused when it is no model, unless a folder is named', async () => {
    const link = await serveOne({ bytes: Buffer.from('just some text'), name: 'notes.txt' });
    await expect(fetchAll(link)).rejects.toMatchObject({ code: 'bad-file' });
    expect((await fetchOne(link, { to: join(home, 'texts') })).path).toBe(join(home, 'texts', 'notes.txt'));
  });

  it('is refused when it is a page to log in', async () => {
    const page = { bytes: Buffer.from('<!doctype html><title>Sign in</title>'), name: 'a.safetensors' };
    await expect(fetchAll(await serveOne(page))).rejects.toThrow(/a web page \(“Sign in”\)/);
  });

  it('stays for the next try when the fetch is stopped', async () => {
    let sent = 512 * 1024;
    const link = await serveOne({ ...lora, etag: '"1"', pieceBytes: 16 * 1024, waitMs: 20, sentUpTo: () => sent });
    const control = new AbortController();
    const stopped = fetchAll(link, {
      signal: control.signal,
      onEvent: (event) => {
        if (event.type === 'progress' && event.progress.doneBytes > 200_000) control.abort(new Error('stopped'));
      },
    });
    await expect(stopped).rejects.toThrow('stopped');
    sent = Infinity;
    expect(filesAtHome().some((path) => path.endsWith('.part'))).toBe(true);
    const downloads = await open();
    const [got] = await downloads.fetch(link);
    expect(readFileSync(got!.path).equals(lora.bytes)).toBe(true);
    expect(filesAtHome()).toEqual(['models/Lora/analog.safetensors']);
  });

  it('leads to private addresses only where that is allowed, also after a redirect', async () => {
    const link = await serveOne(lora);
    const closed = await open({ allowPrivate: false });
    await expect(closed.fetch(link)).rejects.toThrow(/expected a public address/);
    // The mirror is trusted, where it leads is not.
    await expect(closed.fetch('https://civitai.com/models/7')).rejects.toThrow(
      /the host localhost: expected a public address/,
    );
  });

  it('keeps the permissions of new files', async () => {
    const { path } = await fetchOne(await serveOne(lora));
    writeFileSync(join(home, 'probe'), '');
    expect(statSync(path).mode).toBe(statSync(join(home, 'probe')).mode);
  });
});
