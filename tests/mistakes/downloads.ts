import type { Mistake } from '../../scripts/mistake.ts';

const network = 'packages/node/src/network';
const downloads = 'packages/studio/src/downloads';
const clientTests = [`${network}/http-client.test.ts`];
const transferTests = [`${network}/transfer/transfer-file.test.ts`];
const downloadTests = [`${downloads}/downloads.test.ts`];

// Mistakes in what is fetched from elsewhere.
export const mistakes: Mistake[] = [
  {
    id: 'token-follows-redirect',
    what: 'the token of the first address is sent wherever it leads',
    file: `${network}/http-client.ts`,
    find: 'const token = this.#options.tokenFor?.(url);',
    replace: 'const token = this.#options.tokenFor?.(url) ?? [...this.#secrets][0];',
    tests: clientTests,
  },
  {
    id: 'private-after-redirect',
    what: 'only the first address is checked for being private',
    file: `${network}/http-client.ts`,
    find: 'if (!isOpen) refusePrivateHost(url);',
    replace: 'if (!isOpen && this.#agents.size === 0) refusePrivateHost(url);',
    tests: clientTests,
  },
  {
    id: 'resume-mixes-versions',
    what: 'a later run goes on although the file on the server has another tag',
    file: `${network}/transfer/journal.ts`,
    find: '[a.etag, b.etag],',
    replace: '',
    tests: transferTests,
  },
  {
    id: 'resume-without-proof',
    what: 'a later run goes on although nothing but the size says that it is the same file',
    file: `${network}/transfer/ranged-transfer.ts`,
    find: 'const isSame = this.#checked ? canBeSame : isKnownSame;',
    replace: 'const isSame = canBeSame;',
    tests: transferTests,
  },
  {
    id: 'range-not-checked',
    what: 'bytes of another place than asked for are taken',
    file: `${network}/transfer/ranged-transfer.ts`,
    find: 'range?.start !== start ||',
    replace: 'range === undefined ||',
    tests: transferTests,
  },
  {
    id: 'retry-after-ignored',
    what: 'the wait that a server asks for is not kept',
    file: `${network}/retry.ts`,
    find: 'error.retryAfterMs ?? usualMs *',
    replace: 'usualMs *',
    tests: clientTests,
  },
  {
    id: 'checksum-not-compared',
    what: 'a file with a wrong checksum is kept',
    file: `${downloads}/receive-file.ts`,
    find: 'if (found === sha256)',
    replace: "if (found !== '')",
    tests: downloadTests,
  },
  {
    id: 'scan-passed-over',
    what: 'a pickle that starts programs becomes visible',
    file: `${downloads}/refuse-unsafe.ts`,
    find: "if (grade === 'safe') return undefined;",
    replace: "if (grade !== 'unknown') return undefined;",
    tests: downloadTests,
  },
  {
    id: 'file-replaced',
    what: 'a model of the same name is replaced',
    file: 'packages/node/src/files/new-file.ts',
    find: "if (code === 'EEXIST') return false;",
    replace: "if (code === 'EEXIST') { await rename(temporary, target); return true; }",
    tests: ['packages/node/src/files/place-file.test.ts'],
  },
  {
    id: 'promised-kind',
    what: 'the site decides where a file goes, not what is in it',
    file: `${downloads}/download.ts`,
    find: 'await destinationFolder(options, arrival.kind);',
    replace: 'await destinationFolder(options, (file.kind ?? arrival.kind) as KindId);',
    tests: downloadTests,
  },
  {
    id: 'iativic-asked',
    what: 'the misprinted address of Civitai is taken for a file on the web',
    file: `${downloads}/sources/civitai.ts`,
    find: "'iativic.com'",
    replace: "'iativic.example'",
    tests: [`${downloads}/read-link.test.ts`],
  },
  {
    id: 'notes-overwritten',
    what: 'trigger words that a person noted are replaced',
    file: `${downloads}/civitai/annotate-files.ts`,
    find: 'notes.activationText === undefined && words',
    replace: 'words',
    tests: [`${downloads}/civitai/annotate-files.test.ts`],
  },
  {
    id: 'mirror-same-link',
    what: 'the link that cannot be reached is offered again',
    file: 'packages/studio/src/downloads/other-links.ts',
    find: '.filter((url) => !isSame(url))',
    replace: '',
    tests: ['packages/studio/src/downloads/downloads.test.ts'],
  },
];
