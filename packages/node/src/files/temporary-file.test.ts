import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { forgetTemporary, removeLeftovers, temporaryPath } from './temporary-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'danqing-leftovers-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('removes what dead processes of this machine left behind, and nothing else', async () => {
  const mine = temporaryPath(folder);
  const [, host, , suffix] = /^\.danqing-(\w+)-(\d+)-(.+)$/.exec(basename(mine))!;
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const named = (pid: number, of = host): string => `.danqing-${of}-${pid}-${suffix}`;
  const kept = [
    basename(mine),
    named(process.ppid),
    named(dead, '00000000'),
    '.danqing-abc.tmp',
    `x${named(dead)}`,
    'model.safetensors',
  ];
  for (const name of [...kept, named(dead)]) await writeFile(join(folder, name), 'x');
  await mkdir(join(folder, named(dead).replace(/.{16}\.tmp$/, '0123456789abcdef.tmp')));
  await removeLeftovers(folder);
  expect(new Set(await readdir(folder))).toEqual(
    new Set([...kept, named(dead).replace(/.{16}\.tmp$/, '0123456789abcdef.tmp')]),
  );

  // What this process no longer writes is a leftover of another that had its number.
  forgetTemporary(mine);
  await removeLeftovers(folder);
  expect(await readdir(folder)).not.toContain(basename(mine));
});

it('does nothing in a folder that is not there', async () => {
  await removeLeftovers(join(folder, 'none'));
  expect(await readdir(folder)).toEqual([]);
});
