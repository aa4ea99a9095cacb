import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readReceipt } from '@danqing/engine/image/receipt';
import { starterCheckpoint } from '@danqing/studio/folders';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeAddOns } from '../../../../scripts/write-add-ons.ts';
import { danqing, type Ran } from '../danqing.test-program.ts';

// The small add-ons that `npm run addons` writes, all in one command.

let folder: string;
const written: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-every-add-on-'));
  for await (const path of writeAddOns(join(folder, 'small'), starterCheckpoint)) written.push(path);
});

afterAll(() => rmSync(folder, { recursive: true }));

const run = async (...words: string[]): Promise<Ran> =>
  danqing(words, { cwd: folder, env: { DANQING_CACHE: join(folder, 'cache'), DANQING_HOME: join(folder, 'home') } });

const FOLDERS = '--lora-dir small --hypernetwork-dir small --embeddings-dir small'.split(' ');

const small = '--width 64 --height 64 --steps 3 --seed 7'.split(' ');

it('CK-01, VAE-01, EM-01, EM-04, HN-01, LO-01, LY-02, AG-01, GEN-02: checkpoint, VAE, embedding, negative embedding, hypernetwork, LoRA, LyCORIS and aesthetic gradient in one command: the receipt accounts for all, and verify draws the same bits', async () => {
  expect(written).toHaveLength(new Set(written).size);
  const prompt = 'red fox, small-word <lora:kind-lora:0.6> <lyco:kind-loha:0.5> <hypernet:small-hypernetwork:0.4>';
  const aesthetic = '--aesthetic small/small-aesthetic.pt --aesthetic-clip small/small-clip.safetensors'.split(' ');
  const words = ['generate', prompt, '-n', 'small-negative', '-m', starterCheckpoint, '--vae', 'taesd'];
  const ran = await run(...words, ...FOLDERS, ...aesthetic, ...small, '-o', 'small/all.png', '--json');
  expect([ran.code, ran.stdout.slice(0, 1)]).toEqual([0, '{']);
  const [{ receipt, infotext }] = (JSON.parse(ran.stdout) as { pictures: [{ receipt: object; infotext: string }] })
    .pictures;
  const { checkpoint, vae, addOns, text } = readReceipt(JSON.stringify(receipt));
  const sha256 = expect.stringMatching(/^[\da-f]{64}$/) as string;
  expect([checkpoint, vae]).toEqual([
    { name: 'starter-emoji-128.safetensors', sha256 },
    { name: 'taesd.safetensors', sha256, why: 'asked for' },
  ]);
  expect(addOns!.map(({ kind, name, weight, usedIn }) => [kind, name, weight, ...(usedIn ?? [])])).toEqual([
    ['lora', 'kind-lora.safetensors', 0.6],
    ['loha', 'kind-loha.safetensors', 0.5],
    ['hypernetwork', 'small-hypernetwork.safetensors', 0.4],
    ['embedding', 'small-word.safetensors', 1, 'prompt'],
    ['embedding', 'small-negative.safetensors', 1, 'negative prompt'],
    ['aesthetic gradient', 'small-aesthetic.pt', 0.9],
    ['text encoder to be tuned', 'small-clip.safetensors', 0.9],
  ]);
  for (const addOn of addOns!) {
    expect(addOn).toMatchObject({ sha256, matchedKeys: addOn.totalKeys });
    expect(addOn.totalKeys).toBeGreaterThan(0);
  }
  expect(text!.ignoredTags).toEqual([]);
  for (const said of [
    'VAE: taesd',
    'Lora hashes: "kind-lora:',
    'TI hashes: "small-word:',
    'Aesthetic embedding: small-aesthetic',
  ])
    expect(infotext).toContain(said);
  // The aesthetic embedding and its text encoder lie beside the picture.
  const verified = await run('verify', 'small/all.png', ...FOLDERS);
  expect([verified.code, verified.stdout]).toEqual([0, 'Same bits.\n']);
  // Each of them counts: without it the picture is another.
  const without = await run('verify', 'small/all.png', ...FOLDERS.slice(0, 4), ...aesthetic);
  expect([without.code, without.stdout]).toEqual([3, expect.stringContaining('small-word')]);
}, 120_000);
