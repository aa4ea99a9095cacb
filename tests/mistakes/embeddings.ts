import type { Mistake } from '../../scripts/mistake.ts';

// Mistakes with embeddings, each of which some program has made: the picture is another one, or the word is nothing but its letters.

const text = 'packages/engine/src/text';
const studio = 'packages/studio/src/embeddings';
const runs = ['tests/embedding-runs.test.ts'];
const chunks = [`${text}/chunk-prompt.test.ts`];
const files = [`${studio}/open-embeddings.test.ts`];
const jobs = ['packages/studio/src/jobs/draw-add-ons.test.ts'];

export const mistakes: Mistake[] = [
  {
    id: 'embedding-first-vector',
    what: 'only the first vector of an embedding is used',
    file: `${text}/chunk-feeds.ts`,
    find: 'subarray(0, vectorCount * width)',
    replace: 'subarray(0, width)',
    tests: runs,
  },
  {
    id: 'embedding-place',
    what: 'the vectors stand one token too early',
    file: `${text}/chunk-feeds.ts`,
    find: 'row * tokens + at;',
    replace: 'row * tokens + at - 1;',
    tests: runs,
  },
  {
    id: 'embedding-shortest',
    what: 'of two names that fit the shorter one wins',
    file: `${text}/embeddings/word-matcher.ts`,
    find: 'b.ids.length - a.ids.length',
    replace: 'a.ids.length - b.ids.length',
    tests: chunks,
  },
  {
    id: 'embedding-weight',
    what: 'only the first vector has the weight of the word',
    file: `${text}/chunk-prompt.ts`,
    find: 'this.addId(placeholderId, weight)',
    replace: 'this.addId(placeholderId, i === 0 ? weight : 1)',
    tests: runs,
  },
  {
    id: 'embedding-stale',
    what: 'encodings are remembered by the name of an embedding, whatever its vectors are',
    file: `${text}/encode-prompts.ts`,
    find: '[embedding.identity, at, vectorCount]',
    replace: '[at, vectorCount]',
    tests: jobs,
  },
  {
    id: 'embedding-silent',
    what: 'a word whose embedding is for another base says nothing',
    file: 'packages/engine/src/pipelines/model.ts',
    find: "if (typeof found === 'string') others.push({ name: embedding.name, why: found });",
    replace: "if (typeof found === 'string') continue;",
    tests: jobs,
  },
  {
    id: 'embedding-pair-order',
    what: 'the vectors of SDXL’s two text encoders are swapped',
    file: `${text}/embeddings/embedding.ts`,
    find: "['clip_l', 'clip_g'] as const",
    replace: "['clip_g', 'clip_l'] as const",
    tests: files,
  },
  {
    id: 'embedding-bands',
    what: 'the halves of the bands beside a picture are swapped',
    file: 'packages/engine/src/image/side-bands.ts',
    find: '(upper[i]! << 4) | half',
    replace: '(half << 4) | upper[i]!',
    tests: files,
  },
  {
    id: 'embedding-hash-order',
    what: 'the hashes of the negative prompt stand in front',
    file: `${studio}/ready-embeddings.ts`,
    find: 'inOrder.reverse().flatMap(',
    replace: 'inOrder.flatMap(',
    tests: files,
  },
  {
    id: 'embedding-picture-name',
    what: 'a picture is called by its file name',
    file: `${studio}/open-embeddings.ts`,
    find: "isPicture ? (textOf(index, 'name') ?? name) : name",
    replace: 'name',
    tests: files,
  },
];
