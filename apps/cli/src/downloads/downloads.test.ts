import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SiteFile, type SiteModel, startSites, type TestSites, TOKEN } from '../../../../tests/model-sites.ts';
import { sharedData } from '../../../../tests/shared-data.ts';
import { danqing, type Ran, type RunOptions } from '../danqing.test-program.ts';

// The commands as people run them, against servers of the test.

const lora: SiteFile = {
  bytes: readFileSync(sharedData('lora/cloneofsimo_lora_disney.safetensors')),
  name: 'disney.safetensors',
};

let home: string;
let sites: TestSites;
let models: SiteModel[];
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'danqing-downloads-'));
  const more = { trainedWords: ['disney style'], images: [{ url: 'http://127.0.0.1:9/x.jpeg', nsfwLevel: 16 }] };
  models = [{ id: 7, name: 'Disney', type: 'LORA', versions: [{ id: 70, name: 'v1', files: [lora], more }] }];
  sites = await startSites(models, [{ name: 'owner/one', files: { 'disney.safetensors': lora } }]);
});
afterEach(async () => {
  await sites.close();
  rmSync(home, { recursive: true });
});

const run = (words: readonly string[], options: Partial<RunOptions> = {}): Promise<Ran> =>
  danqing(words, {
    cwd: home,
    ...options,
    env: { DANQING_HOME: join(home, 'home'), DANQING_CACHE: join(home, 'cache'), ...sites.env, ...options.env },
  });
const parse = ({ stdout }: Ran): unknown => JSON.parse(stdout);
const inHome = (path: string): string => join(home, 'home', path);

describe('danqing download', () => {
  it('DL-02, DL-04, DL-09: fetches several, and one that fails keeps none from being fetched', async () => {
    const links = ['https://civitai.com/models/7', 'owner/none', 'owner/one'];
    const ran = await run(['download', ...links, '--allow-private']);
    const lines = ran.stdout.trimEnd().split('\n').sort();
    expect(lines).toEqual([
      inHome('models/Lora/disney.safetensors'),
      `${inHome('models/Lora/disney.safetensors')} (was there already)`,
    ]);
    expect(ran.stderr).toContain('Error: owner/none: Hugging Face › owner/none: expected a repository');
    expect(ran.code).toBe(2);
    expect(JSON.parse(readFileSync(inHome('models/Lora/disney.json'), 'utf8'))).toMatchObject({
      'activation text': 'disney style',
    });
  });

  it('DL-03: tells programs what became of everything', async () => {
    const ran = await run([
      'download',
      'civitai.com/api/download/models/70',
      '--to',
      'here',
      '--kind',
      'lora',
      '--json',
      '--allow-private',
    ]);
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    expect(parse(ran)).toMatchObject({
      models: [
        {
          path: join(home, 'here/disney.safetensors'),
          kind: 'lora',
          verified: true,
          existed: false,
          name: 'Disney › v1',
        },
      ],
      errors: [],
    });
  });

  it('understands every link before it fetches the first', async () => {
    const ran = await run(['download', 'owner/one', 'nonsense', '--json']);
    expect([ran.code, parse(ran)]).toMatchObject([2, { error: { code: 'bad-value', where: 'the link' } }]);
    expect(sites.hub.seen).toEqual([]);
  });

  it('goes on where it was after kill -9 and after Ctrl-C', async () => {
    let sent = 256 * 1024;
    const held = { ...lora, pieceBytes: 32 * 1024, sentUpTo: () => sent };
    models[0] = { ...models[0]!, versions: [{ ...models[0]!.versions[0]!, files: [held] }] };
    const words = ['download', 'https://civitai.com/models/7', '--allow-private'];
    const program = fileURLToPath(new URL('../../bin/danqing.js', import.meta.url));
    const env = { ...process.env, DANQING_HOME: join(home, 'home'), DANQING_CACHE: join(home, 'cache'), ...sites.env };
    const staging = inHome('.danqing-downloads');
    const doneBytes = (): number => {
      const journal = existsSync(staging) ? readdirSync(staging).find((name) => name.endsWith('.journal')) : undefined;
      if (journal === undefined) return 0;
      const { segments } = JSON.parse(readFileSync(join(staging, journal), 'utf8')) as { segments: number[][] };
      return segments.reduce((sum, [, , done]) => sum + done!, 0);
    };
    const stopWhenSent = async (signal: 'SIGKILL' | 'SIGINT'): Promise<number | null> => {
      const child = spawn(process.execPath, [program, ...words], { env, stdio: 'ignore' });
      while (doneBytes() < sent) await new Promise((resolve) => setTimeout(resolve, 20));
      child.kill(signal);
      const [code] = (await once(child, 'exit')) as [number | null];
      return code;
    };
    expect(await stopWhenSent('SIGKILL')).toBeNull();
    sent = 512 * 1024;
    expect(await stopWhenSent('SIGINT')).toBe(130);
    sent = Number.POSITIVE_INFINITY;
    const ran = await run(words);
    expect([ran.code, ran.stdout]).toEqual([0, `${inHome('models/Lora/disney.safetensors')}\n`]);
    const starts = sites.content.seen.map(({ headers }) => /^bytes=(\d+)-/.exec(headers.range!)?.[1]);
    expect(starts).toEqual(['0', String(256 * 1024), String(512 * 1024)]);
    expect(readFileSync(inHome('models/Lora/disney.safetensors')).equals(lora.bytes)).toBe(true);
    expect(existsSync(staging)).toBe(false);
  });

  it('says that the disk is full, and goes on when there is room', async () => {
    const full = await run(['download', 'owner/one', '--allow-private'], { fileBlocks: 1000 });
    expect([full.code, full.stdout]).toEqual([1, '']);
    expect(full.stderr).toMatch(
      /found a limit on the size of files. What was fetched so far is kept: make room, and start it again/,
    );
    expect((await run(['download', 'owner/one', '--allow-private'])).code).toBe(0);
  });

  it('refuses private addresses unless they are allowed', async () => {
    const ran = await run(['download', sites.content.url('/x').href]);
    expect([ran.code, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toContain('expected a public address');
  });
});

describe('danqing tokens', () => {
  it('keeps a token from the standard input, tells of it, uses it, and forgets it', async () => {
    models[0] = { ...models[0]!, versions: [{ ...models[0]!.versions[0]!, needsToken: true }] };
    const link = 'https://civitai.com/models/7';
    const refused = await run(['download', link, '--allow-private']);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('danqing tokens set civitai')]);
    const kept = await run(['tokens', 'set', 'civitai'], { input: `${TOKEN}\n` });
    expect(kept.stdout).toBe(`Kept. It is sent to ${sites.civitai.url('/').origin} only.\n`);
    expect(statSync(inHome('tokens.json')).mode & 0o777).toBe(0o600);
    const listed = await run(['tokens', '--json']);
    expect(parse(listed)).toMatchObject([{ site: 'civitai', from: 'file' }, { site: 'huggingface' }]);
    const got = await run(['download', link, '--allow-private']);
    expect(got.stdout).toBe(`${inHome('models/Lora/disney.safetensors')}\n`);
    const removed = await run(['tokens', 'remove', 'civitai']);
    expect(removed.stdout).toContain('Forgotten');
    for (const ran of [refused, kept, listed, got, removed]) expect(ran.stdout + ran.stderr).not.toContain(TOKEN);
    expect(sites.content.seen.length).toBeGreaterThan(0);
    expect(JSON.stringify(sites.content.seen)).not.toContain(TOKEN);
  });

  it('asks for a site that there is', async () => {
    expect((await run(['tokens', 'set', 'example'])).code).toBe(2);
  });
});

describe('danqing search', () => {
  it('DL-06: prints what is found', async () => {
    const ran = await run(['search', 'dis', '--kind', 'lora', '--sort', 'downloaded']);
    expect(ran.stdout).toMatch(
      /^kind +base +downloads +size +name +page\nlora +SD 1\.5 +1234 +1\.58 MB +Disney +http.*\/models\/7\?modelVersionId=70\n/,
    );
    const none = await run(['search', 'dis', '--kind', 'vae']);
    expect(none.stdout).toBe('No model was found.\n');
  });

  it('DL-07: prints the page of a model', async () => {
    for (const words of ['7', 'https://civitai.com/models/7/disney', 'https://civitai.com/api/download/models/70']) {
      const { stdout } = await run(['search', words]);
      for (const [key, value] of [
        ['type', 'LORA'],
        ['by', 'somebody'],
        ['base', 'SD 1.5'],
        ['uploaded', '2023-12-18'],
        ['downloads', '1234'],
        ['reviews', '56 up, 7 down, 8 comments'],
        ['trigger words', 'disney style'],
        ['file', 'disney.safetensors, 1.58 MB'],
        ['badges', 'verified, SafeTensor'],
      ]) {
        expect(stdout).toMatch(new RegExp(`^${key} +${value}$`, 'm'));
      }
    }
  });

  it('DL-08: prints how example pictures were made, ready to be pasted', async () => {
    const meta = {
      prompt: 'a princess',
      negativePrompt: 'blurry',
      steps: 20,
      sampler: 'Euler a',
      cfgScale: 7,
      seed: 1,
      Size: '512x512',
    };
    sites.images.set('70', [{ id: 1, url: 'https://image.civitai.com/a.jpeg', meta }]);
    const { stdout } = await run(['search', '7', '--images']);
    expect(stdout).toContain(
      'Picture: https://image.civitai.com/a.jpeg\na princess\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a',
    );
  });

  it('DL-07: has no effect on the terminal by what others wrote', async () => {
    models[0] = {
      ...models[0]!,
      name: 'bad\u001b[2Jname\u202E',
      more: { description: '<p>x\u001b]0;title\u0007</p>' },
    };
    const { stdout } = await run(['search', '7']);
    expect(stdout).toContain('bad\\u001b[2Jname\\u202e');
    expect(stdout).not.toMatch(/[\u001b\u0007\u202e]/);
  });
});

describe('danqing training-base', () => {
  const starter = sharedData('checkpoint/starter-emoji-128.safetensors');

  it('DL-10: checks a file where it lies, and fetches what is not there', async () => {
    const file = await run(['training-base', starter]);
    expect([file.code, file.stdout]).toEqual([0, `${starter}\n`]);
    const wrong = await run(['training-base', 'owner/one', '--allow-private']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('expected a checkpoint, found a lora')]);
    const large = await run(['training-base', starter, '--limit', '0.01']);
    expect([large.code, large.stderr]).toEqual([2, expect.stringContaining('raise the limit')]);
  });
});

describe('danqing annotate', () => {
  it('notes beside installed models what Civitai knows, and tells of newer versions', async () => {
    await run(['download', 'owner/one', '--allow-private']);
    expect(readdirSync(inHome('models/Lora'))).toEqual(['disney.safetensors']);
    models[0] = {
      ...models[0]!,
      versions: [
        { id: 71, name: 'v2', files: [], more: { publishedAt: '2024-12-18T00:00:00Z' } },
        ...models[0]!.versions,
      ],
    };
    const ran = await run(['annotate']);
    expect(readdirSync(inHome('models/Lora')).sort()).toEqual([
      'disney.civitai.info',
      'disney.json',
      'disney.safetensors',
    ]);
    expect(ran.stdout).toContain('disney.safetensors: wrote disney.civitai.info, disney.json');
    expect(ran.stdout).toContain('there is a newer version, v2: http');
    expect(ran.stdout).toContain('Known to Civitai: 1 of 1; newer versions: 1.');
  });
});
