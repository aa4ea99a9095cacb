import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPicture } from '@danqing/engine/image/picture';
import { decodeToFloat32 } from '@danqing/engine/tensor/dtype';
import { memorySource } from '@danqing/engine/weights/memory-source';
import { openIndex } from '@danqing/engine/weights/open-index';
import { decodePicture } from '@danqing/node/image/decode-picture';
import { encodePicture } from '@danqing/node/image/encode-picture';
import { pictureHands } from '@danqing/node/image/picture-hands';
import { tinyVae } from '@danqing/studio/folders';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import tiny from '../../../tests/fixtures/sd1-tiny.json' with { type: 'json' };
import { relativeError } from '../../../tests/relative-error.ts';
import { writeSeededCheckpoint } from '../../../tests/seeded-weights.ts';
import { sharedData } from '../../../tests/shared-data.ts';
import { indexOf } from '../../../tests/stored-tensors.ts';
import { danqing, type Ran, type RunOptions } from './danqing.test-program.ts';

// The program as people run it, on the bundled checkpoint, with few steps of small pictures.

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-cli-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);

/** A run in a folder of its own. */
const run = async (words: readonly string[], options: Partial<RunOptions> = {}): Promise<Ran> =>
  danqing(words, { cwd: folder, ...options, env: { DANQING_CACHE: at('cache'), ...options.env } });

/** Words without blanks in them. */
const flags = (text: string): string[] => text.split(' ');

const small = ['--width', '64', '--height', '64', '--steps', '2'];

interface DrawnJson {
  readonly pictures: {
    path: string;
    seed: number;
    width: number;
    height: number;
    infotext: string;
    receipt: { text: { prompt: { chunks: number } } };
  }[];
  readonly latent?: string;
  readonly notes: string[];
  readonly timings: { total: number; phases: Record<string, number> };
}

function parse({ stdout }: Ran): unknown {
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0]!);
}

async function latentIn(path: string): Promise<{ shape: readonly number[]; data: Float32Array }> {
  const bytes = readFileSync(path);
  const { dtype, shape, offset, length } = (await openIndex(memorySource(path, bytes))).tensors.get('latent')!;
  return { shape, data: decodeToFloat32(bytes.subarray(offset, offset + length), dtype) };
}

describe('generate', () => {
  it('GEN-01, GEN-06, GEN-11, GEN-14, PR-05, CK-01: draws what an independent implementation recorded', async () => {
    const cases = JSON.parse(readFileSync(sharedData('oracle/runs.json'), 'utf8')) as Record<string, string | number>[];
    const asked = cases.find(({ id }) => id === '05-lms-uniform')!;
    const ran = await run([
      ...flags('generate --rng cpu --out oracle.png --save-latent oracle.safetensors --sampler'),
      'lms uniform',
      ...['steps', 'cfg', 'seed', 'width', 'height'].flatMap((name) => [`--${name}`, String(asked[name])]),
      ...flags(`--clip-skip ${asked['clipSkip']} -n`),
      String(asked['negative']),
      String(asked['prompt']),
    ]);
    expect([ran.code, ran.stdout]).toEqual([0, 'oracle.png\n']);
    const { shape, data } = await latentIn(at('oracle.safetensors'));
    expect(shape).toEqual([1, 4, 16, 17]);
    const path = sharedData('oracle/runs.safetensors');
    const { offset, length, dtype } = (await indexOf(path)).tensors.get('05-lms-uniform')!;
    const recorded = decodeToFloat32(readFileSync(path).subarray(offset, offset + length), dtype);
    expect(relativeError(data, recorded)).toBeLessThan(1e-3);
    // No terminal: a few lines, not one for each step.
    expect(ran.stderr.match(/^step \d+ of 8/gm)!.length).toBeLessThan(8);
    expect(ran.stderr).toMatch(
      /^starter-emoji-128\.safetensors, LMS Uniform, 8 steps, CFG 1\.5, 136x128, seed 40595; \d+ s$/m,
    );
  });

  it('GEN-01, GEN-15, PR-06, PR-07: every flag reaches the picture and its data', async () => {
    const ran = await run([
      ...flags('generate -n blurry --vae taesd --scheduler Karras --steps 2 --cfg 3.5 --seed 11'),
      ...flags('--width 64 --height 72 --batch-size 2 --clip-skip 9 --rng cpu --subseed 5 --subseed-strength 0.25'),
      ...flags('--seed-resize-from 72x64 --set eta_noise_seed_delta=31337 --set s_noise=1.01'),
      '--set',
      'emphasis=no norm',
      '--sampler',
      'Euler a',
      ...flags('--out [sampler]/[seed]-[batch_number].webp --quality 95 --sidecar --mode small --provider cpu --json'),
      '--save-latent',
      'two.safetensors',
      '[(red:1.2):green:1] apple OR pear, tag_one',
      '<lora:nothing:0.5>',
    ]);
    expect(ran.code).toBe(0);
    const { pictures, latent, notes, timings } = parse(ran) as DrawnJson;
    expect(pictures.map(({ path }) => path)).toEqual(['Euler a/11-1.webp', 'Euler a/11-2.webp']);
    expect(pictures[0]).toMatchObject({
      seed: 11,
      width: 64,
      height: 72,
      receipt: { vae: { name: 'taesd.safetensors' }, runtime: { provider: 'cpu', mode: 'small' } },
    });
    const taesd = createHash('sha256').update(readFileSync(tinyVae)).digest('hex').slice(0, 10);
    expect(pictures[0]!.infotext).toBe(
      `[(red:1.2):green:1] apple OR pear, tag_one <lora:nothing:0.5>
Negative prompt: blurry
Steps: 2, Sampler: Euler a, Schedule type: Karras, CFG scale: 3.5, Seed: 11, Size: 64x72, Model hash: fd1ca4b12b, \
Model: starter-emoji-128, VAE hash: ${taesd}, VAE: taesd, Variation seed: 5, Variation seed strength: 0.25, \
Seed resize from: 72x64, Clip skip: 4, ENSD: 31337, RNG: CPU, Emphasis: No norm, Sigma noise: 1.01, Version: danqing-0.1.0`,
    );
    expect(readFileSync(at('Euler a/11-2.txt'), 'utf8')).toBe(`${pictures[1]!.infotext}\n`);
    expect(latent).toBe('two.safetensors');
    expect((await latentIn(at('two.safetensors'))).shape).toEqual([2, 4, 9, 8]);
    expect(notes).toEqual([expect.stringContaining('<lora:nothing:0.5>'), expect.stringContaining('CLIP skip 9')]);
    for (const note of notes) expect(ran.stderr).toContain(`Note: ${note}\n`);
    expect(timings.total).toBeGreaterThan(timings.phases['sample']!);
  });

  it('GEN-02: verify draws the same bits from the picture alone', async () => {
    const ran = await run(['verify', 'Euler a/11-2.webp', '--json']);
    expect([ran.code, parse(ran)]).toMatchObject([0, { verdict: 'same-bits', text: 'Same bits.' }]);
  });

  it('GEN-02: verify knows the picture of A1111 by its settings and its checkpoint by its hash', async () => {
    const bytes = readFileSync(at('oracle.png'));
    const { texts } = await readPicture(bytes, pictureHands);
    const infotext = texts.get('parameters')!.replace(/Version: .*/, 'Version: v1.10.1');
    writeFileSync(
      at('a1111.png'),
      (await encodePicture(await decodePicture(bytes), { format: 'png', infotext })).bytes,
    );
    const ran = await run(['verify', 'a1111.png']);
    expect([ran.code, ran.stdout]).toEqual([0, 'Same bits.\n']);
  });

  it('GEN-03: verify says that another checkpoint draws another picture', async () => {
    const other = at('other.safetensors');
    const embedding = 'cond_stage_model.transformer.text_model.embeddings.token_embedding.weight';
    writeSeededCheckpoint(other, { ...tiny.shapes, [embedding]: [49_408, 128] });
    const ran = await run(['verify', 'oracle.png', '-m', other]);
    expect(ran.code).toBe(3);
    expect(ran.stdout).toMatch(
      /^Differs \(PSNR [\d.]+ dB\), because of: checkpoint \(starter-emoji-128\.safetensors fd1ca4b12b, now other\.safetensors/,
    );
  });

  it('stops within a step on Ctrl-C, keeps what is finished and leaves nothing half written', async () => {
    const words = ['generate', 'fox', '--width', '64', '--height', '64', '--steps', '1000', '--out', 'cancelled/'];
    const ran = await run(words, { interruptAt: 'step 1 of 1000' });
    expect([ran.code, ran.stdout]).toEqual([130, '']);
    expect(ran.stderr.trimEnd().split('\n').at(-1)).toBe('Cancelled. Pictures that were finished before are kept.');
    expect(readdirSync(folder)).not.toContain('cancelled');
  });

  it('reads a long prompt from the standard input, and draws from 100,000 characters', async () => {
    const input = 'a (red:1.2) fox, '.repeat(6000).slice(0, 100_000);
    const ran = await run(['generate', '-', ...small, '--steps', '1', '--cfg', '1', '--out', 'long.png', '--json'], {
      input: `${input}\n`,
    });
    expect(ran.code).toBe(0);
    const [picture] = (parse(ran) as DrawnJson).pictures;
    expect(picture!.infotext.split('\n')[0]).toBe(input.trimEnd());
    expect(picture!.receipt.text.prompt.chunks).toBeGreaterThan(300);
  });
});

describe('bad input', () => {
  const clean = (ran: Ran): string => {
    expect(ran.stderr).not.toMatch(/^\s+at /m);
    expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1);
    return ran.stderr.trimEnd();
  };

  it.each([
    [['generate', 'fox', '--steps', '0'], 'Error: --steps: expected a whole number from 1 to 1000, found 0.'],
    [['generate', 'fox', '--stepz', '4'], "Error: unknown option '--stepz' (Did you mean --steps?)"],
    [['generate', 'fox', '-m', '/dev/zero'], 'Error: /dev/zero: expected a file with something in it, found a device.'],
  ])('%j: one line, exit code 2', async (words, message) => {
    const ran = await run(words);
    expect([ran.code, ran.stdout, clean(ran)]).toEqual([2, '', message]);
  });

  it('gives programs the error as JSON', async () => {
    const ran = await run(['generate', 'fox', '--seed', '1e30', '--json']);
    expect([ran.code, parse(ran)]).toMatchObject([2, { error: { code: 'bad-value', where: 'seed', found: '1e+30' } }]);
  });

  it('a full disk is said, and nothing is left behind', async () => {
    const ran = await run(['generate', 'fox', ...small, '--out', 'full/fox.png'], { fileBlocks: 8 });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(
      /^Error: full\/fox\.png: expected a place where a file can be written, found a limit on the size of files/m,
    );
    expect(readdirSync(at('full'))).toEqual([]);
  });
});

it('doctor says what works', async () => {
  const ran = await run(['doctor']);
  expect(ran.code).toBe(0);
  expect(ran.stdout).toMatch(/^✓ Node \d+\.\d+\.\d+\.$/m);
  expect(ran.stdout).toMatch(/^✓ [\d.]+ GFLOP\/s in matrix products; a drawing block reaches \d+ % of that/m);
  expect(ran.stdout.trimEnd().split('\n').at(-1)).toBe('Everything that is needed works.');
});

it('DL-01: the first start draws a picture into today’s folder, offers Stable Diffusion 1.5 and says what to try next', async () => {
  const env = { LC_ALL: 'zh_CN.UTF-8', npm_lifecycle_event: 'start', DANQING_HOME: at('home') };
  const ran = await run([], { env });
  expect([ran.code, ran.stderr.includes('Error')]).toEqual([0, false]);
  const path = /^图： {4}(outputs\/txt2img-images\/\d{4}-\d\d-\d\d\/00000-\d+\.png)$/m.exec(ran.stdout)![1]!;
  expect(readFileSync(at(path)).subarray(1, 4).toString()).toBe('PNG');
  expect(ran.stdout).toContain(`npm start -- info ${path}`);
  expect(ran.stdout).toMatch(
    /^ {2}npm start -- download sd15 +# Stable Diffusion 1.5：4.27 GB，CreativeML Open RAIL-M$/m,
  );
  // No terminal, no picture in it.
  expect(ran.stdout).not.toContain('\u001b');
  const told = await run(['info', path, '--json']);
  expect(parse(told)).toMatchObject({ program: 'Danqing 0.1.0', width: 128, parameters: { steps: 25, cfgScale: 4 } });
});
