// Type-checks every room by its own rules (the engine's know no Node and no browser), then everything with its tests.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = join(root, 'node_modules/typescript/bin/tsc');

const rooms = ['packages', 'apps'].flatMap((folder) =>
  readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
);
const projects = [...rooms.filter((room) => existsSync(join(root, room, 'src'))), '.'];

const failed = projects.filter(
  (project) => spawnSync(process.execPath, [tsc, '-p', project], { cwd: root, stdio: 'inherit' }).status !== 0,
);
if (failed.length > 0) {
  console.error(`Types do not fit in ${failed.join(', ')}.`);
  process.exitCode = 1;
}
