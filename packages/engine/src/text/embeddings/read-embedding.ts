import { DanqingError } from '../../errors.ts';
import { decodeToFloat32 } from '../../tensor/dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { TensorEntry, TensorIndex } from '../../weights/tensor-index.ts';
import type { VectorsFor } from './embedding.ts';

/** A word of a file, and where its vectors are. */
export interface StoredWord {
  /** What the file calls it: `*` and `emb_params` say nothing. */
  readonly word: string;
  readonly tensors: ReadonlyMap<VectorsFor, TensorEntry>;
}

/** Larger numbers than this are no meaning of a word, and overflow on the way. */
const ABSURD = 1e6;

/** How A1111 stores the word of a file. */
const PARAMETER = 'string_to_param.';

/** What LoRA files that bring embeddings along call them. */
const BUNDLED = /^bundle_emb\.([^.]+)\.(.+)$/;

/**
 * The words of an embedding file of any layout: A1111's `string_to_param`, pairs for SDXL's two text encoders, kohya's `emb_params`, the
 * words of diffusers. What is no embedding has no words.
 */
export const storedWords = ({ tensors }: TensorIndex): StoredWord[] => wordsOf(tensors);

/** The words that a LoRA file brings along: bundled ones, and those that its notes mark. */
export function bundledWords({ tensors }: TensorIndex, marked: readonly string[]): StoredWord[] {
  const bundles = new Map<string, Map<string, TensorEntry>>();
  const words: StoredWord[] = [];
  for (const [key, entry] of tensors) {
    const [, name, role] = BUNDLED.exec(key) ?? [];
    if (name !== undefined) bundles.set(name, (bundles.get(name) ?? new Map()).set(role!, entry));
    else if (marked.includes(key)) words.push({ word: key, tensors: new Map([['only', entry]]) });
  }
  return [...words, ...[...bundles].flatMap(([word, own]) => wordsOf(own).map((found) => ({ ...found, word })))];
}

/**
 * The vectors of a word, [count, width] each, one for each text encoder.
 * @param read gives the stored bytes of a tensor.
 * @throws bad-file when they are none; not-a-number when a value is not finite, or beyond all measure.
 */
export async function readVectors(
  { word, tensors }: StoredWord,
  read: (entry: TensorEntry) => Promise<Uint8Array>,
): Promise<ReadonlyMap<VectorsFor, Tensor>> {
  const vectors = new Map<VectorsFor, Tensor>();
  for (const [role, entry] of tensors) {
    const [count, width] = entry.shape.length === 1 ? [1, entry.shape[0]!] : (entry.shape as [number, number]);
    if (entry.shape.length > 2 || count === 0 || width === 0)
      throw noVectors(word, 'a row for each vector', `shape [${entry.shape.join(', ')}]`);
    const data = decodeToFloat32(await read(entry), entry.dtype);
    const bad = data.find((value) => !(Math.abs(value) < ABSURD));
    if (bad !== undefined) {
      throw new DanqingError('not-a-number', {
        where: `vectors of ${word}`,
        expected: `numbers of less than ${ABSURD}`,
        found: Number.isFinite(bad) ? bad.toExponential(1) : String(bad),
        advice: 'The file is damaged, or its training went wrong.',
      });
    }
    vectors.set(role, { shape: [count, width], data });
  }
  const counts = new Set([...vectors.values()].map(({ shape }) => shape[0]));
  if (counts.size > 1)
    throw noVectors(word, 'as many vectors for one text encoder as for the other', [...counts].join(' and '));
  return vectors;
}

const noVectors = (word: string, expected: string, found: string): DanqingError =>
  new DanqingError('bad-file', { where: `vectors of ${word}`, expected, found });

function wordsOf(tensors: ReadonlyMap<string, TensorEntry>): StoredWord[] {
  const one = (word: string, entry: TensorEntry): StoredWord => ({ word, tensors: new Map([['only', entry]]) });
  const parameters = [...tensors].filter(([key]) => key.startsWith(PARAMETER));
  if (parameters.length > 0) return parameters.map(([key, entry]) => one(key.slice(PARAMETER.length), entry));
  const [clipL, clipG] = [tensors.get('clip_l'), tensors.get('clip_g')];
  if (clipL !== undefined && clipG !== undefined) {
    const pair: [VectorsFor, TensorEntry][] = [
      ['clip_l', clipL],
      ['clip_g', clipG],
    ];
    return [{ word: '*', tensors: new Map(pair) }];
  }
  const flat = [...tensors].filter(([, { shape }]) => shape.length === 1 || shape.length === 2);
  return flat.length === tensors.size ? flat.map(([key, entry]) => one(key, entry)) : [];
}
