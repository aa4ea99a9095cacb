// The memory plan against what the drawing process really takes, phase by phase; see README.md here.
// tsx benchmarks/memory-plan.ts SD15-CHECKPOINT [--json]
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { recipe as recipeShape, type RecipeInput } from '@danqing/contract/recipe';
import type { Graph } from '@danqing/engine/graph/value';
import { runtimes } from '@danqing/node/runtime/runtimes/index';
import { openCheckpoint } from '@danqing/studio/jobs/checkpoint-files';
import { settleRecipe } from '@danqing/studio/jobs/plan-batches';
import { planJob } from '@danqing/studio/jobs/plan-job';
import { WorkerClient } from '@danqing/studio/jobs/worker-client';

/** Phases as the drawing process tells them; opening belongs to the phase that it is for. */
const PHASES = { 'encode prompt': 'open text encoder', sample: 'open denoiser', decode: 'open VAE' } as const;
type Phase = keyof typeof PHASES;

/** A plan may be off by so much. */
const TOLERANCE = 0.15;

const SAMPLE_EVERY_MS = 10;
const PLENTY = { freeBytes: 64e9, totalBytes: 64e9, ownBytes: 0 };

const [checkpoint, ...flags] = process.argv.slice(2);
if (checkpoint === undefined) throw new Error('usage: tsx benchmarks/memory-plan.ts SD15-CHECKPOINT [--json]');

const sd15 = { prompt: 'a lighthouse', checkpoint, steps: 2, width: 512, height: 512 };
const setUps: readonly (RecipeInput & { name: string })[] = [
  { name: 'SD 1.5, 512×512, fast, first time', ...sd15, mode: 'fast' },
  { name: 'SD 1.5, 512×512, fast, prepared', ...sd15, mode: 'fast' },
  { name: 'SD 1.5, 512×512, quick', ...sd15, mode: 'quick' },
  { name: 'SD 1.5, 512×512, small', ...sd15, mode: 'small' },
  { name: 'SD 1.5, 768×512, small', ...sd15, mode: 'small', width: 768 },
  { name: 'SD 1.5, 512×512, two at a time, small', ...sd15, mode: 'small', batchSize: 2 },
  { name: 'starter, 128×128, quick', prompt: 'fox', steps: 4, width: 128, height: 128, mode: 'quick' },
];

// Prepared models of a folder of our own: none at first.
const cache = mkdtempSync(join(tmpdir(), 'danqing-memory-plan-'));
process.env['DANQING_CACHE'] = cache;
const preparedPath = join(cache, 'prepared');
const prepared = {
  path: preparedPath,
  preparationOf: (graph: Graph) => runtimes.cpu.preparationOf(graph, preparedPath),
};

const rows: { name: string; phase: Phase; plannedBytes: number; measuredBytes: number }[] = [];
for (const { name, ...asked } of setUps) {
  const planned = await plan(asked);
  const measured = await measure(asked);
  for (const phase of Object.keys(PHASES) as Phase[]) {
    rows.push({ name, phase, plannedBytes: planned.get(phase)!, measuredBytes: measured.get(phase)! });
  }
  if (!flags.includes('--json')) console.error(name);
}
if (flags.includes('--json')) {
  console.log(JSON.stringify(rows));
} else {
  console.log('| set-up | phase | planned, MB | measured, MB | off by |\n|---|---|---|---|---|');
  for (const row of rows) {
    const [planned, measured] = [row.plannedBytes, row.measuredBytes].map((bytes) => (bytes / 1e6).toFixed(0));
    console.log(`| ${row.name} | ${row.phase} | ${planned} | ${measured} | ${(100 * errorOf(row)).toFixed(0)} % |`);
  }
}
// What counts is the peak of each set-up: that is what a refusal hangs on.
const peakErrors = setUps.map(({ name }) => {
  const own = rows.filter((row) => row.name === name);
  const largest = (key: 'plannedBytes' | 'measuredBytes') => Math.max(...own.map((row) => row[key]));
  return { name, error: errorOf({ plannedBytes: largest('plannedBytes'), measuredBytes: largest('measuredBytes') }) };
});
for (const { name, error } of peakErrors) console.error(`${name}: peak off by ${(100 * error).toFixed(1)} %`);
rmSync(cache, { recursive: true });
process.exitCode = peakErrors.every(({ error }) => Math.abs(error) <= TOLERANCE) ? 0 : 1;

function errorOf({ plannedBytes, measuredBytes }: { plannedBytes: number; measuredBytes: number }): number {
  return plannedBytes / measuredBytes - 1;
}

async function plan(asked: RecipeInput): Promise<Map<Phase, number>> {
  const recipe = recipeShape.parse(asked);
  const files = await openCheckpoint(recipe.checkpoint, recipe.vae);
  const { family } = files.parts;
  const facts = { family, nativeSize: family.nativeSize, resolution: undefined };
  const { phases } = planJob(
    files,
    settleRecipe(recipe, facts, () => 0),
    PLENTY,
    prepared,
  );
  const bytesOf = (name: string) => phases.find(({ phase }) => phase === name)?.bytes ?? 0;
  return new Map(
    Object.entries(PHASES).map(([running, opening]) => [
      running as Phase,
      Math.max(bytesOf(running), bytesOf(opening)),
    ]),
  );
}

/** Most anonymous memory of a fresh drawing process in each phase. */
async function measure(asked: RecipeInput): Promise<Map<Phase, number>> {
  const client = new WorkerClient();
  const peaks = new Map<Phase, number>();
  let phase: Phase | undefined;
  const timer = setInterval(() => {
    if (phase === undefined || client.pid === undefined) return;
    const bytes = 1024 * Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${client.pid}/status`, 'utf8'))?.[1] ?? 0);
    peaks.set(phase, Math.max(peaks.get(phase) ?? 0, bytes));
  }, SAMPLE_EVERY_MS);
  for await (const event of client.draw(recipeShape.parse(asked), { previews: true })) {
    if (event.type === 'phase' && event.phase in PHASES) phase = event.phase as Phase;
  }
  clearInterval(timer);
  // What is being put on the disk is let finish.
  while (existsSync(preparedPath) && readdirSync(preparedPath).some((name) => name.endsWith('.tmp'))) await sleep(100);
  await client.stop();
  return peaks;
}
