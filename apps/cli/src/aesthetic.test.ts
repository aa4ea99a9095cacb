import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aestheticFile } from '@danqing/engine/adapters/aesthetic-gradient/aesthetic-vector';
import { decodeToFloat32 } from '@danqing/engine/tensor/dtype';
import { encodePicture } from '@danqing/node/image/encode-picture';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fixture from '../../../tests/fixtures/aesthetic.json' with { type: 'json' };
import { relativeError } from '../../../tests/relative-error.ts';
import { seededIntegers, writeSeededCheckpoint } from '../../../tests/seeded-weights.ts';
import { indexOf, readTensors } from '../../../tests/stored-tensors.ts';
import { danqing, type Ran } from './danqing.test-program.ts';

// Aesthetic gradients as people use them: on the bundled checkpoint, with a tiny CLIP in the folder for text encoders.

let folder: string;

const at = (...names: string[]): string => join(folder, ...names);

const run = async (words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  danqing(words, { cwd: folder, env: { DANQING_CACHE: at('cache'), DANQING_HOME: at('home'), ...env } });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-aesthetic-cli-'));
  for (const name of ['text_encoders', 'aesthetic_embeddings'])
    mkdirSync(at('home', 'models', name), { recursive: true });
  writeSeededCheckpoint(at('home', 'models', 'text_encoders', 'tiny clip.safetensors'), fixture.shapes);
  const values = Float32Array.from(seededIntegers('aesthetic vector', 96), (whole) => whole / 128);
  writeFileSync(at('home', 'models', 'aesthetic_embeddings', 'mood.pt'), aestheticFile(values));
});

afterAll(() => rmSync(folder, { recursive: true }));

const small = ['--width', '64', '--height', '64', '--steps', '2', '--seed', '7', '--mode', 'small', '--json'];

interface DrawnJson {
  readonly pictures: {
    readonly infotext: string;
    readonly receipt: { readonly addOns: readonly { readonly name: string }[] };
  }[];
  readonly notes: readonly string[];
}

describe('generate --aesthetic', () => {
  it('AG-01, AG-02, AG-03: tunes, says that it is old and weaker, is recorded, and draws the same picture again', async () => {
    const words = ['generate', 'fox', '--aesthetic', 'Mood', '--aesthetic-steps', '3', '--aesthetic-weight', '0.8'];
    const ran = await run([...words, '--out', 'tuned.png', ...small]);
    expect([ran.code, ran.stderr]).toEqual([0, expect.any(String)]);
    const drawn = JSON.parse(ran.stdout) as DrawnJson;
    const [{ infotext, receipt }] = drawn.pictures as [DrawnJson['pictures'][0]];
    expect(infotext).toContain(
      'Aesthetic LR: 0.0001, Aesthetic weight: 0.8, Aesthetic steps: 3, Aesthetic embedding: mood, Aesthetic slerp: False',
    );
    const hash = expect.stringMatching(/^[\da-f]{64}$/) as unknown;
    const whole = { weight: 0.8, matchedKeys: 1, totalKeys: 1, sha256: hash };
    expect(receipt.addOns).toEqual([
      { name: 'mood.pt', kind: 'aesthetic gradient', ...whole },
      { name: 'tiny clip.safetensors', kind: 'text encoder to be tuned', ...whole },
    ]);
    expect(drawn.notes).toContain('"Mood" is read as "mood"');
    expect(drawn.notes.join()).toMatch(/Aesthetic gradients are an old technique and weaker than the others/);
    const verified = await run(['verify', 'tuned.png'], { LC_ALL: 'zh_CN.UTF-8' });
    expect(verified.stdout).toMatch(/逐位相同/);
    expect(verified.stderr).toMatch(/注意：美学梯度是较旧的技术，效果弱于其他方法/);
  }, 120_000);

  it.each<[string, string[], RegExp]>([
    [
      'an embedding that is not there',
      ['--aesthetic', 'nobody'],
      /expected a file "nobody", or one of this name in .*found mood/,
    ],
    [
      'settings without an embedding',
      ['--aesthetic-steps', '3'],
      /--aesthetic: expected text that is not empty, found ""/,
    ],
    [
      'a weight out of range',
      ['--aesthetic', 'mood', '--aesthetic-weight', '2'],
      /weight: expected a number from 0 to 1, found 2/,
    ],
    [
      'a CLIP that is not there',
      ['--aesthetic', 'mood', '--aesthetic-clip', 'x'],
      /text_projection, found no file x.*Get model.safe/,
    ],
  ])('bad input: %s', async (_, words, message) => {
    const ran = await run(['generate', 'fox', ...words]);
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr).not.toMatch(/\n\s+at /);
  });

  it('bad input: no CLIP with a projection: refused, and said which file to get', async () => {
    const home = at('bare');
    mkdirSync(join(home, 'models', 'aesthetic_embeddings'), { recursive: true });
    const env = { DANQING_HOME: home };
    const embedding = at('home', 'models', 'aesthetic_embeddings', 'mood.pt');
    const none = await run(['generate', 'fox', '--aesthetic', embedding], env);
    expect(none.stderr).toMatch(/text_projection, found no files in .*text_encoders.*openai\/clip-vit-large-patch14/);
    mkdirSync(join(home, 'models', 'text_encoders'), { recursive: true });
    const { 'text_projection.weight': _, ...lacking } = fixture.shapes;
    writeSeededCheckpoint(join(home, 'models', 'text_encoders', 'lacking.safetensors'), lacking);
    const without = await run(['generate', 'fox', '--aesthetic', embedding], env);
    expect(without.stderr).toMatch(/found 1 files in .*text_encoders.*none of which has it.*put it into .*bare/);
  });
});

describe('aesthetic-embedding', () => {
  it('AG-01: makes of pictures what transformers makes of them', async () => {
    mkdirSync(at('pictures'));
    for (const [name, size] of Object.entries(fixture.pictures)) {
      const [width, height] = size as [number, number];
      const data = Uint8Array.from(seededIntegers(`picture ${name}`, width * height * 3), (whole) => whole & 255);
      const { bytes } = await encodePicture({ width, height, channels: 3, data }, { format: 'png' });
      writeFileSync(at('pictures', `${name}.png`), bytes);
    }
    writeFileSync(at('pictures', 'notes.txt'), 'no picture');
    const ran = await run(['aesthetic-embedding', 'pictures', '-o', 'made', '--json']);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      output: at('made.pt'),
      pictures: 3,
      notes: [expect.stringMatching(/old technique/)],
    });
    const entry = (await indexOf(at('made.pt'))).tensors.get('0')!;
    expect([entry.dtype, entry.shape]).toEqual(['F32', [1, 96]]);
    const bytes = readFileSync(at('made.pt')).subarray(entry.offset, entry.offset + entry.length);
    const expected = await readTensors(join(import.meta.dirname, '../../../tests/fixtures/aesthetic.safetensors'));
    expect(relativeError(decodeToFloat32(bytes, 'F32'), expected['embedding']!.data)).toBeLessThan(1e-5);
    const again = await run(['aesthetic-embedding', 'pictures', '-o', 'made.pt']);
    expect(again.stderr).toMatch(/expected a name that is free.*--overwrite/);
  });

  it('bad input: no pictures, and one that is none', async () => {
    mkdirSync(at('empty'));
    expect((await run(['aesthetic-embedding', 'empty', '-o', 'x.pt'])).stderr).toMatch(
      /pictures to make it of, found none/,
    );
    writeFileSync(at('broken.png'), 'no picture');
    expect((await run(['aesthetic-embedding', 'broken.png', '-o', 'x.pt'])).stderr).toMatch(
      /broken.png: expected a picture that can be decoded/,
    );
  });
});
