// Measures the first start: from the start of the process to the picture's file, with nothing remembered from before, and again.
//   npx tsx benchmarks/first-picture.ts [runs]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../apps/cli/bin/danqing.js', import.meta.url));

/** Seconds until the picture is there; its time of change is the end. */
async function firstPicture(cache: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'danqing-first-'));
  try {
    const startedMs = Date.now();
    const child = spawn(process.execPath, [program], {
      cwd: folder,
      env: { ...process.env, DANQING_CACHE: cache },
      stdio: 'ignore',
    });
    const [code] = (await once(child, 'exit')) as [number];
    const picture = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.png'));
    if (code !== 0 || picture === undefined) throw new Error(`No picture was drawn: exit code ${code}.`);
    return (statSync(join(folder, picture)).mtimeMs - startedMs) / 1000;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const runs = Number(process.argv[2] ?? 3);
const shared = mkdtempSync(join(tmpdir(), 'danqing-cache-'));
console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.versions.node}`);
for (let run = 1; run <= runs; run++) {
  const fresh = mkdtempSync(join(tmpdir(), 'danqing-cache-'));
  const [first, again] = [await firstPicture(fresh), await firstPicture(shared)];
  rmSync(fresh, { recursive: true });
  console.log(`run ${run}: ${first.toFixed(2)} s with nothing remembered, ${again.toFixed(2)} s again`);
}
rmSync(shared, { recursive: true });
