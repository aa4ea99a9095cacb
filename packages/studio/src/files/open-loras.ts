import { type AdapterFile, openAdapter } from '@danqing/engine/adapters/adapter-file';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import { withModels } from './with-models.ts';

/** Opens LoRA files, does something with them, and closes them whatever happens. @throws bad-file for other files; not-a-number. */
export const openLoras = <Result>(
  paths: readonly string[],
  use: (adapters: readonly AdapterFile[]) => Promise<Result>,
): Promise<Result> =>
  withModels(paths, async (models) => {
    const adapters: AdapterFile[] = [];
    for (const { index, files } of models) {
      adapters.push(await openAdapter(index, (entry) => readTensorBytes(index, entry, files)));
    }
    return use(adapters);
  });
