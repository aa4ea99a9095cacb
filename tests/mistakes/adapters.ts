import type { Mistake } from '../../scripts/mistake.ts';

// Mistakes in LoRA and its kin, each of which some program has made: the picture is another one, or as if nothing had been applied.

const engine = 'packages/engine/src/adapters';
const deltas = ['tests/adapter-deltas.test.ts'];
const runs = ['tests/adapter-runs.test.ts'];
const modules = [`${engine}/base-modules.test.ts`];
const files = ['tests/adapter-files.test.ts'];
const tags = [`${engine}/read-adapter-tag.test.ts`];
const studio = ['packages/studio/src/adapters/open-adapters.test.ts'];

export const mistakes: Mistake[] = [
  {
    id: 'lora-alpha',
    what: 'alpha is ignored',
    file: `${engine}/module-delta.ts`,
    find: 'undefined ? 1 : alpha / rank',
    replace: 'undefined ? 1 : 1',
    tests: deltas,
  },
  {
    id: 'lora-scale',
    what: 'a scale in the file does not go before alpha',
    file: `${engine}/module-delta.ts`,
    find: 'if (scale !== undefined) return scale;',
    replace: '',
    tests: deltas,
  },
  {
    id: 'tucker-order',
    what: 'the two axes of a Tucker kernel are swapped',
    file: `${engine}/matrices.ts`,
    find: 'matmul(left, toMatrix(core))',
    replace: 'matmul(left, toMatrix(transpose(core, [1, 0, 2, 3])))',
    tests: deltas,
  },
  {
    id: 'loha-sum',
    what: 'the halves of a LoHa are not multiplied',
    file: `${engine}/kinds/loha.ts`,
    find: 'multiply(half(module, 1), half(module, 2))',
    replace: 'multiply(half(module, 1), half(module, 1))',
    tests: deltas,
  },
  {
    id: 'kronecker-order',
    what: 'the factors of a Kronecker product are swapped',
    file: `${engine}/kinds/lokr.ts`,
    find: 'reshape(first, [a, 1, c, 1]), reshape(second, [1, b, 1, d * cells])',
    replace: 'reshape(first, [1, a, 1, c]), reshape(second, [b, 1, d * cells, 1])',
    tests: deltas,
  },
  {
    id: 'oft-transposed',
    what: 'R instead of its transpose turns the outputs',
    file: `${engine}/kinds/oft.ts`,
    find: 'matmul(turn, rows, { transA: true })',
    replace: 'matmul(turn, rows)',
    tests: deltas,
  },
  {
    id: 'oft-constraint',
    what: 'the constraint is not per output',
    file: `${engine}/kinds/oft.ts`,
    find: "(module.numbers.get('alpha') ?? 0) * out",
    replace: "module.numbers.get('alpha') ?? 0",
    tests: deltas,
  },
  {
    id: 'boft-reach',
    what: 'the stages of a butterfly do not reach farther and farther',
    file: `${engine}/kinds/boft.ts`,
    find: '(2 ** stage * side) / 2',
    replace: 'side / 2',
    tests: deltas,
  },
  {
    id: 'dora-axis',
    what: 'norms of magnitudes of rows are taken along columns',
    file: `${engine}/module-delta.ts`,
    find: "magnitudes === 'lycoris' && shapeOf(scales)[0] !== 1 ? 'rows' : 'columns'",
    replace: "'columns'",
    tests: deltas,
  },
  {
    id: 'lora-text-multiplier',
    what: 'the text encoder’s weight is used for the denoiser',
    file: `${engine}/adapter-use.ts`,
    find: "part === 'denoiser' ? use.denoiser : use.textEncoder",
    replace: 'use.textEncoder',
    tests: runs,
  },
  {
    id: 'lora-unet-default',
    what: 'the UNet’s weight is 1 where only the text encoder’s is given',
    file: `${engine}/read-adapter-tag.ts`,
    find: "pick('unet', 2, textEncoder)",
    replace: "pick('unet', 2, 1)",
    tests: tags,
  },
  {
    id: 'cloneofsimo-order',
    what: 'the middle block is counted before the way up',
    file: `${engine}/counted-modules.ts`,
    find: "['down_blocks.', 'up_blocks.', 'mid_block.']",
    replace: "['down_blocks.', 'mid_block.', 'up_blocks.']",
    tests: files,
  },
  {
    id: 'upsampler-name',
    what: 'the layer that enlarges is looked for behind a transformer only',
    file: 'packages/engine/src/weights/keys/diffusers/unet-names.ts',
    find: 'return has(`output_blocks.${block}.2.conv`)',
    replace: 'return block > 0',
    tests: modules,
  },
  {
    id: 'lora-second-forgotten',
    what: 'of several LoRAs only the first is applied',
    file: `${engine}/adapted-tensor.ts`,
    find: 'concat(first, 1), concat(second, 0)',
    replace: 'first[0]!, second[0]!',
    tests: runs,
  },
  {
    id: 'adapter-stays',
    what: 'adapted weights of other strengths are taken for the ones asked for',
    file: `${engine}/adapted-weights.ts`,
    find: 'if (known?.key === key) return known.values;',
    replace: 'if (known !== undefined) return known.values;',
    tests: runs,
  },
  {
    id: 'wrong-base',
    what: 'an add-on for another base is applied as far as it fits',
    file: `${engine}/fit-adapter.ts`,
    find: 'if (!isWrong) return',
    replace: 'if (modules.length > 0 || !isWrong) return',
    tests: studio,
  },
];
