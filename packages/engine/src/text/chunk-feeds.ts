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

/** The inputs of a text encoder's graph (see TextEncoderPart) for chunks: ids, and the vectors of embeddings in their places. */
export function chunkFeeds(chunks: readonly PromptChunk[], width: number): ChunkFeeds {
  const tokens = chunks[0]?.ids.length ?? 0;
  const shape = [chunks.length, tokens];
  const replacement = new Float32Array(chunks.length * tokens * width);
  const replaced = new Float32Array(chunks.length * tokens);
  chunks.forEach(({ embeddings }, row) => {
    for (const { embedding, at, vectorCount } of embeddings) {
      const first = row * tokens + at;
      replacement.set(embedding.vectors.data.subarray(0, vectorCount * width), first * width);
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
