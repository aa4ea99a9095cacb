// Memory of the drawing process over 20 alternations between two checkpoints: `tsx benchmarks/growth.ts ONE OTHER`.
// First with both kept open as far as there is room, then with everything closed after each picture; see README.md here.
import { readFileSync } from 'node:fs';
import { recipe } from '@danqing/contract/recipe';
import { WorkerClient } from '@danqing/studio/jobs/worker-client';

const ALTERNATIONS = 20;
/** What is there after the first of each is what a job takes; growth is what comes on top. */
const SETTLED_AFTER = 4;

const paths = process.argv.slice(2);
if (paths.length !== 2) throw new Error('usage: tsx benchmarks/growth.ts CHECKPOINT CHECKPOINT');

for (const closes of [false, true]) {
  const client = new WorkerClient();
  const megabytes: number[] = [];
  for (let i = 0; i < ALTERNATIONS; i++) {
    const asked = {
      prompt: 'fox',
      checkpoint: paths[i % 2],
      steps: 1,
      width: 128,
      height: 128,
      mode: 'quick',
    } as const;
    for await (const _ of client.draw(recipe.parse(asked)));
    if (closes) await client.unload();
    const status = readFileSync(`/proc/${client.pid}/status`, 'utf8');
    megabytes.push(Math.round((1024 * Number(/RssAnon:\s+(\d+)/.exec(status)![1])) / 1e6));
  }
  await client.stop();
  const growth = Math.max(...megabytes.slice(SETTLED_AFTER)) - Math.max(...megabytes.slice(0, SETTLED_AFTER));
  console.log(`${closes ? 'closed after each' : 'kept open'}: ${megabytes.join(', ')} MB; growth ${growth} MB`);
}
