import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HashTable } from './hash-table.ts';
import { type ModelRow, ModelTable } from './model-table.ts';
import { deleteDatabase, isDamaged, openDatabase } from './open-database.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-db-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const row = (path: string, more: Partial<ModelRow> = {}): ModelRow => ({
  path,
  name: path.slice(1),
  folder: '/',
  root: '/',
  stamp: `stamp ${path}`,
  sideStamp: '',
  sizeBytes: 1,
  changedMs: 1,
  kind: 'lora',
  families: ' sd1 ',
  category: null,
  facts: '{}',
  sides: '{}',
  notices: '[]',
  words: path,
  ...more,
});

it('keeps rows between runs, and begins anew when it is deleted', () => {
  const first = openDatabase(folder);
  new ModelTable(first).put([row('/b'), row('/a')]);
  first.close();
  const second = openDatabase(folder);
  expect(new ModelTable(second).find({}).map(({ path }) => path)).toEqual(['/a', '/b']);
  second.close();
  deleteDatabase(folder);
  const third = openDatabase(folder);
  expect(new ModelTable(third).find({})).toEqual([]);
  third.close();
});

it.each([
  ['another kind of file', (file: string) => writeFileSync(file, 'x'.repeat(10_000))],
  ['a file cut short', (file: string) => truncateSync(file, 5000)],
])('replaces %s', (_, damage) => {
  const first = openDatabase(folder);
  new ModelTable(first).put(Array.from({ length: 1000 }, (__, i) => row(`/${i}`)));
  first.close();
  const file = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.sqlite'))!,
  );
  for (const ending of ['-wal', '-shm']) rmSync(file + ending, { force: true });
  damage(file);
  let database = openDatabase(folder);
  try {
    new ModelTable(database).find({});
  } catch (error) {
    // Some damage shows only when it is read.
    if (!isDamaged(error)) throw error;
    database.close();
    deleteDatabase(folder);
    database = openDatabase(folder);
  }
  expect(new ModelTable(database).find({})).toEqual([]);
  new ModelTable(database).put([row('/new')]);
  expect(new ModelTable(database).get('/new')).toMatchObject({ kind: 'lora' });
  database.close();
});

it('deletes databases of other versions, and works without a place for one', () => {
  writeFileSync(join(folder, 'library-0.sqlite'), 'old');
  writeFileSync(join(folder, 'library-0.sqlite-wal'), 'old');
  openDatabase(folder).close();
  expect(existsSync(join(folder, 'library-0.sqlite'))).toBe(false);
  expect(existsSync(join(folder, 'library-0.sqlite-wal'))).toBe(false);
  writeFileSync(join(folder, 'file'), '');
  const inMemory = openDatabase(join(folder, 'file'));
  new ModelTable(inMemory).put([row('/a')]);
  expect(new ModelTable(inMemory).count({})).toBe(1);
  inMemory.close();
});

it.runIf(process.platform === 'linux')('does not wait for ever where no folder can be made', () => {
  expect(openDatabase('/proc/danqing/cache')).toBeDefined();
});

it('is shared by processes at the same time', () => {
  const [one, two] = [openDatabase(folder), openDatabase(folder)];
  new ModelTable(one).put([row('/a')]);
  new HashTable(two).add('stamp /a', { sha256: 'ab' }, false);
  expect(new ModelTable(one).get('/a')).toMatchObject({ sha256: 'ab', complete: 0 });
  one.close();
  two.close();
});

it('finds rows by kind, family, category, words and order', () => {
  const database = openDatabase(folder);
  const models = new ModelTable(database);
  models.put([
    row('/ink', { words: 'ink 水墨 style', sizeBytes: 3, changedMs: 1, families: ' sd1 sdxl ' }),
    row('/Anime', { words: "50% o'neil_x", kind: 'checkpoint', sizeBytes: 2, changedMs: 3, category: 'anime' }),
    row('/b', { words: 'ink', kind: 'vae', families: ' sdxl ', changedMs: 2 }),
  ]);
  const names = (query: Parameters<ModelTable['find']>[0]) => models.find(query).map(({ name }) => name);
  expect(names({})).toEqual(['Anime', 'b', 'ink']);
  expect(names({ sort: 'newest' })).toEqual(['Anime', 'b', 'ink']);
  expect(names({ sort: 'largest', limit: 1, offset: 1 })).toEqual(['Anime']);
  expect(names({ kinds: ['vae', 'lora'] })).toEqual(['b', 'ink']);
  expect(names({ kinds: [] })).toEqual([]);
  expect(names({ families: ['sdxl'] })).toEqual(['b', 'ink']);
  expect(names({ families: ['sd'] })).toEqual([]);
  expect(names({ category: 'anime' })).toEqual(['Anime']);
  expect(names({ words: ['水墨', 'ink'] })).toEqual(['ink']);
  expect(names({ words: ["'; DROP TABLE models; --"] })).toEqual([]);
  expect(names({ words: ["50% o'neil_x"] })).toEqual(['Anime']);
  expect(models.count({ words: ['ink'] })).toBe(2);
  database.close();
});

it('adds hashes to what is known and finds models by them, moved ones too', () => {
  const database = openDatabase(folder);
  const [models, hashes] = [new ModelTable(database), new HashTable(database)];
  models.put([row('/a', { sizeBytes: 5 }), row('/b', { sizeBytes: 2 }), row('/c')]);
  models.setAway(['/c'], true);
  expect(models.findWithoutHashes(9).map(({ path }) => path)).toEqual(['/b', '/a']);
  hashes.add('stamp /a', { sha256: '6ce0161689', old: '81761151' }, false);
  hashes.add('stamp /a', { tensors: 'ff', blake3: 'b' }, true);
  hashes.add('stamp /b', { tensors: 'ff' }, true);
  expect(hashes.get('stamp /a')).toMatchObject({ sha256: '6ce0161689', tensors: 'ff', complete: 1 });
  expect(models.countWithoutHashes()).toEqual({ models: 0, bytes: 0 });
  expect(models.findByHash('6ce016').map(({ path }) => path)).toEqual(['/a']);
  expect(models.findByHash('81761151').map(({ path }) => path)).toEqual(['/a']);
  expect(models.findSameTensors().map(({ path }) => path)).toEqual(['/a', '/b']);
  models.remove(['/a']);
  models.put([row('/moved', { stamp: 'stamp /a' })]);
  expect(models.findByHash('6ce016').map(({ path }) => path)).toEqual(['/moved']);
  database.close();
});
