import type { KnownFamily } from '../family.ts';
import { holds } from '../weights/evidence.ts';
import type { TensorIndex } from '../weights/tensor-index.ts';
import type { Prediction } from './identification.ts';

/** What the denoiser of a file predicts: by what the file says, else by its family; a name alone is no proof. */
export function predictionOf(index: TensorIndex, family: KnownFamily): Prediction {
  const sign = family.predictions?.find((one) => holds(one.sign, index));
  if (sign !== undefined) return { type: sign.type, sure: !('named' in sign.sign), why: sign.sign.says };
  if (family.prediction !== undefined) {
    return {
      type: family.prediction,
      sure: true,
      why: {
        en: 'as models of this family do; nothing in the file says otherwise',
        zh: '此系列的惯例；文件中没有相反说明',
      },
    };
  }
  return {
    type: 'unknown',
    sure: false,
    why: {
      en: 'models of this family come in two sorts, and neither shapes nor notes of this file tell which; a test drawing does',
      zh: '此系列有两种模型，本文件的形状与元数据都无法区分；试画一张即可判断',
    },
  };
}
