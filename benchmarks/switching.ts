// Switching between checkpoints in one drawing process: what a picture takes longer than the one before by the same checkpoint.
//   npx tsx benchmarks/switching.ts CHECKPOINT OTHER [mode …]
import { readRecipe } from '@danqing/studio/jobs/read-recipe';
import { WorkerClient } from '@danqing/studio/jobs/worker-client';
import { median } from './measuring.ts';

const [first, second, ...asked] = process.argv.slice(2);
if (first === undefined || second === undefined) throw new Error('usage: switching.ts CHECKPOINT OTHER [mode …]');

/** So many times each; the median counts. */
const TIMES = 5;

/** One step of the smallest picture, so that what is measured is not lost in what it is measured with. */
const recipeOf = (checkpoint: string, mode: string) =>
  readRecipe({
    prompt: 'a fox',
    checkpoint,
    vae: 'none',
    sampler: 'Euler',
    steps: 1,
    width: 64,
    height: 64,
    seed: 1,
    mode: mode as 'small',
  });

/** Seconds from asking for a picture until it is there. */
async function draw(client: WorkerClient, checkpoint: string, mode: string, steps = 1): Promise<number> {
  const from = performance.now();
  for await (const event of client.draw({ ...recipeOf(checkpoint, mode), steps })) void event;
  return (performance.now() - from) / 1000;
}

/** Draws with the first while the second waits: seconds from the end of one picture to the end of the next. */
async function drawBoth(client: WorkerClient, mode: string): Promise<number> {
  const one = draw(client, first!, mode, 4);
  const other = draw(client, second!, mode);
  await one;
  const from = performance.now();
  await other;
  return (performance.now() - from) / 1000;
}

console.log('| mode | same again | the other, open | the other, not open | the other, opened while the first draws |');
console.log('|---|---|---|---|---|');
for (const mode of asked.length > 0 ? asked : ['small', 'quick', 'auto']) {
  const client = new WorkerClient();
  try {
    // From now on both are in the page cache and their hashes known, as those of a library are.
    for (const file of [first, second]) await draw(client, file, mode);
    await client.unload();
    await draw(client, first, mode);
    const unopened = await draw(client, second, mode);
    const [same, open]: [number[], number[]] = [[], []];
    for (let i = 0; i < TIMES; i++) {
      for (const file of [first, second]) {
        open.push(await draw(client, file, mode));
        same.push(await draw(client, file, mode));
      }
    }
    await client.unload();
    await draw(client, first, mode);
    const ahead = await drawBoth(client, mode);
    const base = median(same);
    const over = [median(open) - base, unopened - base, ahead - base].map((seconds) => `+${seconds.toFixed(2)} s`);
    console.log(`| ${[mode, `${base.toFixed(2)} s`, ...over].join(' | ')} |`);
  } finally {
    await client.stop();
  }
}
