// The time left that a job tells after a tenth of its run, against what it then really took; see README.md here.
// tsx benchmarks/time-left.ts CHECKPOINT
import { recipe, type RecipeInput } from '@danqing/contract/recipe';
import { WorkerClient } from '@danqing/studio/jobs/worker-client';

const [checkpoint] = process.argv.slice(2);
if (checkpoint === undefined) throw new Error('usage: tsx benchmarks/time-left.ts CHECKPOINT');

const jobs: readonly (RecipeInput & { name: string })[] = [
  { name: 'starter, 128×128, 20 steps, first', prompt: 'fox', steps: 20, width: 128, height: 128 },
  { name: 'starter, 128×128, 20 steps, again', prompt: 'owl', steps: 20, width: 128, height: 128 },
  {
    name: 'starter, 256×256, Heun, 3 pictures',
    prompt: 'owl',
    sampler: 'Heun',
    steps: 12,
    width: 256,
    height: 256,
    batchCount: 3,
  },
  { name: 'SD 1.5, 256×256, 16 steps', prompt: 'a lighthouse', checkpoint, steps: 16, width: 256, height: 256 },
  {
    name: 'SD 1.5, 256×256, 10 steps, 2 pictures',
    prompt: 'a bay',
    checkpoint,
    steps: 10,
    width: 256,
    height: 256,
    batchCount: 2,
  },
];

const client = new WorkerClient();
console.log('| job | seconds in all | told after a tenth | really left | off by |\n|---|---|---|---|---|');
for (const { name, ...asked } of jobs) {
  const fromMs = performance.now();
  const told: { atMs: number; seconds: number }[] = [];
  for await (const event of client.draw(recipe.parse(asked))) {
    if (event.type === 'step' && event.secondsLeft !== undefined) {
      told.push({ atMs: performance.now(), seconds: event.secondsLeft });
    }
  }
  const endMs = performance.now();
  const tenth = told.find(({ atMs }) => atMs - fromMs >= 0.1 * (endMs - fromMs));
  if (tenth === undefined) throw new Error(`${name}: no time left was told`);
  const really = (endMs - tenth.atMs) / 1000;
  const cells = [(endMs - fromMs) / 1000, tenth.seconds, really].map((seconds) => seconds.toFixed(1));
  console.log(`| ${[name, ...cells, `${(100 * (tenth.seconds / really - 1)).toFixed(0)} %`].join(' | ')} |`);
}
await client.stop();
