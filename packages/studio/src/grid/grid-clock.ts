import type { Recipe } from '@danqing/contract/recipe';
import { findSampler } from '@danqing/engine/sampling/find-sampler';
import { DECODE_COST } from '../jobs/progress.ts';

/** What a recipe leaves open is the same for all cells that share a checkpoint; only the balance between cells hangs on it. */
const USUAL = { steps: 20, side: 512, sampler: 'DPM++ 2M' } as const;

/** A cell that is to be drawn. */
export interface CellWork {
  readonly recipe: Recipe;
  /** Otherwise it is only decoded, from the latents of another. */
  readonly isSampled: boolean;
}

/** How much work a cell is, in pixels that a model looks at. */
function workOf({ recipe, isSampled }: CellWork): number {
  const { steps = USUAL.steps, width = USUAL.side, height = USUAL.side, sampler = USUAL.sampler } = recipe;
  const calls = findSampler(sampler).sampler.isSecondOrder === true ? 2 : 1;
  const rows = recipe.cfgScale === 1 ? 1 : 2;
  const looks = isSampled ? steps * calls * rows : DECODE_COST;
  return looks * width * height * recipe.batchSize * recipe.batchCount;
}

/** Tells how long a grid will still take, from what its cells took so far. Times are in milliseconds of any clock. */
export class GridClock {
  readonly #waiting: number[];
  #cell: { readonly work: number; readonly sinceMs: number } | undefined;
  #doneWork = 0;
  #doneSeconds = 0;

  /** @param cells that are to be drawn, in order. */
  constructor(cells: readonly CellWork[]) {
    this.#waiting = cells.map(workOf);
  }

  beginCell(nowMs: number): void {
    this.endCell(nowMs);
    this.#cell = { work: this.#waiting.shift() ?? 0, sinceMs: nowMs };
  }

  /** Opening its files is over, which the next cell need not do again. */
  beginSampling(nowMs: number): void {
    if (this.#cell !== undefined) this.#cell = { ...this.#cell, sinceMs: nowMs };
  }

  endCell(nowMs: number): void {
    if (this.#cell === undefined) return;
    this.#doneWork += this.#cell.work;
    this.#doneSeconds += (nowMs - this.#cell.sinceMs) / 1000;
    this.#cell = undefined;
  }

  /** @param cellSecondsLeft what the running cell will still take; undefined when it cannot tell yet. */
  secondsLeft(cellSecondsLeft: number | undefined, nowMs: number): number | undefined {
    const cell = this.#cell;
    if (cell === undefined || cellSecondsLeft === undefined) return undefined;
    const cellSeconds = (nowMs - cell.sinceMs) / 1000 + cellSecondsLeft;
    const secondsPerWork = (this.#doneSeconds + cellSeconds) / (this.#doneWork + cell.work);
    return cellSecondsLeft + this.#waiting.reduce((sum, work) => sum + work * secondsPerWork, 0);
  }
}
