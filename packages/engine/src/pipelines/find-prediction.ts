import type { Parts, PredictionType } from '../family.ts';
import type { Predict } from '../sampling/guidance/guided-model.ts';
import type { Words } from '../words.ts';

/** What a denoiser predicts, and why that is believed. */
export interface FoundPrediction {
  readonly type: PredictionType;
  /** Undefined where it is what the family always predicts. */
  readonly because?: Words;
}

/** The input that A1111 runs a denoiser of SD 2.x on: everywhere the same number, at the noisiest time. */
const PROBE = { value: 0.5, side: 8, tokens: 2, time: 999 };

/** A denoiser that predicts noise gives about its input back; one that predicts v is further below it than this. */
const THRESHOLD = -1;

/**
 * What the denoiser predicts: as its file says, else as its family always does, else by running it once on constant input.
 */
export async function findPrediction(
  { family, prediction, denoiser }: Parts,
  predict: Predict,
): Promise<FoundPrediction> {
  if (prediction !== undefined) return prediction;
  if (family.prediction !== undefined) return { type: family.prediction };
  const { inputChannels, outputChannels, contextWidth, vectorWidth } = denoiser();
  const { value, side, tokens, time } = PROBE;
  const filled = (...shape: number[]) => ({
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value),
  });
  const { data } = await predict(
    filled(1, inputChannels, side, side),
    Float32Array.of(time),
    filled(1, tokens, contextWidth),
    vectorWidth === undefined ? undefined : { shape: [1, vectorWidth], data: new Float32Array(vectorWidth) },
  );
  const mean = data.reduce((sum, result) => sum + result - value, 0) / (outputChannels * side * side);
  const shown = mean.toFixed(2);
  return mean < THRESHOLD
    ? {
        type: 'v',
        because: {
          en: `a trial run on constant input, whose result lies ${shown} from it on average (below ${THRESHOLD} means v)`,
          zh: `以常量输入试运行，结果与输入平均相差 ${shown}（低于 ${THRESHOLD} 即为 v）`,
        },
      }
    : {
        type: 'eps',
        because: {
          en: `a trial run on constant input, whose result lies ${shown} from it on average (not below ${THRESHOLD} means eps)`,
          zh: `以常量输入试运行，结果与输入平均相差 ${shown}（不低于 ${THRESHOLD} 即为 eps）`,
        },
      };
}
