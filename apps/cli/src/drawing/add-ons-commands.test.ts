import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodePicture } from '@danqing/node/image/decode-picture';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFloat32 } from '../../../../tests/write-float32.ts';
import { danqing, type Ran } from '../danqing.test-program.ts';

// Embeddings and hypernetworks as people ask for them.

let folder: string;

const ramp = (count: number) => Float32Array.from({ length: count }, (_, i) => (((i * 37) % 101) / 101 - 0.5) / 5);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-add-on-commands-'));
  mkdirSync(join(folder, 'words'));
  writeFloat32(join(folder, 'words/badhandv4.safetensors'), [{ name: 'emb_params', shape: [6, 128], data: ramp(768) }]);
  const layers = [0, 1].flatMap((part) => [
    { name: `128.${part}.linear.0.weight`, shape: [128, 128], data: ramp(128 * 128) },
    { name: `128.${part}.linear.0.bias`, shape: [128], data: ramp(128) },
  ]);
  writeFloat32(join(folder, 'sculpture.safetensors'), layers, { layer_structure: '[1,1]' });
});

afterAll(() => rmSync(folder, { recursive: true }));

const run = async (...words: string[]): Promise<Ran> =>
  danqing(words, { cwd: folder, env: { DANQING_CACHE: join(folder, 'cache'), DANQING_HOME: join(folder, 'home') } });

const small = '--width 64 --height 64 --steps 2 --seed 7 --mode small'.split(' ');

describe('generate', () => {
  it('EM-04: --compare-without draws again without a negative embedding, and puts both side by side', async () => {
    const words = [
      'a fox',
      '-n',
      '(badhandv4:1.2), blurry',
      '--embeddings-dir',
      'words',
      '--compare-without',
      'badhandv4',
    ];
    const ran = await run('generate', ...words, ...small, '--out', 'fox.png');
    expect([ran.code, ran.stdout]).toEqual([0, 'fox.png\nfox-without-badhandv4.png\n']);
    expect(ran.stderr).toMatch(/^Without badhandv4 on the left, with it on the right: [\d.]+ dB alike/m);
    const [both, own] = await Promise.all(
      ['fox-without-badhandv4.png', 'fox.png'].map(async (name) => decodePicture(readFileSync(join(folder, name)))),
    );
    expect([both!.width, both!.height]).toEqual([136, 64]);
    // The right half is the picture.
    const row = 3 * 136 * 40;
    expect([...both!.data.subarray(row + 3 * 72, row + 3 * 136)]).toEqual([
      ...own!.data.subarray(3 * 64 * 40, 3 * 64 * 41),
    ]);
    const none = await run('generate', 'a fox', '--compare-without', 'nobody');
    expect([none.code, none.stderr]).toEqual([
      2,
      'Error: comparison: expected an add-on that the prompts or options ask for, found "nobody".\n',
    ]);
  });

  it('HN-03, EM-01: --hypernetwork takes a file with its strength; info shows what was applied', async () => {
    const words = ['a badhandv4 fox', '--embeddings-dir', 'words', '--hypernetwork', 'sculpture.safetensors:0.5'];
    const ran = await run('generate', ...words, ...small, '--out', 'art.png');
    expect(ran.code).toBe(0);
    expect(ran.stderr).toMatch(
      /^Note: sculpture\.safetensors \(hypernetwork; linear\): 4 of 4 keys fit, for widths 128/m,
    );
    const told = await run('info', 'art.png');
    expect(told.stdout).toMatch(
      /hypernetwork +sculpture\.safetensors, SHA-256 [\da-f]{64}, weight 0\.5, 4 of 4 keys applied/,
    );
    expect(told.stdout).toMatch(
      /embedding +badhandv4\.safetensors, SHA-256 [\da-f]{64}, vectors: 6, called in the prompt/,
    );
    expect(told.stdout).toContain('<hypernet:sculpture:0.5>');
    const wrong = await run('generate', 'a fox', '--hypernetwork', 'sculpture:much:0.5:');
    expect([wrong.code, wrong.stdout]).toEqual([2, '']);
  });
});
