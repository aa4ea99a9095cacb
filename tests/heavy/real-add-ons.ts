// Draws small pictures with every real add-on of the shared data on a checkpoint of SD 1.5 at full size, and shows what the receipts say:
//   tsx tests/heavy/real-add-ons.ts CHECKPOINT      benchmarks/make-checkpoint.ts writes a random one; fails when one that is not refused changes nothing
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Receipt } from '@danqing/engine/image/receipt';
import { sharedData } from '../shared-data.ts';

const [checkpoint] = process.argv.slice(2);
if (checkpoint === undefined) throw new Error('usage: real-add-ons.ts CHECKPOINT');
const program = fileURLToPath(new URL('../../apps/cli/bin/danqing.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'danqing-real-'));

/** The receipt, or why nothing was drawn. */
function draw(...words: string[]): Receipt | string {
  const picture = [
    '--steps',
    '2',
    '--width',
    '256',
    '--height',
    '256',
    '--seed',
    '1',
    '--out',
    join(folder, 'fox.png'),
  ];
  const all = [program, 'generate', ...words, '-m', checkpoint!, ...picture, '--json'];
  const { stdout } = spawnSync(process.execPath, all, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const { pictures, error } = JSON.parse(stdout);
  return pictures === undefined ? error.message : pictures[0].receipt;
}

const lora = (name: string) => [name, 'fox', '--lora', sharedData(`lora/${name}`)] as const;
const word = (name: string) =>
  [name, `fox ${name.replace(/\.\w+$/, '')}`, '--embeddings-dir', sharedData('ti')] as const;
const cases = [
  ...[
    'cloneofsimo_lora_disney.safetensors',
    'cloneofsimo_lora_disney.pt',
    'cloneofsimo_analog_svd_rank4.safetensors',
  ].map(lora),
  ...['catundchat_pytorch_lora_weights.safetensors', 'catundchat_pytorch_lora_weights.bin'].map(lora),
  ...['gasai-yuno-200.pt', 'gasai-yuno-1000.pt', 'fastai_learned_embeds.bin'].map(word),
  ['taesd.safetensors', 'fox', '--vae', sharedData('taesd/taesd.safetensors')] as const,
];
const without = draw('fox') as Receipt;
for (const [name, ...words] of cases) {
  const receipt = draw(...words);
  if (typeof receipt === 'string') {
    process.stdout.write(`– ${name} is refused: ${receipt}\n`);
    continue;
  }
  const { addOns, vae, pixelSha256 } = receipt;
  const says = addOns.map(({ matchedKeys, totalKeys }) => `${matchedKeys} of ${totalKeys} keys`);
  const isApplied = pixelSha256 !== without.pixelSha256 && (addOns.length === 1 || vae.name === name);
  process.stdout.write(`${isApplied ? '✓' : '✗'} ${name}: ${says.join() || 'decodes'}\n`);
  if (!isApplied) process.exitCode = 1;
}
rmSync(folder, { recursive: true });
