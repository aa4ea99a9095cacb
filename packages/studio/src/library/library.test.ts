import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { starterCheckpoint } from '../folders.ts';
import { changeSettings, settingsFile } from '../settings/settings.ts';
import { LibraryThreads } from './library-threads.ts';
import { Library, type ModelQuery } from './library.ts';
import { categoriesOf } from './model-categories.ts';
import type { Notice } from './notice.ts';
import { readPreview } from './read-preview.ts';

let place: string;
let home: string;
let library: Library;

beforeEach(async () => {
  place = mkdtempSync(join(tmpdir(), 'danqing-library-'));
  home = join(place, 'home');
  library = await open();
});
afterEach(async () => {
  await library.close();
  rmSync(place, { recursive: true });
});

const threads = new LibraryThreads();
afterAll(() => threads.close());

const open = () => Library.open({ home, cache: join(place, 'cache'), threads });

async function reopen(): Promise<void> {
  await library.close();
  library = await open();
}

/** Puts a file below the place: a text, bytes, or a copy of one of the community's files. */
function put(path: string, from: string | Uint8Array): string {
  const target = join(place, path);
  mkdirSync(dirname(target), { recursive: true });
  if (typeof from === 'string' && from.startsWith('lora/')) copyFileSync(sharedData(from), target);
  else writeFileSync(target, from);
  // As if it had been there for long.
  utimesSync(target, 1_600_000_000, 1_600_000_000);
  return target;
}

/** The starter checkpoint under a name of its own. */
function putCheckpoint(path: string): string {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  symlinkSync(starterCheckpoint, join(place, path));
  return join(place, path);
}

const LORA = 'lora/catundchat_pytorch_lora_weights.safetensors';
const PICKLE = 'lora/cloneofsimo_lora_disney.pt';

const names = (query: ModelQuery = {}) => library.find(query).map(({ name }) => name);
const noticesOf = (path: string) => library.get(path)!.notices.map(({ type }) => type);

/** A safetensors file of one tensor. */
function safetensors(tensor: string, metadata: Record<string, string> = {}, shape = [8]): Buffer {
  const bytes = shape.reduce((a, b) => a * b, 1);
  const header = Buffer.from(
    JSON.stringify({ __metadata__: metadata, [tensor]: { dtype: 'U8', shape, data_offsets: [0, bytes] } }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(bytes, 7)]);
}

describe('first 6: Library', () => {
  it('LIB-05: shows a file that is copied into its folder after a refresh or a restart', async () => {
    await library.refresh();
    put('home/models/Lora/cat.safetensors', LORA);
    expect(names()).toEqual([]);
    expect(await library.refresh()).toMatchObject({ models: 1, added: 1, changed: 0, removed: 0 });
    expect(library.find()[0]).toMatchObject({ name: 'cat.safetensors', kind: 'lora', familyIds: ['sd1'] });
    await reopen();
    expect(names()).toEqual(['cat.safetensors']);
  });

  it('LIB-06: refreshes the checkpoints alone', async () => {
    await library.refresh();
    putCheckpoint('home/models/Stable-diffusion/new.safetensors');
    put('home/models/Lora/cat.safetensors', LORA);
    await library.refreshKinds(['checkpoint']);
    expect(names()).toEqual(['new.safetensors']);
  });

  it('LIB-08, CK-02: keeps many checkpoints side by side, any of which can be picked', async () => {
    for (let i = 0; i < 30; i++) putCheckpoint(`home/models/Stable-diffusion/sub ${i % 3}/model-${i}.safetensors`);
    await library.refresh();
    expect(library.count({ kinds: ['checkpoint'] })).toBe(30);
    expect(library.findCheckpoint('model-17')?.path).toBe(
      join(home, 'models/Stable-diffusion/sub 2/model-17.safetensors'),
    );
  });

  it('LIB-14, LIB-15: shows the baked-in VAE, the base and its native size', async () => {
    const path = putCheckpoint('home/models/Stable-diffusion/starter.safetensors');
    await library.refresh();
    const model = library.get(path)!;
    expect(model.identification).toMatchObject({ kind: 'checkpoint', bakedVae: true });
    expect(model.families[0]).toMatchObject({ id: 'sd1', nativeSize: 512 });
    expect(names({ families: ['sd1'] })).toEqual(['starter.safetensors']);
    expect(names({ families: ['sdxl'] })).toEqual([]);
  });

  it('LIB-16: shows hashes as Civitai and as A1111 print them', async () => {
    const path = put('home/models/Lora/cat.safetensors', LORA);
    await library.refresh();
    expect(library.get(path)!.title).toBe('cat.safetensors');
    await library.hashing.run();
    const model = library.get(path)!;
    expect(model.hashes).toMatchObject({ autoV2: 'fb286c8e56', autoV3: 'ddd48cd74131' });
    expect(model.title).toBe('cat.safetensors [fb286c8e56]');
    expect(library.findByHash('FB286C8E56').map(({ name }) => name)).toEqual(['cat.safetensors']);
    expect(library.findByHash('ddd48cd74131')).toHaveLength(1);
    expect(library.findByHash("' OR 1=1")).toEqual([]);
  });

  it('LIB-17: notes what a person knows of a model, beside it', async () => {
    const path = put('home/models/Lora/cat.safetensors', LORA);
    await library.refresh();
    const model = await library.changeNotes(path, { activationText: 'a cat', preferredWeight: 0.7, notes: '画猫' });
    expect(model.triggerWords).toEqual(['a cat']);
    expect(JSON.parse(readFileSync(join(dirname(path), 'cat.json'), 'utf8'))).toEqual({
      'activation text': 'a cat',
      'preferred weight': 0.7,
      notes: '画猫',
    });
    expect(names({ words: '猫' })).toEqual(['cat.safetensors']);
    await expect(library.changeNotes(join(home, 'none'), {})).rejects.toMatchObject({ code: 'missing' });
  });

  it('LIB-18: shows the preview beside a model', async () => {
    const path = put('home/models/Lora/cat.safetensors', LORA);
    const preview = put('home/models/Lora/cat.preview.png', 'picture');
    await library.refresh();
    expect(library.get(path)!.preview).toBe(preview);
    rmSync(preview);
    await library.refresh();
    expect(library.get(path)!.preview).toBeUndefined();
  });

  it('LIB-18: shows the cover inside a file that has no preview beside it', async () => {
    const cover = JSON.stringify([Buffer.from('picture').toString('base64')]);
    const path = put('home/models/Lora/a.safetensors', safetensors('x', { ssmd_cover_images: cover }));
    const without = put('home/models/Lora/b.safetensors', safetensors('y', { ssmd_cover_images: '[]' }));
    const broken = put('home/models/Lora/c.safetensors', safetensors('z', { ssmd_cover_images: 'no list' }));
    await library.refresh();
    expect(Buffer.from((await readPreview(library.get(path)!))!).toString()).toBe('picture');
    expect(await readPreview(library.get(without)!)).toBeUndefined();
    await expect(readPreview(library.get(broken)!)).rejects.toMatchObject({ code: 'bad-file' });
    put('home/models/Lora/a.png', 'beside');
    await library.refresh();
    expect(Buffer.from((await readPreview(library.get(path)!))!).toString()).toBe('beside');
  });

  it('LIB-19, LIB-20: sorts checkpoints and LoRAs into categories', async () => {
    const checkpoint = putCheckpoint('home/models/Stable-diffusion/starter.safetensors');
    const lora = put('home/models/Lora/cat.safetensors', LORA);
    await library.refresh();
    await library.changeNotes(checkpoint, { category: '二次元' });
    await library.changeNotes(lora, { category: 'Clothing' });
    expect(names({ category: 'anime' })).toEqual(['starter.safetensors']);
    expect(names({ category: '服装' })).toEqual(['cat.safetensors']);
    expect(names({ words: '二次元' })).toEqual(['starter.safetensors']);
    expect(categoriesOf('lora').map(({ id }) => id)).toEqual(['character', 'style', 'concept', 'clothing', 'object']);
    expect(categoriesOf('checkpoint').map(({ title }) => title.zh)).toEqual(['二次元', '真实系', '2.5D', '其他']);
  });

  it('LIB-24: manages models: finds, notes, moves and forgets them', async () => {
    const wrong = putCheckpoint('home/models/Lora/starter.safetensors');
    await library.refresh();
    expect(library.findMisplaced().map(({ path }) => path)).toEqual([wrong]);
    const moved = await library.move(wrong);
    expect(moved).toBe(join(home, 'models/Stable-diffusion/starter.safetensors'));
    expect(library.findMisplaced()).toEqual([]);
    rmSync(moved);
    expect(await library.refresh()).toMatchObject({ models: 0, removed: 1 });
    expect(names()).toEqual([]);
  });
});

describe('what goes together', () => {
  it('LIB-22, LIB-23: links installed models by the catalogue, and warns of another family', async () => {
    const lora = put('home/models/Lora/koreanDollLikeness_v10.safetensors', LORA);
    const checkpoint = putCheckpoint('home/models/Stable-diffusion/chilloutmix_Ni.safetensors');
    await library.refresh();
    const [model, base] = [library.get(lora)!, library.get(checkpoint)!];
    expect(library.findPairings(model, base)).toMatchObject([{ type: 'base', name: 'ChilloutMix', path: checkpoint }]);
    const reverse = library.findPairings(base);
    expect(reverse.find(({ name }) => name === 'KoreanDollLikeness')).toMatchObject({ type: 'goes-with', path: lora });
    const sd2 = put('home/models/Lora/disney.pt', PICKLE);
    await library.refresh();
    expect(library.findPairings(library.get(sd2)!, base)[0]).toMatchObject({ type: 'mismatch', path: checkpoint });
  });
});

describe('search', () => {
  it('finds words of names, notes, tags and kinds in any language, all of them', async () => {
    put('home/models/Lora/水墨_ink-style.safetensors', safetensors('x', { ss_tag_frequency: '{"1_a": {"moxin": 3}}' }));
    put('home/models/Lora/水墨_ink-style.json', '{"notes": "Ｓｈｕｋｅｚｏｕｗｏ 风格", "category": "style"}');
    put('home/models/Lora/cat.safetensors', LORA);
    put('home/models/Lora/cat.civitai.info', '{"model": {"name": "Cats of the World", "tags": ["animal"]}}');
    await library.refresh();
    for (const words of ['水墨', 'INK style', 'moxin', 'shukezouwo', '风格 水']) {
      expect(names({ words })).toEqual(['水墨_ink-style.safetensors']);
    }
    expect(names({ words: 'world animal' })).toEqual(['cat.safetensors']);
    expect(names({ words: 'stable diffusion 1' })).toEqual(['cat.safetensors']);
    expect(names({ words: 'cat 水墨' })).toEqual([]);
    expect(names({ category: 'style' })).toEqual(['水墨_ink-style.safetensors']);
    expect(names({ sort: 'smallest', limit: 1 })).toEqual(['水墨_ink-style.safetensors']);
  });
});

describe('first 6: what a scan meets', () => {
  it('is spoilt by no bad file', async () => {
    put('home/models/Lora/good.safetensors', LORA);
    for (const name of readdirSync(sharedData('safetensors')).filter((file) => file.startsWith('bad_'))) {
      put(`home/models/Lora/${name}`, readFileSync(sharedData(`safetensors/${name}`)));
    }
    put('home/models/Lora/page.safetensors', '<!DOCTYPE html><html>');
    put('home/models/Lora/notes.ckpt', 'not a model');
    const report = await library.refresh();
    expect(report.models).toBeGreaterThan(15);
    expect(library.get(join(home, 'models/Lora/good.safetensors'))!.notices).toEqual([]);
    const bad = library.find().filter(({ name }) => name !== 'good.safetensors');
    expect(
      bad
        .filter(({ notices }) => notices.every(({ type }) => type !== 'bad-file' && type !== 'no-model'))
        .map(({ name }) => name),
    ).toEqual([]);
    expect(await library.refresh()).toMatchObject({ added: 0, changed: 0 });
  });

  it('tells of foreign code in a pickle, and reads the rest', async () => {
    const evil = Buffer.from('gAJjb3MKc3lzdGVtCnEAWAQAAABlY2hvcQGFcQJScQMu', 'base64');
    const path = put('home/models/Lora/evil.pt', evil);
    await library.refresh();
    expect(noticesOf(path)[0]).toMatch(/^(?:unsafe|bad-file)$/);
    expect(
      library
        .get(path)!
        .notices.map(({ says }) => says.en)
        .join(),
    ).toContain('os');
  });

  it('looks again at a file that was being written', async () => {
    const path = put('home/models/Lora/half.safetensors', LORA);
    const whole = readFileSync(path);
    truncateSync(path, 100_000);
    expect((await library.refresh()).unfinished).toEqual([path]);
    expect(noticesOf(path)).toEqual(['unfinished']);
    expect(await library.refresh()).toMatchObject({ changed: 1 });
    appendFileSync(path, whole.subarray(100_000));
    expect((await library.refresh()).unfinished).toEqual([]);
    expect(library.get(path)).toMatchObject({ kind: 'lora' });
    truncateSync(path, 100_000);
    utimesSync(path, 1_600_000_000, 1_600_000_000);
    await library.refresh();
    expect(noticesOf(path)).toEqual(['bad-file']);
  });

  it('does not wait for a web page to become a model', async () => {
    const path = put('home/models/Lora/page.safetensors', Buffer.from('<!DOCTYPE html><title>Log in</title>'));
    expect((await library.refresh()).unfinished).toEqual([]);
    const [{ type, says }] = library.get(path)!.notices as [Notice];
    expect([type, says.en, says.zh]).toEqual([
      'no-model',
      expect.stringContaining('found a web page. Download the model itself'),
      expect.stringContaining('实际：网页。请下载模型本身；网站可能要求先登录。'),
    ]);
  });

  it('keeps what it knows of a drive that is away', async () => {
    put('drive/models/loras/cat.safetensors', LORA);
    await changeSettings((old) => ({ ...old, modelRoots: [{ path: join(place, 'drive') }] }), settingsFile(home));
    await library.refresh();
    const [model] = library.find();
    renameSync(join(place, 'drive'), join(place, 'unplugged'));
    expect(await library.refresh()).toMatchObject({ models: 0, removed: 0 });
    expect(library.get(model!.path)).toMatchObject({ isAway: true, kind: 'lora' });
    expect(library.notices.map(({ path }) => path)).toContain(join(place, 'drive'));
    renameSync(join(place, 'unplugged'), join(place, 'drive'));
    expect(await library.refresh()).toMatchObject({ models: 1, added: 0, changed: 0 });
    expect(library.get(model!.path)).toMatchObject({ isAway: false });
    await changeSettings((old) => ({ ...old, modelRoots: [] }), settingsFile(home));
    expect(await library.refresh()).toMatchObject({ removed: 1 });
  });

  it('leaves folders of other programs as they are', async () => {
    const path = put('comfy/models/loras/cat.safetensors', LORA);
    const before = readdirSync(join(place, 'comfy'), { recursive: true });
    await changeSettings((old) => ({ ...old, modelRoots: [{ path: join(place, 'comfy') }] }), settingsFile(home));
    await library.refresh();
    await library.hashing.run();
    expect(library.get(path)).toMatchObject({ root: join(place, 'comfy'), notices: [] });
    expect(readdirSync(join(place, 'comfy'), { recursive: true })).toEqual(before);
  });

  it('moves a model within the program that it is in', async () => {
    const path = put('comfy/models/checkpoints/cat.safetensors', LORA);
    mkdirSync(join(place, 'comfy/models/loras'));
    await changeSettings((old) => ({ ...old, modelRoots: [{ path: join(place, 'comfy') }] }), settingsFile(home));
    await library.refresh();
    expect(noticesOf(path)).toEqual(['wrong-folder']);
    expect(await library.move(path)).toBe(join(place, 'comfy/models/loras/cat.safetensors'));
  });
});

describe('first 6: hashes', () => {
  it('find the same tensors in other containers, and wrong hashes in notes', async () => {
    const same = put('home/models/Lora/a.safetensors', safetensors('x', { note: 'a' }));
    const again = put('home/models/Lora/b.safetensors', safetensors('x', { sshs_model_hash: 'e3b0c44298fc' }));
    put('home/models/Lora/c.safetensors', safetensors('y'));
    await library.refresh();
    expect(library.findDuplicates()).toEqual([]);
    expect(noticesOf(again)).toEqual(['wrong-note']);
    await library.hashing.run();
    expect(library.findDuplicates().map((group) => group.map(({ path }) => path))).toEqual([[same, again]]);
    expect(library.get(again)!.notices[0]!.says.en).toContain('the hash of nothing');
  });

  it('go on where they were stopped, and are kept for files that are moved', async () => {
    put('home/models/Lora/a.safetensors', LORA);
    const other = put('home/models/Lora/b.pt', PICKLE);
    await library.refresh();
    const stopped = library.hashing.run(() => void library.hashing.stop());
    await stopped;
    await reopen();
    await library.hashing.run();
    const { hashes } = library.get(other)!;
    expect(hashes.sha256).toBe('72f687f810b86bb8cc64d2ece59886e2e96d29e3f57f97340ee147d168b8a5fe');
    renameSync(other, join(home, 'models/Lora/moved.pt'));
    await library.refresh();
    expect(library.get(join(home, 'models/Lora/moved.pt'))!.hashes).toEqual(hashes);
  });
});

describe('the database', () => {
  it('can be deleted at any time without loss', async () => {
    const path = put('home/models/Lora/cat.safetensors', LORA);
    await library.refresh();
    await library.changeNotes(path, { notes: 'mine' });
    await library.hashing.run();
    const before = JSON.stringify(library.get(path));
    await library.close();
    rmSync(join(place, 'cache'), { recursive: true });
    library = await open();
    await library.refresh();
    await library.hashing.run();
    expect(JSON.stringify(library.get(path))).toBe(before);
  });

  it('is made anew when it is damaged, also while it is in use', async () => {
    put('home/models/Lora/cat.safetensors', LORA);
    await library.refresh();
    await library.close();
    const file = join(
      place,
      'cache',
      readdirSync(join(place, 'cache')).find((name) => name.endsWith('.sqlite'))!,
    );
    const bytes = readFileSync(file);
    bytes.fill(0xff, 4096);
    writeFileSync(file, bytes);
    library = await open();
    await library.refresh();
    expect(names()).toEqual(['cat.safetensors']);
    expect(existsSync(file)).toBe(true);
  });
});
