import type { Mistake } from '../../scripts/mistake.ts';

const engine = 'packages/engine/src';
const files = 'packages/node/src/files';
const arithmetic = [`${engine}/tensor/compile-expression.test.ts`, `${engine}/tensor/add-halves.test.ts`];
const merges = [`${engine}/merging/plan-merge.test.ts`];
const conversions = [`${engine}/weights/convert/plan-conversion.test.ts`];
const torchFiles = [`${engine}/weights/torch/torch-zip-plan.test.ts`, `${engine}/weights/zip/zip-layout.test.ts`];
const builds = [`${files}/build-file.test.ts`];

// Mistakes in changing files: converting, merging, and writing them whole or not at all.
export const mistakes: Mistake[] = [
  {
    id: 'halves-product-unrounded',
    what: 'products of halves are added before they are rounded',
    file: `${engine}/tensor/add-halves.ts`,
    find: 'wasm.addFloats(rounded(product(extend(get(LEFT)), X), PRODUCT), rounded(product(extend(get(RIGHT)), Y), PRODUCT))',
    replace: 'wasm.addFloats(product(extend(get(LEFT)), X), product(extend(get(RIGHT)), Y))',
    tests: arithmetic,
  },
  {
    id: 'halves-ties-up',
    what: 'ties of halves are rounded up instead of to even',
    file: `${engine}/tensor/add-halves.ts`,
    find: 'and(wasm.shiftRight(pattern, DROPPED), words(1))',
    replace: 'words(1)',
    tests: arithmetic,
  },
  {
    id: 'arithmetic-overflow-saturates',
    what: 'arithmetic of halves stops at the largest half instead of becoming infinite',
    file: `${engine}/tensor/code-values.ts`,
    find: "'F16', halves, 'infinity')",
    replace: "'F16', halves, 'saturate')",
    tests: arithmetic,
  },
  {
    id: 'merge-weights-swapped',
    what: 'the multiplier is the share of the first model',
    file: `${engine}/merging/combine.ts`,
    find: '[1 - m, m]',
    replace: '[m, 1 - m]',
    tests: merges,
  },
  {
    id: 'merge-every-key',
    what: 'tensors are merged that A1111 leaves alone',
    file: `${engine}/weights/keys/merge-keys.ts`,
    find: "key.includes('model') && key !== SKIPPED",
    replace: "key.includes('model') || key !== SKIPPED",
    tests: merges,
  },
  {
    id: 'merge-part-retyped',
    what: 'an inpainting layer takes the type of the other model',
    file: `${engine}/merging/plan-merge.ts`,
    find: 'rows === undefined ? expression : stored(expression, a.dtype)',
    replace: 'expression',
    tests: merges,
  },
  {
    id: 'merge-old-names',
    what: "tensors with the names of NovelAI's time are taken for others",
    file: `${engine}/merging/check-models.ts`,
    find: '[currentKey(key), entry]',
    replace: '[key, entry]',
    tests: merges,
  },
  {
    id: 'blocks-time-embedding',
    what: 'the time embedding gets the multiplier of all else instead of the first block',
    file: `${engine}/weights/keys/unet-blocks.ts`,
    find: "if (key.includes('time_embed')) return 0;",
    replace: "if (key.includes('time_embed')) return undefined;",
    tests: merges,
  },
  {
    id: 'ema-key-dots',
    what: 'names of moving averages keep their dots',
    file: `${engine}/weights/keys/ema.ts`,
    find: ".replaceAll('.', '')",
    replace: '',
    tests: conversions,
  },
  {
    id: 'convert-position-ids',
    what: 'numbers of positions are stored as narrow floats',
    file: `${engine}/weights/convert/stored-as.ts`,
    find: '|| isPositionIds(name)',
    replace: '',
    tests: conversions,
  },
  {
    id: 'torch-zip-unaligned',
    what: 'contents of torch files begin anywhere',
    file: `${engine}/weights/zip/zip-layout.ts`,
    find: 'Math.ceil((bare + 4) / ALIGNMENT) * ALIGNMENT',
    replace: 'bare + 4',
    tests: torchFiles,
  },
  {
    id: 'torch-zip-32-bits',
    what: 'offsets beyond 4 GiB are cut off',
    file: `${engine}/weights/zip/zip-layout.ts`,
    find: '...(headerOffset >= LARGE ? [headerOffset] : [])',
    replace: '...(headerOffset >= Infinity ? [headerOffset] : [])',
    tests: torchFiles,
  },
  {
    id: 'build-checksums-by-arrival',
    what: 'checksums of pieces are joined in the order in which the pieces were finished',
    file: `${files}/build-ledger.ts`,
    find: '.toSorted((a, b) => a.start - b.start)',
    replace: '.toSorted((a, b) => b.start - a.start)',
    tests: builds,
  },
  {
    id: 'build-input-changed',
    what: 'a file that changes while it is read is not noticed',
    file: `${files}/write-large-file.ts`,
    find: 'await Promise.all(sources.map((source) => source.refuseChanged()));',
    replace: '',
    tests: builds,
  },
  {
    id: 'build-overwrites',
    what: 'a file that came into being meanwhile is replaced',
    file: `${files}/new-file.ts`,
    find: 'if (overwrite) await rename',
    replace: 'if (overwrite || true) await rename',
    tests: [`${files}/write-atomic.test.ts`],
  },
  {
    id: 'leftovers-of-others',
    what: 'unfinished files of processes that run are removed',
    file: `${files}/temporary-file.ts`,
    find: 'host !== HOST || isRunning(Number(pid), name)',
    replace: 'host !== HOST',
    tests: [`${files}/temporary-file.test.ts`],
  },
];
