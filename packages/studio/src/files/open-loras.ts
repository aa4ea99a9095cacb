import { type AdapterFile, openAdapter } from '@danqing/engine/adapters/adapter-file';
import { baseModules } from '@danqing/engine/adapters/base-modules';
import { familyOf } from '@danqing/engine/detect-family';
import { families } from '@danqing/engine/families/index';
import type { LoraBase, LoraLayers } from '@danqing/engine/merging/loras/lora-layers';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import type { TensorIndex } from '@danqing/engine/weights/tensor-index';
import { withSources } from '@danqing/engine/weights/with-sources';
import type { Words } from '@danqing/engine/words';
import { kohyaWaysOf } from './kohya-ways.ts';
import { withModels } from './with-models.ts';

/**
 * Opens LoRA files and the checkpoint that they are for, does something with them, and closes them whatever happens.
 * @param base path of the checkpoint; undefined where none is named.
 * @throws bad-file for other files; not-a-number; unknown-model and bad-shape for a base that no LoRA is for.
 */
export const openLoras = <Result>(
  paths: readonly string[],
  base: string | undefined,
  use: (adapters: readonly AdapterFile[], base: LoraBase | undefined) => Promise<Result>,
): Promise<Result> =>
  withModels(base === undefined ? paths : [...paths, base], async (models) => {
    const adapters: AdapterFile[] = [];
    for (const { index, files } of models.slice(0, paths.length)) {
      adapters.push(await openAdapter(index, (entry) => readTensorBytes(index, entry, files)));
    }
    const checkpoint = models[paths.length]?.index;
    return use(adapters, checkpoint && baseOf(checkpoint));
  });

function baseOf(checkpoint: TensorIndex): LoraBase {
  const family = familyOf(checkpoint, families);
  const ways = kohyaWaysOf(family, checkpoint.file);
  return { family, families: Object.values(families), ways, modules: baseModules(withSources(checkpoint)) };
}

/** What of add-ons does not get into a LoRA that is made of them. */
export function notesOnLost({ biases, misfits }: LoraLayers): Words[] {
  const notes: Words[] = [];
  if (biases.length > 0) {
    notes.push({
      en: `changes of biases and norms are left out, as a LoRA cannot hold them: ${biases.length} (${biases[0]!} …)`,
      zh: `偏置与归一化层的改变已略去，LoRA 存不下它们：${biases.length} 处（${biases[0]!} 等）`,
    });
  }
  if (misfits.length > 0) {
    notes.push({
      en: `modules that fit no layer of the base are left out: ${misfits.length} (${misfits[0]!} …)`,
      zh: `在底模中找不到对应层的模块已略去：${misfits.length} 个（${misfits[0]!} 等）`,
    });
  }
  return notes;
}
