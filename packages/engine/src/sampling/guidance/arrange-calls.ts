import { DanqingError } from '../../errors.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { SamplingOptions } from '../options.ts';
import type { Context } from './conditioning.ts';

/** The text that a row of the model's batch is given, and the image whose latent it works on. */
export interface Row {
  readonly image: number;
  readonly context: Context;
  /** Channels [c, h, w] behind the latent, where the model takes them. */
  readonly channels?: Float32Array | undefined;
}

/** One call of the model. */
export interface ModelCall {
  /** The image of each row. */
  readonly images: readonly number[];
  /** [rows, tokens, width]. */
  readonly context: Tensor;
  /** [rows, width], where the model takes one. */
  readonly vector: Tensor | undefined;
  /** Channels behind the latent of each row. */
  readonly channels: readonly (Float32Array | undefined)[];
}

/**
 * Shares rows out over calls of the model, which takes texts of one length at a time. The rows of all calls, one after
 * another, are the conds and then the unconds.
 * @param imageCount images in the batch.
 * @param emptyContext encoding [tokens, width] of an empty prompt, for `padCondUncond`.
 * @throws missing when padding is asked for and there is no `emptyContext`.
 */
export function arrangeCalls(
  conds: readonly Row[],
  unconds: readonly Row[],
  imageCount: number,
  options: Pick<SamplingOptions, 'padCondUncond' | 'padCondUncondV0' | 'batchCondUncond'>,
  emptyContext?: Tensor,
): ModelCall[] {
  const [positive, negative] = padded(repeatLast(conds), repeatLast(unconds), options, emptyContext);
  if (negative.length === 0 || tokensOf(positive) === tokensOf(negative)) {
    const rows = [...positive, ...negative];
    return chunks(rows, options.batchCondUncond ? rows.length : imageCount);
  }
  const most = options.batchCondUncond ? 2 * imageCount : imageCount;
  return [...chunks(positive, most), ...chunks(negative, negative.length)];
}

const tokensOf = (rows: readonly Row[]): number => rows[0]!.context.shape[0]!;

/** Brings all rows to the length of the longest by repeating each one's last vector. */
function repeatLast(rows: readonly Row[]): Row[] {
  const tokens = Math.max(...rows.map(({ context }) => context.shape[0]!));
  return rows.map((row) => ({ ...row, context: resize(row.context, tokens) }));
}

function padded(
  conds: Row[],
  unconds: Row[],
  { padCondUncond, padCondUncondV0 }: Pick<SamplingOptions, 'padCondUncond' | 'padCondUncondV0'>,
  emptyContext: Tensor | undefined,
): readonly [conds: Row[], unconds: Row[]] {
  if (unconds.length === 0) return [conds, unconds];
  const difference = tokensOf(conds) - tokensOf(unconds);
  if (difference === 0) return [conds, unconds];
  if (padCondUncondV0) {
    return [conds, unconds.map((row) => ({ ...row, context: resize(row.context, tokensOf(conds)) }))];
  }
  if (!padCondUncond) return [conds, unconds];
  if (emptyContext === undefined) {
    throw new DanqingError('missing', {
      where: 'padding of prompt and negative prompt',
      expected: 'the encoding of an empty prompt',
      found: 'none',
    });
  }
  const chunksMissing = Math.floor(Math.abs(difference) / emptyContext.shape[0]!);
  const pad = (row: Row): Row => ({ ...row, context: append(row.context, emptyContext, chunksMissing) });
  return difference > 0 ? [conds, unconds.map(pad)] : [conds.map(pad), unconds];
}

/** Cuts a context, or repeats its last vector, to a number of tokens. */
function resize(context: Context, tokens: number): Context {
  const [length, width] = context.shape as readonly [number, number];
  if (length === tokens) return context;
  const data = new Float32Array(tokens * width);
  data.set(context.data.subarray(0, tokens * width));
  const last = context.data.subarray((length - 1) * width);
  for (let token = length; token < tokens; token++) data.set(last, token * width);
  return { ...context, shape: [tokens, width], data };
}

function append(context: Context, chunk: Tensor, times: number): Context {
  const [length, width] = context.shape as readonly [number, number];
  const data = new Float32Array(context.data.length + times * chunk.data.length);
  data.set(context.data);
  for (let i = 0; i < times; i++) data.set(chunk.data, context.data.length + i * chunk.data.length);
  return { ...context, shape: [length + times * chunk.shape[0]!, width], data };
}

function chunks(rows: readonly Row[], size: number): ModelCall[] {
  const calls: ModelCall[] = [];
  for (let i = 0; i < rows.length; i += size) calls.push(toCall(rows.slice(i, i + size)));
  return calls;
}

function toCall(rows: readonly Row[]): ModelCall {
  const { shape } = rows[0]!.context;
  return {
    images: rows.map(({ image }) => image),
    context: stack(
      rows.map(({ context }) => context.data),
      shape,
    ),
    vector: vectorOf(rows),
    channels: rows.map(({ channels }) => channels),
  };
}

function vectorOf(rows: readonly Row[]): Tensor | undefined {
  const vectors = rows.flatMap(({ context }) => context.vector ?? []);
  return vectors.length === 0 ? undefined : stack(vectors, [vectors[0]!.length]);
}

/** Equally long arrays of one shape as a tensor with an axis more. */
function stack(arrays: readonly Float32Array[], shape: readonly number[]): Tensor {
  const length = arrays[0]!.length;
  const data = new Float32Array(arrays.length * length);
  arrays.forEach((array, i) => data.set(array, i * length));
  return { shape: [arrays.length, ...shape], data };
}
