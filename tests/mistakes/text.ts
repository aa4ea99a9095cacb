import type { Mistake } from '../../scripts/mistake.ts';

const folder = 'packages/engine/src/text';
const emphasisTests = [`${folder}/prompt/emphasis.test.ts`];
const scheduleTests = [`${folder}/prompt/schedule.test.ts`];
const chunkTests = [`${folder}/chunk-prompt.test.ts`];
const encodingTests = ['tests/prompt-encoding.test.ts'];
const tokenizerTests = [`${folder}/tokenizers/clip.test.ts`];

// Mistakes in the prompt language and its encoding.
export const mistakes: Mistake[] = [
  {
    id: 'prompt-mean-restoring',
    what: 'the mean of a weighted encoding is not restored',
    file: `${folder}/apply-emphasis.ts`,
    find: 'value * factor',
    replace: 'value * 1',
    tests: encodingTests,
  },
  {
    id: 'prompt-mean-per-text',
    what: 'the mean is restored without counting texts that a schedule repeats',
    file: `${folder}/apply-emphasis.ts`,
    find: 'sum += count * values',
    replace: 'sum += values',
    tests: encodingTests,
  },
  {
    id: 'prompt-square-factor',
    what: 'square brackets multiply by 0.9 instead of dividing by 1.1',
    file: `${folder}/prompt/emphasis.ts`,
    find: 'const squareFactor = 1 / 1.1',
    replace: 'const squareFactor = 0.9',
    tests: emphasisTests,
  },
  {
    id: 'prompt-unclosed-bracket',
    what: 'a bracket that is never closed has no effect',
    file: `${folder}/prompt/emphasis.ts`,
    find: 'round.closeAll(roundFactor);',
    replace: '',
    tests: emphasisTests,
  },
  {
    id: 'prompt-schedule-end',
    what: 'a schedule changes one step early',
    file: `${folder}/prompt/schedule.ts`,
    find: 'step <= endStep',
    replace: 'step < endStep',
    tests: scheduleTests,
  },
  {
    id: 'prompt-schedule-fraction',
    what: 'a number below 1 is taken for a fraction, dot or not',
    file: `${folder}/prompt/schedule.ts`,
    find: "when.includes('.')",
    replace: 'value < 1',
    tests: scheduleTests,
  },
  {
    id: 'prompt-alternation-start',
    what: 'an alternation begins with its second option',
    file: `${folder}/prompt/schedule.ts`,
    find: '(step - 1) % node.options.length',
    replace: 'step % node.options.length',
    tests: scheduleTests,
  },
  {
    id: 'prompt-chunk-padding',
    what: 'chunks are padded with zeros where the end token belongs',
    file: `${folder}/tokenizers/clip.ts`,
    find: 'padId: endId',
    replace: 'padId: 0',
    tests: chunkTests,
  },
  {
    id: 'prompt-comma-backtrack',
    what: 'the reach back to a comma is off by one',
    file: `${folder}/chunk-prompt.ts`,
    find: '<= this.#backtrack',
    replace: '< this.#backtrack',
    tests: chunkTests,
  },
  {
    id: 'prompt-filler-chunk',
    what: 'shorter texts of a schedule are filled up with their own first chunk',
    file: `${folder}/encode-prompts.ts`,
    find: 'chunks[e]![i] ?? filler',
    replace: 'chunks[e]![i] ?? chunks[e]![0] ?? filler',
    tests: encodingTests,
  },
  {
    id: 'prompt-end-of-word',
    what: 'the last letter of a word is not marked for the tokenizer',
    file: `${folder}/tokenizers/clip-words.ts`,
    find: 'ids.push((ids.pop() ?? 0) + byteCount);',
    replace: '',
    tests: tokenizerTests,
  },
  {
    id: 'prompt-normal-form',
    what: 'text is not brought to normal form C',
    file: `${folder}/tokenizers/fix-text.ts`,
    find: ".normalize('NFC')",
    replace: '',
    tests: tokenizerTests,
  },
];
