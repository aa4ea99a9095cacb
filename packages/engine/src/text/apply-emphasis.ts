import type { EmphasisMode } from './prompt-options.ts';

/** Encodings that get their weights together: one chunk of every text of a schedule. */
export interface WeightedEncoding {
  /** [tokens, width]. */
  readonly encoding: Float32Array;
  /** [tokens]. */
  readonly weights: readonly number[];
  /** How often the text occurs in the schedule. */
  readonly count: number;
}

/**
 * Multiplies each token's vector by its weight. `Original` then scales all encodings by one factor, so that the mean over the whole
 * batch is what it was before. Unweighted encodings come back as they are.
 * @returns undefined in place of the encodings when the factor would not be finite.
 */
export function applyEmphasis(mode: EmphasisMode, batch: readonly WeightedEncoding[]): Float32Array[] | undefined {
  const isPlain = batch.every(({ weights }) => weights.every((weight) => weight === 1));
  if (isPlain || mode === 'None' || mode === 'Ignore') return batch.map(({ encoding }) => encoding);
  const weighted = batch.map(({ encoding, weights }) => multiplyTokens(encoding, weights));
  if (mode === 'No norm') return weighted;
  const factor = Math.fround(
    meanOf(batch.map(({ encoding, count }) => ({ values: encoding, count }))) /
      meanOf(batch.map(({ count }, i) => ({ values: weighted[i] ?? new Float32Array(), count }))),
  );
  if (!Number.isFinite(factor)) return undefined;
  return weighted.map((values) => values.map((value) => value * factor));
}

function multiplyTokens(encoding: Float32Array, weights: readonly number[]): Float32Array {
  const width = encoding.length / weights.length;
  return encoding.map((value, i) => value * Math.fround(weights[Math.floor(i / width)] ?? 1));
}

function meanOf(batch: readonly { readonly values: Float32Array; readonly count: number }[]): number {
  let sum = 0;
  let elements = 0;
  for (const { values, count } of batch) {
    sum += count * values.reduce((total, value) => total + value, 0);
    elements += count * values.length;
  }
  return Math.fround(sum / elements);
}
