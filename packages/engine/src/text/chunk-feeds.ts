import { DanqingError } from '../errors.ts';
import type { IntTensor, Tensor } from '../tensor/tensor.ts';
import type { PromptChunk } from './chunk-prompt.ts';

/** The inputs of a text encoder's graph. */
export interface ChunkFeeds extends Record<string, IntTensor | Tensor> {
  readonly ids: IntTensor;
  readonly replacement: Tensor;
  readonly replaced: Tensor;
}

/** Where the pooled vector of each chunk is taken, at its first token `endId`: 1 there and 0 elsewhere, [n, tokens, 1]. */
export function pooledAt(chunks: readonly PromptChunk[], endId: number): Tensor {
  const tokens = chunks[0]?.ids.length ?? 0;
  const data = new Float32Array(chunks.length * tokens);
  chunks.forEach(({ ids }, row) => {
    const end = row * tokens + ids.indexOf(endId);
    data.fill(1, end, end + 1);
  });
  return { shape: [chunks.length, tokens, 1], data };
}

/**
 * The inputs of a text encoder's graph (see TextEncoderPart) for chunks: ids, and the vectors of embeddings in their places.
 * @param vectorsOf the vectors [count, width] of an embedding by name.
 * @throws missing when an embedding is not there, bad-shape when it has another width.
 */
export function chunkFeeds(
  chunks: readonly PromptChunk[],
  width: number,
  vectorsOf: (name: string) => Tensor | undefined,
): ChunkFeeds {
  const tokens = chunks[0]?.ids.length ?? 0;
  const shape = [chunks.length, tokens];
  const replacement = new Float32Array(chunks.length * tokens * width);
  const replaced = new Float32Array(chunks.length * tokens);
  chunks.forEach(({ embeddings }, row) => {
    for (const { name, at, vectorCount } of embeddings) {
      const first = row * tokens + at;
      replacement.set(checkedVectors(name, width, vectorsOf(name)).subarray(0, vectorCount * width), first * width);
      replaced.fill(1, first, first + vectorCount);
    }
  });
  return {
    ids: {
      shape,
      data: BigInt64Array.from(
        chunks.flatMap(({ ids }) => ids),
        BigInt,
      ),
    },
    replacement: { shape: [...shape, width], data: replacement },
    replaced: { shape: [...shape, 1], data: replaced },
  };
}

function checkedVectors(name: string, width: number, vectors: Tensor | undefined): Float32Array {
  const where = `embedding ${name}`;
  if (vectors === undefined) throw new DanqingError('missing', { where, expected: 'its vectors', found: 'none' });
  if (vectors.shape.length !== 2 || vectors.shape[1] !== width) {
    const found = `shape [${vectors.shape.join(', ')}]`;
    const advice = 'It was made for another kind of model.';
    throw new DanqingError('bad-shape', { where, expected: `vectors of width ${width}`, found, advice });
  }
  return vectors.data;
}
