import type { Mistake } from '../../scripts/mistake.ts';

const folder = 'packages/studio/src/library';
const libraryTests = [`${folder}/library.test.ts`];
const hashTests = ['packages/node/src/hashing/hash-model.test.ts'];
const vaeTests = [`${folder}/resolve-vae.test.ts`];

// Mistakes in keeping thousands of models.
export const mistakes: Mistake[] = [
  {
    id: 'hash-data-with-header',
    what: 'AutoV3 counts the header',
    file: 'packages/node/src/hashing/hash-model.ts',
    find: 'sha256Of(dataStart(model), Infinity)',
    replace: 'sha256Of(0, Infinity)',
    tests: hashTests,
  },
  {
    id: 'hash-tensors-in-file-order',
    what: 'the hash of tensors depends on their order in the file',
    file: 'packages/node/src/hashing/tensor-hasher.ts',
    find: '[...tensors.keys()].sort()',
    replace: '[...tensors.keys()]',
    tests: hashTests,
  },
  {
    id: 'hash-old-place',
    what: 'the old hash is taken at 1 MB instead of 1 MiB',
    file: 'packages/node/src/hashing/hash-model.ts',
    find: 'const OLD_HASH_START = 0x100000;',
    replace: 'const OLD_HASH_START = 1_000_000;',
    tests: hashTests,
  },
  {
    id: 'hash-changed-file',
    what: 'a file that changes while it is hashed gets a hash',
    file: 'packages/node/src/hashing/hash-model.ts',
    find: 'before.mtimeNs === after.mtimeNs && before.size === after.size && before.size === BigInt(done)',
    replace: 'before.size >= 0n',
    tests: hashTests,
  },
  {
    id: 'vae-prefix-before-name',
    what: 'a longer name is chosen before the very name of the checkpoint',
    file: `${folder}/resolve-vae.ts`,
    find: '(stemOf(path) === stem ? 0 : 1e6)',
    replace: '(stemOf(path) === stem ? 1e6 : 0)',
    tests: vaeTests,
  },
  {
    id: 'vae-setting-always-first',
    what: "the setting counts more than the model's own VAE, whatever the option says",
    file: `${folder}/resolve-vae.ts`,
    find: 'if (settingFirst && !isAutomatic(setting))',
    replace: 'if (!isAutomatic(setting))',
    tests: vaeTests,
  },
  {
    id: 'library-stamp-ignored',
    what: 'a changed file keeps what was known of it',
    file: `${folder}/scan-library.ts`,
    find: 'row.stamp === stamp &&',
    replace: '',
    tests: libraryTests,
  },
  {
    id: 'library-drive-forgotten',
    what: 'models of a drive that is away are removed',
    file: `${folder}/scan-library.ts`,
    find: 'away.includes(root) ||',
    replace: '',
    tests: libraryTests,
  },
  {
    id: 'library-notes-lost',
    what: 'unknown fields of a notes file are dropped',
    file: `${folder}/model-notes.ts`,
    find: 'fields.set(key, json.text.slice(start, json.position).trim());',
    replace:
      'if (Object.values(noteKeys).includes(key)) fields.set(key, json.text.slice(start, json.position).trim());',
    tests: [`${folder}/model-notes.test.ts`],
  },
  {
    id: 'library-move-replaces',
    what: 'a moved model replaces a file of its name',
    file: `${folder}/move-model.ts`,
    find: 'for (const name of [basename(path), ...sides.names]) {',
    replace: 'for (const name of [basename(path)]) {',
    tests: [`${folder}/move-model.test.ts`],
  },
  {
    id: 'library-link-loop',
    what: 'a link that leads back is not noticed',
    file: `${folder}/list-models.ts`,
    find: 'if (above.includes(id)) {',
    replace: 'if (false as boolean) {',
    tests: [`${folder}/list-models.test.ts`],
  },
  {
    id: 'library-bad-file-spoils',
    what: 'the file that a thread does not survive is tried with the others again',
    file: `${folder}/scan-library.ts`,
    find: 'take([unreadRow(model, error as Error)]);',
    replace: '',
    tests: [`${folder}/scan-library.test.ts`],
  },
  {
    id: 'checkpoint-old-hash-of-nothing',
    what: 'the hash of nothing names a checkpoint',
    file: `${folder}/find-checkpoint.ts`,
    find: 'old === undefined || SHA256_OF_NOTHING.startsWith(old) ? undefined : old',
    replace: 'old',
    tests: [`${folder}/find-checkpoint.test.ts`],
  },
  {
    id: 'vae-advice-despite-own',
    what: 'a checkpoint with a VAE of its own is told that it has none',
    file: `${folder}/advise-vae.ts`,
    find: 'if (bakedVae !== false) {',
    replace: 'if (bakedVae === true && paired.length > 0) {',
    tests: [`${folder}/advise-vae.test.ts`],
  },
];
