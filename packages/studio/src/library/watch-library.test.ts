import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { LibraryThreads } from './library-threads.ts';
import { Library } from './library.ts';
import { LibraryWatch } from './watch-library.ts';

let place: string;
let library: Library;
let watch: LibraryWatch;

const threads = new LibraryThreads();
afterAll(() => threads.close());
beforeEach(async () => {
  place = mkdtempSync(join(tmpdir(), 'danqing-watch-'));
  library = await Library.open({ home: join(place, 'home'), cache: join(place, 'cache'), threads });
  watch = new LibraryWatch(library);
  await watch.start();
});
afterEach(async () => {
  watch.close();
  await library.close();
  rmSync(place, { recursive: true });
});

const LORA = sharedData('lora/cloneofsimo_lora_disney.safetensors');
const lora = (...path: string[]): string => join(place, 'home/models/Lora', ...path);
const seen = async (expected: Record<string, string>): Promise<void> => {
  await vi.waitFor(
    () => {
      expect(Object.fromEntries(library.find().map(({ name, kind }) => [name, kind]))).toEqual(expected);
    },
    { timeout: 40_000, interval: 50 },
  );
};

it('LIB-05: shows files that come, go and change, in new folders too', async () => {
  copyFileSync(LORA, lora('a.safetensors'));
  await seen({ 'a.safetensors': 'lora' });
  mkdirSync(lora('new/deeper'), { recursive: true });
  copyFileSync(LORA, lora('new/deeper/b.safetensors'));
  await seen({ 'a.safetensors': 'lora', 'new/deeper/b.safetensors': 'lora' });
  renameSync(lora('a.safetensors'), lora('new/c.safetensors'));
  await seen({ 'new/c.safetensors': 'lora', 'new/deeper/b.safetensors': 'lora' });
  writeFileSync(lora('new/c.json'), '{"notes": "水墨"}');
  await vi.waitFor(() => expect(library.count({ words: '水墨' })).toBe(1), { timeout: 40_000 });
  rmSync(lora('new'), { recursive: true });
  await seen({});
});

it('waits for a file that is copied slowly', async () => {
  const bytes = readFileSync(LORA);
  writeFileSync(lora('slow.safetensors'), bytes.subarray(0, 500_000));
  await seen({ 'slow.safetensors': 'unknown' });
  expect(library.find()[0]!.notices.map(({ type }) => type)).toEqual(['unfinished']);
  appendFileSync(lora('slow.safetensors'), bytes.subarray(500_000));
  await seen({ 'slow.safetensors': 'lora' });
  expect(library.find()[0]!.notices).toEqual([]);
});
