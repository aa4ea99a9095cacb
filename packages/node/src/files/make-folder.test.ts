import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder } from './make-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'danqing-folders-'));

afterAll(() => rmSync(root, { recursive: true }));

describe('makeFolder', () => {
  it('makes a folder and those above it, and is content with one that is there', async () => {
    const folder = join(root, 'a', 'b', 'c');
    await makeFolder(folder);
    await makeFolder(folder);
    expect(statSync(folder).isDirectory()).toBe(true);
    await makeFolder('.');
  });

  it('says where it cannot', async () => {
    writeFileSync(join(root, 'file'), '');
    await expect(makeFolder(join(root, 'file', 'below'))).rejects.toMatchObject({ code: 'io' });
    await expect(makeFolder(join(root, 'nul\0'))).rejects.toMatchObject({ code: 'io' });
  });

  it('does not try for ever where no folders can be made', async () => {
    await expect(makeFolder('/proc/danqing/a')).rejects.toThrow('/proc/danqing/a: expected a folder that can be made');
  });
});
