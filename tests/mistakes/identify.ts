import type { Mistake } from '../../scripts/mistake.ts';

const folder = 'packages/engine/src/identify';
const kindTests = ['tests/identify.test.ts'];
const factTests = ['tests/identify-facts.test.ts'];
const structureTests = ['tests/identify-structures.test.ts'];
const catalogueTests = ['packages/studio/src/library/catalogue.test.ts'];
const inspectTests = ['packages/studio/src/library/inspect-file.test.ts'];
const scanTests = ['packages/studio/src/library/scan-files.test.ts'];

// Mistakes in telling what a file is.
export const mistakes: Mistake[] = [
  {
    id: 'identify-lora-base-by-output',
    what: 'the base of a LoRA is read off what goes out of cross-attention',
    file: `${folder}/algorithms/lora.ts`,
    find: "inputWidth: (shapes) => sizeOf(shapes, 'lora_down', 1)",
    replace: "inputWidth: (shapes) => sizeOf(shapes, 'lora_up', 0)",
    tests: kindTests,
  },
  {
    id: 'identify-notes-count',
    what: 'a conflict between notes and shapes is passed over',
    file: `${folder}/claims.ts`,
    find: 'shown.length === 0 || shown.includes(claimed)',
    replace: 'shown.length > 0',
    tests: factTests,
  },
  {
    id: 'identify-lone-down',
    what: 'a down without its up is not noticed',
    file: `${folder}/algorithms/lora.ts`,
    find: 'if (wanting.length > 0) return',
    replace: 'if (wanting.length > 1) return',
    tests: factTests,
  },
  {
    id: 'identify-gap-in-blocks',
    what: 'blocks that follow after a gap are no damage',
    file: `${folder}/find-damage.ts`,
    find: 'const strangers = others.filter(',
    replace: 'const strangers = others.slice(others.length).filter(',
    tests: factTests,
  },
  {
    id: 'identify-wrong-shape',
    what: 'a tensor of the wrong shape is no damage',
    file: `${folder}/find-damage.ts`,
    find: 'if (!isSame(entry.shape, shape)) misshapen.push',
    replace: 'if (entry.shape.length !== shape.length) misshapen.push',
    tests: factTests,
  },
  {
    id: 'identify-ema-is-one-set',
    what: 'a checkpoint with EMA weights is taken for one without',
    file: `${folder}/weight-set.ts`,
    find: "parts.some(({ id }) => id === 'ema')",
    replace: "parts.some(({ id }) => id === 'control')",
    tests: kindTests,
  },
  {
    id: 'identify-name-is-proof',
    what: 'what a file name says of eps and v is taken for sure',
    file: `${folder}/known-prediction.ts`,
    find: "sure: !('named' in sign.sign)",
    replace: 'sure: true',
    tests: factTests,
  },
  {
    id: 'identify-ip-adapter-is-lora',
    what: 'an IP-Adapter that brings LoRAs along is taken for a LoRA',
    file: `${folder}/layouts/xlabs.ts`,
    find: '\\.processor\\.\\w+_lora',
    replace: '\\.\\w+_lora',
    tests: kindTests,
  },
  {
    id: 'identify-pattern-pieces-overlap',
    what: 'the pieces of a key pattern may overlap',
    file: 'packages/engine/src/weights/evidence.ts',
    find: 'return name.length - last.length >= from && name.endsWith(last);',
    replace: 'return name.endsWith(last);',
    tests: ['packages/engine/src/weights/evidence.test.ts'],
  },
  {
    id: 'identify-vae-levels-reversed',
    what: 'the levels of a decoder of the diffusers library are counted from the other end',
    file: `${folder}/structures/kl.ts`,
    find: ': `decoder.up_blocks.${levels - 1 - level}.resnets.${block}`',
    replace: ': `decoder.up_blocks.${level}.resnets.${block}`',
    tests: structureTests,
  },
  {
    id: 'catalogue-kind-forgotten',
    what: 'a LoRA with the name of a checkpoint is taken for it',
    file: 'packages/studio/src/library/catalogue.ts',
    find: 'const named = this.#names.filter((each) => isOfKind(each.entry, file.kind));',
    replace: 'const named = this.#names;',
    tests: catalogueTests,
  },
  {
    id: 'inspect-copy-by-name',
    what: 'a safetensors file of the same name is taken for the same model',
    file: 'packages/studio/src/library/inspect-file.ts',
    find: 'if (await isSameModel(other, identification)) {',
    replace: 'if ((await isSameModel(other, identification)) || other !== path) {',
    tests: inspectTests,
  },
  {
    id: 'scan-links-again',
    what: 'a folder that two links lead to is looked through twice',
    file: 'packages/studio/src/library/scan-files.ts',
    find: 'if (seen.has(real)) return;',
    replace: 'if (seen.has(folder)) return;',
    tests: scanTests,
  },
  {
    id: 'scan-by-ending-only',
    what: 'pickles of an unusual ending are passed over',
    file: 'packages/studio/src/library/scan-files.ts',
    find: "return name !== undefined && (name.startsWith('torch') || (name === 'pickle' && head[0] === BINARY_PICKLE));",
    replace: 'return name === BINARY_PICKLE.toString();',
    tests: ['packages/studio/src/library/scan-files.test.ts'],
  },
];
