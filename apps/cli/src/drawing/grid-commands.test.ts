import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodePicture } from '@danqing/node/image/decode-picture';
import { starterCheckpoint } from '@danqing/studio/folders';
import { readPictureFile } from '@danqing/studio/gallery/read-picture-file';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { danqing, type Ran, type RunOptions } from '../danqing.test-program.ts';

// Grids and decoding again as people ask for them, on the bundled checkpoint.

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-grid-commands-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);

const run = async (words: readonly string[], options: Partial<RunOptions> = {}): Promise<Ran> =>
  danqing(words, { cwd: folder, env: { DANQING_CACHE: at('cache'), DANQING_HOME: at('home') }, ...options });

const grid = async (axes: string, ...words: string[]): Promise<Ran> =>
  run(['generate', 'a fox', '--grid', axes, ...'--width 64 --height 64 --steps 2 --seed 7'.split(' '), ...words]);

const pixelsOf = async (name: string) => decodePicture(readFileSync(at(name)));

const stepsIn = ({ stderr }: Ran): string[] => stderr.match(/^cell \d of \d, step \d of \d/gm) ?? [];

describe('generate --grid', () => {
  it('GEN-04, GEN-05: draws two checkpoints by two VAEs, each picture by itself and all with labels', async () => {
    copyFileSync(starterCheckpoint, at('mine.safetensors'));
    const ran = await grid(`checkpoint=${starterCheckpoint},mine.safetensors;vae=none,taesd`, '--out', 'both.png');
    const cells = ['x1y1z1', 'x1y2z1', 'x2y1z1', 'x2y2z1'].map((place) => `both-${place}.png`);
    expect([ran.code, ran.stdout]).toEqual([0, `${cells.join('\n')}\nboth.png\n`]);
    const [own, tiny, mine] = await Promise.all(cells.map(pixelsOf));
    expect(own!.data).toEqual(mine!.data);
    expect(own!.data).not.toEqual(tiny!.data);
    const { width, height } = await pixelsOf('both.png');
    expect(width).toBeGreaterThan(2 * 64 + 4);
    expect(height).toBeGreaterThan(2 * 64 + 4);
    // What was only decoded is what drawing it alone gives.
    expect((await run(['verify', cells[1]!])).stdout).toBe('Same bits.\n');
  });

  it('goes on where it was, decodes what only has another VAE, and answers in JSON', async () => {
    await grid('cfg=2,5', '--out', 'kept/');
    const ran = await grid('cfg=2,5;vae=automatic,taesd', '--out', 'kept/', '--json');
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain('2 of 4 cells were drawn before.\n');
    expect(stepsIn(ran)).toEqual([]);
    const { cells, grid: whole } = JSON.parse(ran.stdout) as {
      readonly grid: { readonly path: string; readonly infotext: string };
      readonly cells: readonly { labels: string[]; paths: string[]; wasThere: boolean }[];
    };
    expect(cells.map(({ labels, wasThere }) => [...labels, wasThere])).toEqual([
      ['CFG Scale: 2', 'VAE: automatic', true],
      ['CFG Scale: 5', 'VAE: automatic', true],
      ['CFG Scale: 2', 'VAE: taesd', false],
      ['CFG Scale: 5', 'VAE: taesd', false],
    ]);
    expect(whole.infotext).toMatch(
      /Script: X\/Y\/Z plot, X Type: CFG Scale, X Values: "2,5", Y Type: VAE, Y Values: "automatic,taesd"/,
    );
    for (const path of [whole.path, ...cells.flatMap(({ paths }) => paths)])
      expect(readFileSync(at(path))[0]).toBe(0x89);
  });

  it('draws the other cells when one fails, says which, and ends with 1', async () => {
    writeFileSync(at('broken.safetensors'), 'no model');
    const ran = await grid('checkpoint=broken.safetensors,mine.safetensors;cfg=2,5', '--out', 'failing.png');
    expect([ran.code, ran.stdout]).toEqual([1, 'failing-x2y1z1.png\nfailing-x2y2z1.png\nfailing.png\n']);
    expect(ran.stderr).toMatch(/^Not drawn: broken\.safetensors, CFG Scale: 2: .*broken\.safetensors/m);
    expect(ran.stderr).toContain('2 of 4 cells could not be drawn.\n');
  });

  it.each([
    ['checkpoint=mine.safetensors;vae=none,nobody', 'nobody'],
    ['cgf=2,5', 'grid: expected an axis: checkpoint'],
  ])('bad input: %s is refused in one line before anything is drawn', async (axes, text) => {
    const ran = await grid(axes, '--out', 'refused/');
    expect([ran.code, ran.stdout, ran.stderr.trimEnd().split('\n').length]).toEqual([2, '', 1]);
    expect(ran.stderr).toContain(text);
    expect(readdirSync(folder)).not.toContain('refused');
  });

  it('bad input: one latent cannot be saved of many cells', async () => {
    const ran = await grid('cfg=2,5', '--save-latent', 'x.safetensors');
    expect([ran.code, ran.stderr]).toEqual([
      2,
      expect.stringContaining("option '--grid <axes>' cannot be used with option '--save-latent <file>'"),
    ]);
  });
});

describe('decode', () => {
  it('GEN-05, VAE-04, CK-03: decodes a picture with other VAEs, side by side and in numbers', async () => {
    const ran = await run(['decode', 'both-x1y1z1.png', '--vae', 'none', '--vae', 'taesd']);
    const files = ['both-x1y1z1-none.png', 'both-x1y1z1-taesd.png', 'both-x1y1z1-vaes.png'];
    expect([ran.code, ran.stdout]).toEqual([0, `${files.join('\n')}\n`]);
    expect(ran.stderr).toMatch(/built-in.*colourfulness \d+.*\n.*taesd\.safetensors.*colourfulness \d+.* dB/);
    const [own, tiny] = await Promise.all(files.map(pixelsOf));
    expect(own!.data).toEqual((await pixelsOf('both-x1y1z1.png')).data);
    expect(tiny!.data).toEqual((await pixelsOf('both-x1y2z1.png')).data);
    const { parameters, receipt } = (await readPictureFile(at(files[1]!))).picture;
    expect([parameters?.seed, parameters?.vae?.name, receipt?.vae?.name]).toEqual([7n, 'taesd', 'taesd.safetensors']);
  });

  it('answers in JSON, and puts pictures where it is told', async () => {
    const ran = await run(['decode', 'both-x1y1z1.png', '--vae', 'taesd', '--out', 'again/tiny.png', '--json']);
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      pictures: [{ path: 'again/tiny-taesd.png', name: 'taesd.safetensors', isWashedOut: false }],
    });
  });

  it('GEN-05: decodes a latent that was saved, with the VAE of a checkpoint that is named', async () => {
    const words = '--width 64 --height 64 --steps 2 --seed 7 --save-latent fox.safetensors --out fox.png'.split(' ');
    await run(['generate', 'a fox', ...words]);
    const ran = await run(['decode', 'fox.safetensors', '--vae', 'none', '--model', 'mine.safetensors']);
    expect([ran.code, ran.stdout]).toEqual([0, 'fox-none.png\n']);
    expect((await pixelsOf('fox-none.png')).data).toEqual((await pixelsOf('fox.png')).data);
  });

  it.each([
    [['both.png', '--vae', 'none'], 'both.png'],
    [['fox.png', '--vae', 'nobody'], 'nobody'],
    [['fox.safetensors', '--vae', 'none'], 'Name the checkpoint that it is in with --model.'],
    [['mine.safetensors', '--vae', 'none'], 'expected a tensor `latent`'],
  ])('bad input: decode %j is refused in one line', async (words, text) => {
    const ran = await run(['decode', ...words]);
    expect([ran.code, ran.stdout, ran.stderr.trimEnd().split('\n').length]).toEqual([2, '', 1]);
    expect(ran.stderr).toContain(text);
  });

  it('bad input: a picture whose latent is not kept any more is told how to get one', async () => {
    rmSync(at('cache/latents'), { recursive: true });
    const ran = await run(['decode', 'fox.png', '--vae', 'none']);
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining('Draw it again (`danqing verify` does')]);
  });
});
