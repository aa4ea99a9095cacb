import { DanqingError } from '../../errors.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { combine } from '../arithmetic.ts';
import type { SamplingOptions } from '../options.ts';
import { arrangeCalls, type ModelCall, type Row } from './arrange-calls.ts';
import type { ImageConditioning } from './conditioning.ts';

/**
 * Runs the denoiser once: latents [n, c, h, w] (with the channels that the model takes in behind them), times [n], contexts
 * [n, tokens, width] and, for models that take one, vectors [n, width], to results [n, c, h, w].
 */
export type Predict = (x: Tensor, times: Float32Array, context: Tensor, vector?: Tensor) => Promise<Tensor>;

/** Model calls so far; models that take turns in a run count together. */
export interface CallCount {
  calls: number;
}

/** What guides a run. */
export interface Guidance {
  readonly predict: Predict;
  /** One for each image. */
  readonly conditioning: readonly ImageConditioning[];
  /** How far the prompt pulls away from the negative prompt; at 1 the latter has no say. */
  readonly scale: number;
  /**
   * How far a picture to edit pulls away from none at all (InstructPix2Pix, arXiv:2211.09800); undefined where the picture
   * is no matter of guidance.
   */
  readonly imageScale?: number | undefined;
  /** Latent cells: channels, height, width. */
  readonly shape: readonly [number, number, number];
  /** Model calls that a prompt's schedule reckons with. */
  readonly totalSteps: number;
  /** Whether the sampler works with the negative prompt's result on its own. */
  readonly needsUncond: boolean;
  readonly options: SamplingOptions;
  /** Encoding [tokens, width] of an empty prompt, for `padCondUncond`. */
  readonly emptyContext?: Tensor;
  /** Shared with the other models of the run. */
  readonly count?: CallCount;
}

/** One look of the guided model at a batch. */
export interface Look {
  /** What the samplers hold, [n, c, h, w]. */
  readonly x: Float32Array;
  /** What the model sees of it, [n, c, h, w]. */
  readonly input: Float32Array;
  /** The model's time. */
  readonly time: number;
  /** What `sMinUncond` is compared with: the noise level, or the time for samplers over time steps. */
  readonly level: number;
  /** Reads a result for one image [c, h, w]. */
  read(x: Float32Array, result: Float32Array): Float32Array;
}

/**
 * Classifier-free guidance (Ho and Salimans 2022) over a batch, with prompts in several parts (Liu et al. 2022):
 * uncond + Σ weight · scale · (part - uncond); for a picture to edit, from the result without it by way of the result with
 * it and no prompt; and a count of the model's calls for prompts that change on the way.
 */
export class GuidedModel {
  readonly #guidance: Guidance;
  readonly #weightSums: readonly number[];
  readonly #count: CallCount;
  #arranged: { readonly rows: readonly Row[]; readonly calls: readonly ModelCall[] } | undefined;

  constructor(guidance: Guidance) {
    this.#guidance = guidance;
    this.#count = guidance.count ?? { calls: 0 };
    this.#weightSums = guidance.conditioning.map(({ parts }) => parts.reduce((sum, { weight }) => sum + weight, 0));
  }

  /**
   * The guided result, and the negative prompt's (the first part's where the negative prompt is left out), [n, c, h, w].
   * @throws not-a-number when the model's result is not finite.
   */
  async look(look: Look): Promise<{ readonly guided: Float32Array; readonly uncond: Float32Array }> {
    const step = this.#count.calls++;
    const { conditioning, scale, imageScale } = this.#guidance;
    const isEdit = imageScale !== undefined;
    const isSkipped = !isEdit && this.#skipsUncond(step, look.level);
    const isCancelled = !isEdit && !isSkipped && this.#uncondCancels();
    const conds = conditioning.flatMap(({ parts, channels }, image) =>
      parts.map((part): Row => ({ image, context: part.at(step), channels })),
    );
    const unconds =
      isSkipped || isCancelled
        ? []
        : conditioning.map(({ uncond, channels }, image): Row => ({ image, context: uncond.at(step), channels }));
    const pictureless = isEdit ? unconds.map((row): Row => ({ ...row, channels: row.channels?.map(() => 0) })) : [];
    const results = await this.#run(look, [...conds, ...unconds, ...pictureless], conds.length);

    const guided = new Float32Array(look.x.length);
    const uncond = new Float32Array(look.x.length);
    let row = 0;
    conditioning.forEach(({ parts }, image) => {
      const own = results.slice(row, row + parts.length);
      row += parts.length;
      const base = results[conds.length + image] ?? own[0]!;
      const pull = isSkipped ? 1 : scale;
      const weighted = own.map((part, j) => [parts[j]!.weight * pull, part] as const);
      const offset = image * base.length;
      if (isEdit) {
        const none = results[conds.length + unconds.length + image]!;
        guided.set(pullFrom(pullFrom(none, none, [[imageScale, base]]), base, weighted), offset);
      } else guided.set(isCancelled ? combine(...asTerms(weighted)) : pullFrom(base, base, weighted), offset);
      uncond.set(base, offset);
    });
    return { guided, uncond };
  }

  /** A1111's ways to leave the negative prompt out: in the first steps, or (in each second step) at low noise. */
  #skipsUncond(step: number, level: number): boolean {
    const { totalSteps, options } = this.#guidance;
    const { skipEarlyCond, sMinUncond, sMinUncondAll } = options;
    if (skipEarlyCond !== 0 && step / totalSteps <= skipEarlyCond) return true;
    return (step % 2 === 1 || sMinUncondAll) && sMinUncond > 0 && level < sMinUncond;
  }

  /** With weights that come to 1 in all, what is added for the uncond is taken away again. */
  #uncondCancels(): boolean {
    const { scale, needsUncond } = this.#guidance;
    return !needsUncond && this.#weightSums.every((sum) => Math.abs(scale * sum - 1) < 1e-6);
  }

  /** Results read for each row, in the order of the rows. */
  async #run(look: Look, rows: readonly Row[], condCount: number): Promise<Float32Array[]> {
    const { predict, shape } = this.#guidance;
    const size = shape[0] * shape[1] * shape[2];
    const results: Float32Array[] = [];
    for (const { images, context, vector, channels } of this.#arrange(rows, condCount)) {
      const behind = channels[0]?.length ?? 0;
      const rowSize = size + behind;
      const data = new Float32Array(images.length * rowSize);
      images.forEach((image, i) => {
        data.set(look.input.subarray(image * size, (image + 1) * size), i * rowSize);
        data.set(channels[i] ?? [], i * rowSize + size);
      });
      const times = new Float32Array(images.length).fill(look.time);
      const [own, height, width] = shape;
      const x = { shape: [images.length, own + behind / (height * width), height, width], data };
      const { data: output } = await predict(x, times, context, vector);
      if (!output.every(Number.isFinite)) throw notFinite(look);
      images.forEach((image, i) => {
        const held = look.x.subarray(image * size, (image + 1) * size);
        results.push(look.read(held, output.subarray(i * size, (i + 1) * size)));
      });
    }
    return results;
  }

  /** The calls for some rows; the last ones again while the texts stay the same, which they do in most steps. */
  #arrange(rows: readonly Row[], condCount: number): readonly ModelCall[] {
    const last = this.#arranged;
    const isSame = last?.rows.length === rows.length && rows.every((row, i) => row.context === last.rows[i]!.context);
    if (last !== undefined && isSame) return last.calls;
    const { conditioning, options, emptyContext } = this.#guidance;
    const calls = arrangeCalls(
      rows.slice(0, condCount),
      rows.slice(condCount),
      conditioning.length,
      options,
      emptyContext,
    );
    this.#arranged = { rows, calls };
    return calls;
  }
}

type Term = readonly [weight: number, values: Float32Array];

const asTerms = (terms: readonly Term[]): [Term, ...Term[]] => terms as [Term, ...Term[]];

/** start + Σ weight · (part − base). */
function pullFrom(start: Float32Array, base: Float32Array, parts: readonly Term[]): Float32Array {
  const pulls = parts.map(([weight, part]): Term => [weight, combine([1, part], [-1, base])]);
  return combine([1, start], ...pulls);
}

const notFinite = (look: Look): DanqingError =>
  new DanqingError('not-a-number', {
    where: `denoiser at time ${look.time}`,
    expected: 'finite numbers',
    found: 'a result that is not a number',
    advice: 'The checkpoint may be damaged, or an add-on too strong.',
  });
