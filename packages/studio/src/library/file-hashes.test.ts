import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileStamp } from '@danqing/node/files/file-stamp';
import { expect, it } from 'vitest';
import { HashTable } from '../db/hash-table.ts';
import { openDatabase } from '../db/open-database.ts';
import { FileHashes } from './file-hashes.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

it('remembers hashes, also of a file that is moved, and forgets that of one that changes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'danqing-hashes-'));
  const file = join(folder, 'a');
  writeFileSync(file, 'one');
  expect(await new FileHashes(folder).sha256(file)).toBe(sha256('one'));
  // What is in the database is believed.
  const table = new HashTable(openDatabase(folder));
  table.add(fileStamp(statSync(file, { bigint: true })), { sha256: 'known' }, false);
  renameSync(file, join(folder, 'b'));
  expect(await new FileHashes(folder).sha256(join(folder, 'b'))).toBe('known');
  appendFileSync(join(folder, 'b'), ' two');
  expect(await new FileHashes(folder).sha256(join(folder, 'b'))).toBe(sha256('one two'));
  rmSync(folder, { recursive: true });
});

it('works where nothing can be remembered', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'danqing-hashes-'));
  writeFileSync(join(folder, 'a'), 'one');
  expect(await new FileHashes(join(folder, 'a')).sha256(join(folder, 'a'))).toBe(sha256('one'));
  rmSync(folder, { recursive: true });
});
