import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChangeReport } from '@danqing/contract/file-changes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelOf, tensorOf } from '../../../../tests/made-files.ts';
import { danqing, type Ran, type RunOptions } from '../danqing.test-program.ts';

// The commands that change files, as people run them.

let folder: string;

const UNET = 'model.diffusion_model.input_blocks.0.0.weight';
const tensors = (seed: number): Parameters<typeof modelOf>[1] => ({
  [UNET]: tensorOf([6, 4, 3, 3], (i) => Math.sin(i + seed), 'F32'),
  'first_stage_model.decoder.conv_in.weight': tensorOf([2, 3], (i) => 1e5 * i, 'F32'),
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-cli-changes-'));
  writeFileSync(join(folder, 'a.ckpt'), (await modelOf('a.ckpt', tensors(1), {}, 'torch')).bytes);
  writeFileSync(join(folder, 'b.safetensors'), (await modelOf('b', tensors(2), { title: 'Fox' })).bytes);
  mkdirSync(join(folder, 'out'));
});

afterAll(() => rmSync(folder, { recursive: true }));

const run = async (text: string, options: Partial<RunOptions> = {}): Promise<Ran> =>
  danqing(text.split(' '), { cwd: folder, ...options, env: { DANQING_CACHE: join(folder, 'cache'), ...options.env } });

describe('danqing convert', () => {
  it('FMT-04, FMT-05: writes a torch file as safetensors, in half precision, and says what did not fit', async () => {
    const ran = await run('convert a.ckpt --precision fp16');
    expect([ran.code, ran.stderr]).toEqual([
      0,
      'Note: VAE: values too large for their new type, which are its largest now: 5\n',
    ]);
    expect(ran.stdout).toMatch(/a-fp16\.safetensors \(\d+ B, 0 s\)\n$/);
    const again = await run('convert a.ckpt --precision fp16');
    expect([again.code, again.stdout]).toEqual([1, '']);
    expect(again.stderr).toMatch(/a-fp16\.safetensors: expected a name that is free, found a file\./);
    expect((await run('convert a.ckpt --precision fp16 --overwrite')).code).toBe(0);
  });

  it('answers in JSON, takes several models, deletes parts', async () => {
    const ran = await run('convert a.ckpt b.safetensors -o out --vae delete --set title=X --json');
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    const reports = JSON.parse(ran.stdout) as ChangeReport[];
    expect(reports.map(({ parts }) => parts.map(({ part }) => part))).toEqual([['unet'], ['unet']]);
    expect(readdirSync(join(folder, 'out')).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'a-no-vae.safetensors',
      'b-no-vae.safetensors',
    ]);
    const shown = await run('metadata out/a-no-vae.safetensors --json');
    expect(JSON.parse(shown.stdout)).toEqual({ title: 'X', format: 'pt' });
  });

  it('says in one line what it cannot do, with an exit code of its own', async () => {
    for (const [words, code, text] of [
      ['convert none.ckpt', 2, 'none.ckpt: expected a file, found none.'],
      ['convert a.ckpt --prune ema-only', 2, 'expected moving averages of the weights'],
      ['convert a.ckpt b.safetensors -o x.safetensors', 2, 'Expected one model, or a folder for --out.'],
      ['convert a.ckpt --precision fp12', 2, 'Allowed choices are fp32, fp16'],
      ['convert a.ckpt --set title', 2, 'Expected key=value.'],
    ] as const) {
      const ran = await run(words);
      expect([words, ran.code, ran.stdout]).toEqual([words, code, '']);
      expect(ran.stderr).toContain(text);
    }
  });
});

describe('danqing merge', () => {
  it('FMT-08: merges as many models as it is given, in both languages', async () => {
    const ran = await run('merge a.ckpt b.safetensors -M 0.25');
    expect([ran.code, ran.stderr]).toEqual([0, 'Note: merged 2 tensors\n']);
    expect(ran.stdout).toContain('0.75(a) + 0.25(b).safetensors');
    const chinese = await run('--lang zh merge a.ckpt b.safetensors b.safetensors --weights 0.5,0.5,0 -o c');
    expect([chinese.code, chinese.stderr.split('\n')[0]]).toEqual([2, expect.stringContaining('同一个文件出现两次')]);
    const three = await run('--lang zh merge a.ckpt b.safetensors out/b-no-vae.safetensors --weights 0.5,0.3,0.1 -o c');
    expect(three.code).toBe(0);
    expect(three.stderr).toContain('注意：权重之和为 0.9，不是 1');
    expect((await run('merge a.ckpt b.safetensors --weights 1,x')).stderr).toContain('Expected numbers with commas.');
  });
});

describe('LoRAs', () => {
  const layer = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q';

  beforeAll(async () => {
    const lora = {
      [`${layer}.lora_up.weight`]: tensorOf([64, 3], (i) => Math.sin(i) / 9),
      [`${layer}.lora_down.weight`]: tensorOf([3, 64], (i) => Math.cos(i * i) / 9),
    };
    const notes = { 'modelspec.trigger_phrase': 'ink' };
    writeFileSync(join(folder, 'ink.safetensors'), (await modelOf('ink', lora, notes)).bytes);
  });

  it('LO-06: danqing resize writes a smaller one, in both languages', async () => {
    const ran = await run('resize ink.safetensors --rank 1');
    expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining('ink-rank1.safetensors (')]);
    expect(ran.stderr).toMatch(/^Note: 1 layers of rank 1\nNote: it holds [\d.]+ % of the change \(by norm\)\n$/);
    const chinese = await run('--lang zh resize ink.safetensors --rank 2 --sv-fro 0.5 -o small.safetensors');
    expect(chinese.stderr).toContain('注意：1 层，秩 1');
    const two = await run('resize ink.safetensors --sv-fro 0.5 --sv-ratio 3');
    expect([two.code, two.stderr]).toEqual([2, expect.stringContaining('Choose one of --sv-ratio')]);
  });

  it('LO-07: danqing fit says how they fit, before anything is drawn', async () => {
    const ran = await run('fit ink.safetensors --prompt ink');
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    expect(ran.stdout).toMatch(
      /^ink.safetensors \(lora, rank 3; kohya\): 2 of 2 keys fit; it changes the denoiser by [\d.]+ %; trigger words in the prompt: ink\n$/,
    );
    const none = await run('fit b.safetensors ink.safetensors --json');
    expect(none.code).toBe(2);
    expect(JSON.parse(none.stdout)).toMatchObject([{ fits: false }, { fits: true, record: { matchedKeys: 2 } }]);
  });

  it('LO-06: danqing extract and merge say what they cannot do', async () => {
    const extract = await run('extract a.ckpt b.safetensors');
    expect([extract.code, extract.stderr]).toEqual([2, expect.stringContaining('no family that fits')]);
    const merge = await run('merge a.ckpt b.safetensors --lora ink:0.5');
    expect([merge.code, merge.stderr]).toEqual([2, expect.stringContaining('expected one model to put them into')]);
    const kinds = await run('merge a.ckpt ink.safetensors');
    expect([kinds.code, kinds.stderr]).toEqual([2, expect.stringContaining('with `--lora`')]);
  });
});

describe('danqing metadata', () => {
  it('shows and changes the metadata of a file', async () => {
    writeFileSync(join(folder, 'm.safetensors'), readFileSync(join(folder, 'b.safetensors')));
    expect((await run('metadata m.safetensors')).stdout).toBe('title  Fox\n');
    const ran = await run('metadata m.safetensors --set title=Red --set author=丹');
    expect([ran.code, ran.stdout]).toEqual([0, 'title   Red\nauthor  丹\n']);
    expect((await run('metadata m.safetensors --clear')).stdout).toBe('There is no metadata.\n');
    const missing = await run('metadata m.safetensors --remove x');
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringContaining('expected an entry x, found no metadata'),
    ]);
  });
});

it('leaves nothing behind when the disk is full', async () => {
  const large = { a: { dtype: 'F16', shape: [60_000_000], bytes: new Uint8Array(120_000_000) } } as const;
  writeFileSync(join(folder, 'large.safetensors'), (await modelOf('large', large)).bytes);
  const full = await run('convert large.safetensors -o x.ckpt', { fileBlocks: 100_000 });
  expect([full.code, full.stderr]).toEqual([
    1,
    expect.stringContaining('found a limit on the size of files. Nothing was written.'),
  ]);
  expect(readdirSync(folder).filter((name) => name.startsWith('.') || name.startsWith('x'))).toEqual([]);
});
