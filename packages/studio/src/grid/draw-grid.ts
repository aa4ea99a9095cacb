import { randomInt } from 'node:crypto';
import { extname } from 'node:path';
import type { RecipeInput } from '@danqing/contract/recipe';
import type { DrawnPicture } from '@danqing/contract/worker-messages';
import { DanqingError } from '@danqing/engine/errors';
import { readReceipt } from '@danqing/engine/image/receipt';
import { cacheFolder } from '../folders.ts';
import type { OutputPlace } from '../gallery/output-place.ts';
import { type SavedPicture, savePicture, type SaveSettings } from '../gallery/save-picture.ts';
import type { Drawing, JobEvent, WorkerClient } from '../jobs/worker-client.ts';
import { findCheckpointFile } from '../library/find-checkpoint-file.ts';
import { type CellKey, CellKeys } from './cell-key.ts';
import { decodeOrDraw, decodingOf } from './decode-cell.ts';
import { type CellWork, GridClock } from './grid-clock.ts';
import { GridMemory, type KnownPicture, memoryKey } from './grid-memory.ts';
import { type GridPlan, type PlannedCell, planGrid } from './plan-grid.ts';

/** Seeds that are drawn are below this, as in A1111. */
const DRAWN_SEEDS = 2 ** 32 - 2;

/** What a grid is asked for, and where its pictures go. */
export interface GridRequest {
  /** Axes as they are typed. */
  readonly text: string;
  /** What all cells have in common. */
  readonly recipe: RecipeInput;
  /** Of the cells. */
  readonly place: OutputPlace;
  readonly quality?: number;
  readonly sidecar?: boolean;
}

/** A cell, and its pictures if they have been drawn before. */
export interface ReadyCell extends PlannedCell, CellKey {
  readonly known: readonly KnownPicture[] | undefined;
}

/** A grid that can be drawn. */
export interface ReadyGrid {
  readonly request: GridRequest;
  readonly plan: GridPlan;
  readonly cells: readonly ReadyCell[];
  /** Names the grid while it is not finished. */
  readonly key: string;
  readonly memory: GridMemory;
}

/** What became of a cell. */
export type CellResult =
  | { readonly at: PlannedCell['at']; readonly pictures: readonly KnownPicture[]; readonly wasThere: boolean }
  | { readonly at: PlannedCell['at']; readonly error: Error };

/** What happens while a grid is drawn; a step counts the cells as batches, and its time left is that of the whole grid. */
export type GridEvent =
  | Exclude<JobEvent, { readonly type: 'picture' }>
  | { readonly type: 'saved'; readonly path: string; readonly picture: DrawnPicture };

/**
 * Plans a grid and looks what of it has been drawn before.
 * @throws what planning throws, before anything is drawn.
 */
export async function prepareGrid(request: GridRequest, memory = new GridMemory(cacheFolder())): Promise<ReadyGrid> {
  const { text, place } = request;
  const key = memoryKey('grid', request.recipe, text, place);
  const known = await memory.findSeeds(key);
  const seeds: number[] = [];
  const drawSeed = (): number => {
    const seed = known[seeds.length] ?? randomInt(DRAWN_SEEDS);
    seeds.push(seed);
    return seed;
  };
  const decided = (seed = -1): number => (seed === -1 ? drawSeed() : seed);
  const recipe = { ...request.recipe, seed: decided(request.recipe.seed), subseed: decided(request.recipe.subseed) };
  const plan = await planGrid(text, recipe, { checkpointNamed: findCheckpointFile, drawSeed });
  await memory.rememberSeeds(key, seeds);
  const keys = new CellKeys(place);
  const cells: ReadyCell[] = [];
  for (const cell of plan.cells) {
    const named = await keys.keyOf(cell.recipe);
    cells.push({ ...cell, ...named, known: await memory.findCell(named.key) });
  }
  return { request, plan, cells, key, memory };
}

/**
 * Draws the cells that are missing, one after another, and saves each as soon as it is there. One that differs from another in its VAE alone
 * is decoded from the same latents. A cell that fails leaves the others alone.
 * @param now milliseconds of any clock.
 * @returns all cells. @throws cancelled; io when a picture cannot be saved.
 */
export async function* drawGrid(
  { request, cells, memory }: ReadyGrid,
  client: WorkerClient,
  now: () => number,
): AsyncGenerator<GridEvent, readonly CellResult[], void> {
  const started = new Date();
  const missing = cells.filter(({ known }) => known === undefined);
  /** Pictures by the name of their latents. */
  const sampled = new Map(
    cells.flatMap(({ latentKey, known }) => (known === undefined ? [] : [[latentKey, known] as const])),
  );
  const clock = new GridClock(worksOf(missing, new Set(sampled.keys())));
  const results: CellResult[] = cells.flatMap(({ at, known }) =>
    known === undefined ? [] : [{ at, pictures: known, wasThere: true }],
  );
  // One ahead, so that its checkpoint can be opened meanwhile.
  let next: Drawing | undefined;
  try {
    for (const [number, cell] of missing.entries()) {
      const draw = (): Drawing => client.draw(cell.recipe);
      const siblings = sampled.get(cell.latentKey);
      const decoding = siblings && (await decodingOf(siblings, cell.recipe.vae));
      const events = decoding === undefined ? (next ?? draw()) : decodeOrDraw(client.decode(decoding), draw);
      const following = missing[number + 1];
      const isDrawn = following !== undefined && following.latentKey !== cell.latentKey;
      next = isDrawn && !sampled.has(following.latentKey) ? client.draw(following.recipe) : undefined;
      clock.beginCell(now());
      const pictures: KnownPicture[] = [];
      try {
        for await (const event of events) {
          if (event.type === 'phase' && event.phase === 'sample' && pictures.length === 0) clock.beginSampling(now());
          if (event.type !== 'picture') {
            yield event.type === 'step' ? withTimeLeft(event, number, clock, now()) : event;
            continue;
          }
          const { path, notes } = await saveCell(event.picture, cell, request, started);
          pictures.push({ path, pixelSha256: readReceipt(event.picture.receipt).pixelSha256! });
          const isLast = pictures.length === cell.recipe.batchSize * cell.recipe.batchCount;
          if (isLast) {
            sampled.set(cell.latentKey, pictures);
            await memory.rememberCell(cell.key, pictures);
          }
          for (const text of notes) yield { type: 'note', job: event.job, text };
          yield { type: 'saved', path, picture: event.picture };
        }
      } catch (error) {
        if (isEnd(error)) throw error;
        results.push({ at: cell.at, error: error as Error });
        continue;
      }
      results.push({ at: cell.at, pictures, wasThere: false });
    }
    return results;
  } finally {
    next?.cancel();
  }
}

/** Which cells are sampled, and which only decoded. @param sampled names of the latents that are there. */
function worksOf(missing: readonly ReadyCell[], sampled: Set<string>): CellWork[] {
  return missing.map(({ recipe, latentKey }) => {
    const isSampled = !sampled.has(latentKey);
    sampled.add(latentKey);
    return { recipe, isSampled };
  });
}

/** What concerns more than one cell. */
const isEnd = (error: unknown): boolean =>
  !(error instanceof DanqingError) || error.code === 'cancelled' || error.code === 'io';

function withTimeLeft(
  { secondsLeft, ...step }: Extract<JobEvent, { type: 'step' }>,
  number: number,
  clock: GridClock,
  nowMs: number,
): Extract<JobEvent, { type: 'step' }> {
  const left = clock.secondsLeft(secondsLeft, nowMs);
  return { ...step, batch: number, ...(left !== undefined && { secondsLeft: left }) };
}

/** Saves as every picture is saved; beside a grid with a name of its own, cells have numbers behind it. */
async function saveCell(
  picture: DrawnPicture,
  { recipe, at: [x, y, z] }: PlannedCell,
  { place, quality, sidecar }: GridRequest,
  started: Date,
): Promise<SavedPicture> {
  const settings: Omit<SaveSettings, 'place'> = {
    recipe,
    started,
    ...(quality !== undefined && { quality }),
    ...(sidecar !== undefined && { sidecar }),
  };
  if (place.kind === 'folder') return savePicture(picture, { ...settings, place });
  const ending = extname(place.path);
  const path = `${place.path.slice(0, -ending.length)}-x${x + 1}y${y + 1}z${z + 1}${ending}`;
  return savePicture(picture, { ...settings, place: { ...place, path } });
}
