import type { Mistake } from '../../scripts/mistake.ts';

// Mistakes in drawing a picture again and in what is said of it.

const gallery = 'packages/studio/src/gallery';
const tests = [`${gallery}/verify-picture.test.ts`];

export const mistakes: Mistake[] = [
  {
    id: 'verify-refiner',
    what: 'a refined picture is drawn again without its refiner',
    file: `${gallery}/verify-picture.ts`,
    find: '...(refiner && {',
    replace: '...(refiner === null && {',
    tests,
  },
  {
    id: 'verify-missing-lora',
    what: 'a LoRA that is gone is not named as the cause',
    file: `${gallery}/verify-picture.ts`,
    find: ', ...plan.missingLoras]',
    replace: ']',
    tests,
  },
  {
    id: 'verify-mode',
    what: 'a picture is drawn again in another mode than its receipt says',
    file: `${gallery}/verify-picture.ts`,
    find: 'mode: mode.safeParse(receipt?.runtime?.mode).data',
    replace: 'mode: mode.safeParse(undefined).data',
    tests,
  },
  {
    id: 'verify-aesthetic-by-name',
    what: 'the files of an aesthetic gradient are looked for where they are at home alone',
    file: 'packages/studio/src/gallery/verify-picture.ts',
    find: 'folders: [...folders, ...places]',
    replace: 'folders: places',
    tests: ['apps/cli/src/drawing/every-add-on.test.ts'],
  },
];
