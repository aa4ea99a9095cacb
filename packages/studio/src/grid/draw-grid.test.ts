import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecipeInput } from '@danqing/contract/recipe';
import type { DrawnPicture } from '@danqing/contract/worker-messages';
import { parseInfotext } from '@danqing/engine/image/infotext';
import { readReceipt } from '@danqing/engine/image/receipt';
import { decodePicture } from '@danqing/node/image/decode-picture';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import tiny from '../../../../tests/fixtures/sd1-tiny.json' with { type: 'json' };
import { writeSeededCheckpoint } from '../../../../tests/seeded-weights.ts';
import { indexOf } from '../../../../tests/stored-tensors.ts';
import { starterCheckpoint, tinyVae } from '../folders.ts';
import { readOutputPlace } from '../gallery/output-place.ts';
import { readPictureFile } from '../gallery/read-picture-file.ts';
import { restoreRecipe } from '../gallery/restore-recipe.ts';
import { WorkerClient } from '../jobs/worker-client.ts';
import { type CellResult, drawGrid, type GridEvent, prepareGrid } from './draw-grid.ts';
import { GridMemory, type KnownPicture } from './grid-memory.ts';
import { saveGrid } from './save-grid.ts';

let folder: string;
let other: string;
let client: WorkerClient;
let memory: GridMemory;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-grid-'));
  vi.stubEnv('DANQING_CACHE', join(folder, 'cache'));
  other = join(folder, 'other.safetensors');
  const embedding = 'cond_stage_model.transformer.text_model.embeddings.token_embedding.weight';
  writeSeededCheckpoint(other, { ...tiny.shapes, [embedding]: [49_408, 128] });
  client = new WorkerClient();
  memory = new GridMemory(join(folder, 'cache'));
});

afterAll(async () => {
  await client.stop();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const base: RecipeInput = { prompt: 'fox', sampler: 'Euler', steps: 2, width: 64, height: 64, seed: 5, mode: 'small' };

async function prepare(out: string, text: string, recipe: Partial<RecipeInput> = {}) {
  const place = await readOutputPlace(join(folder, out));
  return prepareGrid({ text, recipe: { ...base, ...recipe }, place }, memory);
}

/** Draws until `stopAfter` pictures are saved. */
async function draw(ready: Awaited<ReturnType<typeof prepare>>, stopAfter = Infinity) {
  const events: GridEvent[] = [];
  const run = drawGrid(ready, client, () => performance.now());
  let results: readonly CellResult[] = [];
  for (;;) {
    const next = await run.next();
    if (next.done === true) {
      results = next.value;
      break;
    }
    events.push(next.value);
    if (events.filter(({ type }) => type === 'saved').length === stopAfter) {
      await run.return([]);
      break;
    }
  }
  return { events, results };
}

const picturesOf = (result: CellResult): readonly KnownPicture[] => ('pictures' in result ? result.pictures : []);

/** The starter's VAE, its last layer no numbers. */
async function writeBrokenVae(path: string): Promise<void> {
  const bytes = readFileSync(starterCheckpoint);
  const { tensors } = await indexOf(starterCheckpoint);
  const { offset, length } = tensors.get('first_stage_model.decoder.conv_out.bias')!;
  writeFileSync(path, bytes.fill(0xff, offset, offset + length));
}

const infotextOf = async (path: string) => (await readPictureFile(path)).picture.texts.get('parameters')!;

describe('a grid', () => {
  it('GEN-04: shows one prompt and seed by several checkpoints, every cell a picture of its own', async () => {
    const ready = await prepare('models/grid.png', `checkpoint=${starterCheckpoint},${other};cfg=2,5`);
    const { events, results } = await draw(ready);
    const saved = await saveGrid(ready, results, ready.request.place);
    expect(saved.path).toBe(join(folder, 'models/grid.png'));
    expect(readdirSync(join(folder, 'models')).sort()).toEqual([
      'grid-x1y1z1.png',
      'grid-x1y2z1.png',
      'grid-x2y1z1.png',
      'grid-x2y2z1.png',
      'grid.png',
    ]);
    // The checkpoint changes once.
    const drawn = events.flatMap((event) => (event.type === 'saved' ? [event.path.slice(-10, -4)] : []));
    expect(drawn).toEqual(['x1y1z1', 'x1y2z1', 'x2y1z1', 'x2y2z1']);
    const models = await Promise.all(
      ['x1y1z1', 'x2y2z1'].map(async (at) => parseInfotext(await infotextOf(join(folder, `models/grid-${at}.png`)))),
    );
    expect(models).toMatchObject([
      { prompt: 'fox', seed: 5n, cfgScale: 2, model: { name: 'starter-emoji-128' } },
      { prompt: 'fox', seed: 5n, cfgScale: 5, model: { name: 'other' } },
    ]);
    // Cells stand in the grid as they are.
    const grid = await decodePicture(readFileSync(saved.path));
    const cell = await decodePicture(readFileSync(join(folder, 'models/grid-x2y2z1.png')));
    const [left, top] = [grid.width - 64, grid.height - 64];
    const row = (y: number) =>
      grid.data.subarray(3 * ((top + y) * grid.width + left), 3 * ((top + y) * grid.width + left + 64));
    expect(Buffer.from(row(31)).equals(cell.data.subarray(3 * 31 * 64, 3 * 32 * 64))).toBe(true);
    expect(left).toBeGreaterThan(64 + 24);
  });

  it('GEN-05: samples once for cells that differ in their VAE alone, whose pictures are those of sampling anew', async () => {
    const text = `cfg=2,5;vae=none,taesd`;
    const recipe = { batchSize: 2, steps: 3 };
    const ready = await prepare('vaes', text, recipe);
    const { events, results } = await draw(ready);
    const stepsOf = (all: readonly GridEvent[]) => all.filter(({ type }) => type === 'step').length;
    expect(stepsOf(events)).toBe(2 * 3);
    expect(results.map(({ at }) => at.join(''))).toEqual(['000', '010', '100', '110']);
    for (const [i, { recipe: alone }] of ready.cells.entries()) {
      const anew: DrawnPicture[] = [];
      for await (const event of client.draw(alone)) if (event.type === 'picture') anew.push(event.picture);
      for (const [index, { path }] of picturesOf(results[i]!).entries()) {
        const { bytes, picture } = await readPictureFile(path);
        expect(Buffer.from((await decodePicture(bytes)).data).equals(anew[index]!.pixels)).toBe(true);
        expect(picture.texts.get('parameters')).toBe(anew[index]!.infotext);
        expect(picture.receipt).toEqual(readReceipt(anew[index]!.receipt));
      }
    }
    // One value more is decoded from the latents of the finished grid.
    const longer = await draw(await prepare('vaes', `${text},automatic`, recipe));
    expect([stepsOf(longer.events), longer.results.map((result) => 'wasThere' in result && result.wasThere)]).toEqual([
      0,
      [true, true, true, true, false, false],
    ]);
    // Latents that are not kept any more are sampled again.
    rmSync(join(folder, 'cache', 'latents'), { recursive: true });
    const swept = await draw(await prepare('vaes', `cfg=2;vae=none,${tinyVae}`, recipe));
    expect([stepsOf(swept.events), swept.results.length]).toEqual([3, 2]);
  });

  it('GEN-05: draws a cell whose VAE gives not-a-number with the decoder that stands in, as without a grid', async () => {
    const broken = join(folder, 'nan.safetensors');
    await writeBrokenVae(broken);
    const ready = await prepare('stand-in', `vae=none,${broken}`);
    const { events, results } = await draw(ready);
    expect(events.some((event) => event.type === 'note' && event.text.includes('stood in'))).toBe(true);
    const [[own], [unsound]] = results.map(picturesOf) as [KnownPicture[], KnownPicture[]];
    const receipts = await Promise.all(
      [own!, unsound!].map(async ({ path }) => (await readPictureFile(path)).picture.receipt),
    );
    expect(receipts.map((receipt) => receipt?.vae?.name)).toEqual(['built-in', 'taesd.safetensors']);
  });

  it('says in its infotext what A1111 says, and is not drawn again as one picture', async () => {
    const ready = await prepare('text/grid.png', 'Seed=-1,7;Prompt S/R=fox,"owl, cat"');
    const { results } = await draw(ready);
    const { path } = await saveGrid(ready, results, ready.request.place);
    const parameters = parseInfotext(await infotextOf(path));
    const [drawn] = ready.plan.axes[0].places;
    expect(Object.fromEntries(parameters.extra)).toEqual({
      Script: 'X/Y/Z plot',
      'X Type': 'Seed',
      'X Values': '-1,7',
      'Fixed X Values': `${drawn!.value}, 7`,
      'Y Type': 'Prompt S/R',
      'Y Values': 'fox,"owl, cat"',
    });
    expect(parameters).toMatchObject({ prompt: 'fox', seed: BigInt(drawn!.value) });
    expect(() => restoreRecipe(parameters, { width: 1, height: 1 })).toThrow('a grid of several pictures');
  });

  it('goes on where it was broken off, with the seed that it had drawn', async () => {
    const text = 'cfg=2,3,4';
    const begun = await prepare('resumed', text, { seed: -1 });
    const { events } = await draw(begun, 1);
    const first = events.find((event) => event.type === 'saved')!.path;
    const ready = await prepare('resumed', text, { seed: -1 });
    expect(ready.cells.map(({ known }) => known?.[0]?.path)).toEqual([first, undefined, undefined]);
    const { results } = await draw(ready);
    expect(results.map((result) => 'wasThere' in result && result.wasThere)).toEqual([true, false, false]);
    expect(readdirSync(join(folder, 'resumed'))).toHaveLength(3);
    const seeds = ready.cells.map(({ recipe }) => recipe.seed);
    expect(new Set(seeds)).toEqual(new Set([begun.cells[0]!.recipe.seed]));
    // A grid that is finished draws another seed.
    await memory.forgetSeeds(ready.key);
    expect((await prepare('resumed', text, { seed: -1 })).cells[0]!.recipe.seed).not.toBe(seeds[0]);
  });

  it('draws again what is gone, has changed, or was asked for otherwise', async () => {
    const text = 'cfg=2,3';
    const { results } = await draw(await prepare('known', text));
    const missing = async (recipe: Partial<RecipeInput> = {}, out = 'known') =>
      (await prepare(out, text, recipe)).cells.filter(({ known }) => known === undefined).length;
    expect(await missing()).toBe(0);
    expect(await missing({ steps: 3 })).toBe(2);
    expect(await missing({}, 'elsewhere')).toBe(2);
    // A longer axis has the cells of the shorter one.
    expect((await prepare('known', 'cfg=2-5')).cells.filter(({ known }) => known !== undefined)).toHaveLength(2);
    const [one, two] = results.flatMap((result) =>
      'pictures' in result ? result.pictures.map(({ path }) => path) : [],
    );
    copyFileSync(one!, two!);
    expect(await missing()).toBe(1);
    writeFileSync(two!, 'no picture');
    expect(await missing()).toBe(1);
    rmSync(one!);
    expect(await missing()).toBe(2);
  });

  it('tells of a cell that fails, and draws the others', async () => {
    const broken = join(folder, 'broken.safetensors');
    writeFileSync(broken, 'no model');
    const ready = await prepare('failing/grid.png', `checkpoint=${broken},${starterCheckpoint}`);
    const { results } = await draw(ready);
    expect(results.map((result) => 'error' in result)).toEqual([true, false]);
    const saved = await saveGrid(ready, results, ready.request.place);
    expect(saved).toMatchObject({ width: 64 + 4 + 64 });
    const none = await prepare('failing/none.png', `checkpoint=${broken}`);
    const failed = await draw(none);
    await expect(saveGrid(none, failed.results, none.request.place)).rejects.toThrow(broken);
  });

  it('is not begun with a checkpoint or VAE that is not there', async () => {
    await expect(prepare('x', 'checkpoint=/no/such.safetensors')).rejects.toMatchObject({ code: 'missing' });
    await expect(prepare('x', 'vae=none,/no/such.vae.pt')).rejects.toMatchObject({ code: 'missing' });
  });
});
