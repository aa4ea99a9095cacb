import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { expect, it } from 'vitest';
import { ModelTable } from '../db/model-table.ts';
import { openDatabase } from '../db/open-database.ts';
import type { ScanThread } from './library-threads.ts';
import { listModels } from './list-models.ts';
import { NO_FACTS } from './model-facts.ts';
import { modelRow } from './model-row.ts';
import { scanLibrary } from './scan-library.ts';

/** A thread that does not survive the files of some names: it says what it found of those before, and is gone. */
function frailThread(deadly: RegExp, calls: string[][]): ScanThread {
  return {
    close: () => Promise.resolve(),
    call: async (request, options) => {
      if (request.do === 'list') {
        const { models, folders, notices } = listModels(request.folders, request.below);
        options?.onProgress?.({ do: 'list', models });
        return { do: 'list', folders, notices };
      }
      calls.push(request.models.map(({ name }) => name));
      for (const model of request.models) {
        if (deadly.test(model.name)) {
          throw new DanqingError('crashed', { where: 'thread', expected: 'an answer', found: 'none' });
        }
        const inspection = {
          facts: NO_FACTS,
          sides: { notes: {} },
          notices: [],
        };
        options?.onProgress?.({ do: 'inspect', rows: [modelRow(model, inspection)] });
      }
      return { do: 'inspect' };
    },
  };
}

it('passes over files that the reading thread does not survive, and no others', async () => {
  const root = mkdtempSync(join(tmpdir(), 'danqing-scan-'));
  mkdirSync(join(root, 'cache'));
  for (let i = 0; i < 250; i++) {
    const path = join(root, `${String(i).padStart(3, '0')}.pt`);
    writeFileSync(path, 'x');
    utimesSync(path, 1_600_000_000, 1_600_000_000);
  }
  const table = new ModelTable(openDatabase(join(root, 'cache')));
  const found = { folders: [{ path: root, kinds: [], root, deep: true }], notices: [], away: [] };
  const calls: string[][] = [];
  const threads = [frailThread(/00[37]|120/, calls), frailThread(/00[37]|120/, calls)];
  const told: number[] = [];
  const report = await scanLibrary(found, table, threads, { onProgress: (done) => told.push(done) });
  expect(report).toMatchObject({ models: 250, added: 250 });
  expect(told.at(-1)).toBe(250);
  const bad = table.find({}).filter(({ notices }) => notices.includes('unreadable'));
  expect(bad.map(({ name }) => name)).toEqual(['003.pt', '007.pt', '120.pt']);
  calls.length = 0;
  expect(await scanLibrary(found, table, threads)).toMatchObject({ added: 0, changed: 0 });
  expect(calls).toEqual([]);
  rmSync(root, { recursive: true });
});

it('stops when it is told to', async () => {
  const root = mkdtempSync(join(tmpdir(), 'danqing-scan-'));
  for (let i = 0; i < 10; i++) writeFileSync(join(root, `${i}.pt`), 'x');
  const table = new ModelTable(openDatabase(root));
  const found = { folders: [{ path: root, kinds: [], root, deep: true }], notices: [], away: [] };
  const stop = new AbortController();
  const scan = scanLibrary(found, table, [frailThread(/5/, [])], {
    signal: stop.signal,
    onProgress: (done) => done === 5 && stop.abort(new Error('enough')),
  });
  await expect(scan).rejects.toThrow('enough');
  rmSync(root, { recursive: true });
});
