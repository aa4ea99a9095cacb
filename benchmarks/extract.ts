// Taking a LoRA of rank 64 out of two full-size SD 1.5 checkpoints: time, memory, and whether it is what torch's SVD gives (extract.py).
// npx tsx benchmarks/extract.ts PYTHON BASE.safetensors TUNED.safetensors [--conv]
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { extractLora } from '@danqing/studio/files/extract-lora';
import { watchMemory } from './measuring.ts';

const [python, base, tuned, conv] = process.argv.slice(2);
if (tuned === undefined) throw new Error('usage: extract.ts PYTHON BASE TUNED [--conv]');
const output = `${tuned}.lora.safetensors`;
rmSync(output, { force: true });
const memory = watchMemory();
const { seconds, sizeBytes, notes } = await extractLora(
  { base: base!, tuned, rank: 64, precision: 'fp32', output, ...(conv !== undefined && { convRank: 32 }) },
  {
    onProgress: ({ phase, doneBytes, totalBytes, secondsLeft }) => {
      const left = secondsLeft === undefined ? '' : `, ${secondsLeft.toFixed(0)} s left`;
      process.stderr.write(`\r${phase} ${((100 * doneBytes) / totalBytes).toFixed(0)} %${left}   `);
    },
  },
);
const { anonymous } = memory.peakBytes();
console.log(
  `\n${seconds.toFixed(1)} s, ${(anonymous / 2 ** 20).toFixed(0)} MiB, file of ${(sizeBytes / 1e6).toFixed(0)} MB`,
);
for (const { en } of notes) console.log(en);
const script = fileURLToPath(new URL('extract.py', import.meta.url));
console.log(execFileSync(python!, [script, base!, tuned, output], { encoding: 'utf8' }));
rmSync(output);
