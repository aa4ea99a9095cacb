import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { danqing } from '../danqing.test-program.ts';

// `danqing library` as a person uses it who has another program's models and puts some into a folder of their own.

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'danqing-cli-library-'));
  put('comfy/models/loras/cat.safetensors', 'lora/catundchat_pytorch_lora_weights.safetensors');
  put('comfy/models/loras/disney.pt', 'lora/cloneofsimo_lora_disney.pt');
  put('home/models/VAE/misplaced.safetensors', 'lora/cloneofsimo_lora_disney.safetensors');
  put('home/models/Lora/bad.safetensors', 'safetensors/bad_hole.safetensors');
});
afterAll(() => rmSync(place, { recursive: true }));

function put(path: string, from: string): void {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  copyFileSync(sharedData(from), join(place, path));
  utimesSync(join(place, path), 1_600_000_000, 1_600_000_000);
}

const run = (...words: string[]) =>
  danqing(['library', ...words], {
    cwd: place,
    env: { DANQING_HOME: join(place, 'home'), DANQING_CACHE: join(place, 'cache') },
  });

const json = async <T = Record<string, unknown>>(...words: string[]): Promise<T> =>
  JSON.parse((await run(...words, '--json')).stdout) as T;

it('lists, searches and adds folders of other programs', async () => {
  expect((await run()).stdout).toContain('VAE/misplaced.safetensors');
  await run('roots', 'add', join(place, 'comfy'), '--kind', 'lora');
  expect(await json('roots')).toMatchObject([{ own: true }, { path: join(place, 'comfy'), kind: 'lora' }]);
  const added = await run('roots', 'add', join(place, 'comfy'));
  expect(added.stdout).toContain(join(place, 'comfy'));
  const all = await run();
  expect(all.code).toBe(0);
  expect(all.stdout).toMatch(/lora +sd1 +3\.23 MB +loras\/cat\.safetensors\n/);
  expect(all.stdout).toContain('Models: 4.');
  expect((await json<{ name: string }[]>('disney', '--kind', 'lora')).map(({ name }) => name)).toEqual(['disney.pt']);
  const nonsense = await run('--kind', 'nonsense');
  expect([nonsense.code, nonsense.stderr]).toEqual([2, expect.stringContaining('one of ') as string]);
});

it('tells what is wrong, and computes hashes', async () => {
  const [notice] = (await json<{ notices: object[] }>('scan')).notices;
  expect(notice).toMatchObject({ type: 'bad-file', path: expect.stringContaining('bad.safetensors') as string });
  const scan = await run('scan', '--hash', '--lang', 'zh');
  expect(scan.stdout).toContain('bad.safetensors');
  expect(scan.stdout).toContain('应放在 models/Lora');
  expect((await run()).stdout).toContain('fb286c8e56');
  expect((await run('duplicates')).stdout).toContain('No two models hold the same tensors.');
});

it('notes what a person knows', async () => {
  const noted = await run('notes', 'fb286c8e56', '--set', 'activation text=a cat', '--set', 'preferred weight=0.7');
  expect(noted.stdout).toContain('a cat');
  expect(JSON.parse(readFileSync(join(place, 'comfy/models/loras/cat.json'), 'utf8'))).toEqual({
    'activation text': 'a cat',
    'preferred weight': 0.7,
  });
  expect((await run('notes', 'no-such-model')).code).toBe(2);
  expect((await run('notes', 'cat', '--set', 'weight=1')).stderr).toContain(
    'one of these keys: preferred weight, found weight=1',
  );
  expect((await run('notes', 'cat', '--set', 'preferred weight=much')).stderr).toContain(
    'expected a number, found much',
  );
});

it('moves what is in a wrong folder', async () => {
  expect((await run('move', '--fix')).stdout).toContain(' -> ');
  expect(existsSync(join(place, 'home/models/Lora/misplaced.safetensors'))).toBe(true);
  expect((await run('move', '--fix')).stdout).toContain('Everything is where it belongs.');
  expect(await run('move')).toMatchObject({ code: 2, stderr: 'Error: Expected a model, or --fix.\n' });
});
