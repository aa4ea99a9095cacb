import type { RecipeInput } from '@danqing/contract/recipe';
import { describe, expect, it } from 'vitest';
import type { AxisHands } from './axis.ts';
import { GridClock } from './grid-clock.ts';
import { planGrid } from './plan-grid.ts';

const hands: AxisHands = { checkpointNamed: async (name) => Promise.resolve(`/m/${name}`), drawSeed: () => 1 };
const base: RecipeInput = { prompt: 'fox', seed: 1, subseed: 1 };
const plan = async (text: string) => planGrid(text, base, hands);

describe('a planned grid', () => {
  it('GEN-04: changes the dearest axis least, wherever it stands', async () => {
    for (const text of ['checkpoint=a,b;vae=none,taesd;cfg=3,4', 'cfg=3,4;checkpoint=a,b;vae=none,taesd']) {
      const { cells } = await plan(text);
      expect(cells.map(({ recipe }) => [recipe.checkpoint, recipe.vae, recipe.cfgScale].join(' '))).toEqual([
        '/m/a none 3',
        '/m/a taesd 3',
        '/m/a none 4',
        '/m/a taesd 4',
        '/m/b none 3',
        '/m/b taesd 3',
        '/m/b none 4',
        '/m/b taesd 4',
      ]);
    }
  });

  it('goes through equal axes by layers, rows and columns', async () => {
    const { cells } = await plan('cfg=3,4;steps=5,6;seed=7,8');
    expect(cells.map(({ at }) => at.join(''))).toEqual(['000', '100', '010', '110', '001', '101', '011', '111']);
    expect(cells[3]!.recipe).toMatchObject({ cfgScale: 4, steps: 6, seed: 7 });
  });

  it('takes values in quotes with every separator in them', async () => {
    const { axes, cells } = await plan('sr=fox,"owl; cat = dog, bird"');
    expect(cells.map(({ recipe }) => recipe.prompt)).toEqual(['fox', 'owl; cat = dog, bird']);
    expect(axes.map(({ label }) => label)).toEqual(['Prompt S/R', 'Nothing', 'Nothing']);
  });

  it.each([
    ['', 'one to three axes'],
    ['cfg=1;steps=2;seed=3;clip skip=1', 'one to three axes'],
    ['cfg=', 'grid › CFG Scale: expected values'],
    ['cfg', 'grid › CFG Scale: expected values'],
    ['cfg=1;CFG Scale=2', 'CFG Scale twice'],
    ['steps=5000', 'steps: expected a whole number from 1 to 1000, found 5000'],
    ['seed=1-200;steps=1-100', 'at most 10000 pictures, found 20000'],
  ])('refuses %s before anything is drawn', async (text, message) => {
    await expect(plan(text)).rejects.toThrow(message);
  });
});

it('the clock of a grid reckons with the work of each cell', async () => {
  const { cells } = await plan('steps=10,20,70');
  const clock = new GridClock(cells.map(({ recipe }) => ({ recipe, isSampled: true })));
  clock.beginCell(0);
  clock.beginSampling(8_000);
  expect(clock.secondsLeft(undefined, 9_000)).toBeUndefined();
  // One second of two is over; nine times the work of this cell is to come.
  expect(clock.secondsLeft(1, 9_000)).toBeCloseTo(1 + 9 * 2);
  clock.beginCell(10_000);
  expect(clock.secondsLeft(4, 10_000)).toBeCloseTo(4 + 7 * 2);
  clock.beginCell(14_000);
  // The last one is twice as slow: what is left of it is what it says.
  expect(clock.secondsLeft(20, 15_000)).toBeCloseTo(20);
});
