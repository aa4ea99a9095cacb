import type { Mistake } from '../../scripts/mistake.ts';

// Mistakes in grids and in decoding again: pictures that are not what stands beside them, or are drawn for nothing.

const engine = 'packages/engine/src';
const studio = 'packages/studio/src';
const plan = [`${studio}/grid/plan-grid.test.ts`];
const drawn = [`${studio}/grid/draw-grid.test.ts`];
const axes = [`${studio}/grid/axes.test.ts`];
const values = [`${engine}/grid/read-values.test.ts`];
const vaes = [`${studio}/jobs/draw-vaes.test.ts`];

export const mistakes: Mistake[] = [
  {
    id: 'grid-order',
    what: 'the cheapest axis changes least, so that every cell opens a checkpoint',
    file: `${studio}/grid/plan-grid.ts`,
    find: 'axes[b]!.cost - axes[a]!.cost',
    replace: 'axes[a]!.cost - axes[b]!.cost',
    tests: plan,
  },
  {
    id: 'grid-transposed',
    what: 'rows and columns are exchanged in the picture',
    file: `${engine}/grid/compose-grid.ts`,
    find: '#boxOf([x, y, z]: readonly [number, number, number])',
    replace: '#boxOf([y, x, z]: readonly [number, number, number])',
    tests: [`${engine}/grid/compose-grid.test.ts`],
  },
  {
    id: 'grid-range-end',
    what: 'the end of a range does not belong to it',
    file: `${engine}/grid/read-values.ts`,
    find: 'Math.floor((to - from) / by + 1e-9) + 1',
    replace: 'Math.floor((to - from) / by + 1e-9)',
    tests: values,
  },
  {
    id: 'grid-range-sums',
    what: 'steps of a range carry the error of floating point: 0.30000000000000004',
    file: `${engine}/grid/read-values.ts`,
    find: 'Math.round(number * 1e8) / 1e8',
    replace: 'number',
    tests: values,
  },
  {
    id: 'grid-lora-off',
    what: 'a LoRA of weight 0 stays in the prompt',
    file: `${studio}/grid/weigh-lora.ts`,
    find: "return weight === 0 ? '' : `<lora:",
    replace: 'return `<lora:',
    tests: axes,
  },
  {
    id: 'grid-sr-first',
    what: 'Prompt S/R replaces one occurrence only',
    file: `${studio}/grid/prompt-changes.ts`,
    find: 'negativePrompt: negativePrompt.replaceAll(from, to)',
    replace: 'negativePrompt',
    tests: axes,
  },
  {
    id: 'grid-stale-cell',
    what: 'a picture that was changed since counts as the cell that was drawn',
    file: `${studio}/grid/grid-memory.ts`,
    find: 'picture.receipt?.pixelSha256 === pixelSha256',
    replace: 'picture.receipt?.pixelSha256 !== undefined || true',
    tests: drawn,
  },
  {
    id: 'grid-other-recipe',
    what: 'cells are known by their files alone, so that another recipe finds the pictures of the first',
    file: `${studio}/grid/cell-key.ts`,
    find: '[PROGRAM, { ...others, refiner, subseed }, sampling]',
    replace: '[PROGRAM, subseed, sampling]',
    tests: drawn,
  },
  {
    id: 'grid-vae-samples',
    what: 'cells that differ in their VAE alone sample each for itself',
    file: `${studio}/grid/cell-key.ts`,
    find: "recipe.runtime === 'cpu' ? memoryKey(...sampled) : key",
    replace: 'key',
    tests: drawn,
  },
  {
    id: 'grid-vae-forgotten',
    what: 'cells of different VAEs are one',
    file: `${studio}/grid/cell-key.ts`,
    find: 'memoryKey(...sampled, this.#place, vae, vaes)',
    replace: 'memoryKey(...sampled, this.#place)',
    tests: drawn,
  },
  {
    id: 'grid-no-stand-in',
    what: 'a cell whose VAE gives not-a-number fails, which alone it would not',
    file: `${studio}/grid/decode-cell.ts`,
    find: "error.code !== 'not-a-number') throw error",
    replace: "error.code === 'not-a-number') throw error",
    tests: drawn,
  },
  {
    id: 'decode-other-mode',
    what: 'a latent is decoded in another mode than its picture was, so that the last bits differ',
    file: `${studio}/jobs/decode-job.ts`,
    find: "provider === 'cpu' ? MODES.find((one) => one === mode) : undefined",
    replace: 'MODES.find((one) => one === mode && provider === undefined)',
    tests: vaes,
  },
  {
    id: 'decode-other-settings',
    what: 'a picture that shares its latent with a later one is given the settings of that',
    file: `${studio}/gallery/decode-again.ts`,
    find: '{ ...found, receipts: [printReceipt(receipt)] }',
    replace: 'found',
    tests: vaes,
  },
  {
    id: 'vae-wrong-receipt',
    what: 'a picture that was decoded again names the VAE of the first time',
    file: `${studio}/jobs/decode-job.ts`,
    find: 'file === undefined ? others : { ...others, vae: namedFile(file, hashed) }',
    replace: 'before.parameters',
    tests: vaes,
  },
  {
    id: 'vae-washed-out-either',
    what: 'a picture counts as washed out by its colours alone',
    file: `${engine}/image/measure-colours.ts`,
    find: 'colourfulness < PALE && contrast < FLAT',
    replace: 'colourfulness < PALE || contrast < FLAT',
    tests: [`${engine}/image/measure-colours.test.ts`],
  },
  {
    id: 'switch-mode-of-other',
    what: 'what is opened ahead takes the mode of the job that runs',
    file: `${studio}/jobs/session-cache.ts`,
    find: 'this.#hands.open(graph, { ...settings, mode })',
    replace: 'this.#hands.open(graph, settings)',
    tests: [`${studio}/jobs/session-cache.test.ts`],
  },
];
