import { statSync } from 'node:fs';
import { createModel, type Model, type ModelHands } from '@danqing/engine/pipelines/model';
import type { RunMode } from '@danqing/engine/runtime';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import { fileOf } from '@danqing/engine/weights/with-sources';
import { openModel as openModelFile } from '@danqing/node/files/open-model';
import type { CheckpointFiles } from './checkpoint-files.ts';
import type { SessionCache } from './session-cache.ts';

/** Text encodings and graphs of this many models are remembered; their sessions are another matter. */
const KEPT_MODELS = 8;

/** Changes when the content of a file does. */
export function identifyFile(path: string): string {
  const { size, mtimeMs, ino } = statSync(path);
  return `${path} ${size} ${mtimeMs} ${ino}`;
}

/** Models that were drawn with lately, each with its graphs and the encodings of its prompts. */
export class OpenModels {
  readonly #sessions: SessionCache;
  /** The one used last stands last. */
  readonly #kept = new Map<string, Model>();

  constructor(sessions: SessionCache) {
    this.#sessions = sessions;
  }

  /** The model of these files: the one from before as long as no file has changed. */
  modelOf(files: CheckpointFiles, mode: RunMode): Model {
    const paths = new Set([...files.index.tensors.values()].map(fileOf));
    const vae = files.vae.file === undefined ? '' : identifyFile(files.vae.file);
    const key = [mode, vae, ...[...paths].map(identifyFile)].join('|');
    const model = this.#kept.get(key) ?? this.#create(files, mode);
    this.#kept.delete(key);
    this.#kept.set(key, model);
    if (this.#kept.size > KEPT_MODELS) this.#kept.delete(this.#kept.keys().next().value!);
    return model;
  }

  /**
   * A model of these files whose networks are adapted; kept by whoever asked for it.
   * @param mode absent: that of the job that runs.
   */
  adapted(files: CheckpointFiles, adapt: (hands: ModelHands) => ModelHands, mode?: RunMode): Model {
    return this.#create(files, mode, adapt);
  }

  /** Forgets all models. */
  clear(): void {
    this.#kept.clear();
  }

  #create(
    { checkpoint, parts, vae, previewVae }: CheckpointFiles,
    mode: RunMode | undefined,
    adapt = (hands: ModelHands) => hands,
  ): Model {
    return createModel(
      { parts, vae: vae.part, previewVae },
      adapt({
        withSession: this.#sessions.forModel(mode),
        async readTensor(entry) {
          const { index, files, close } = await openModelFile(checkpoint);
          try {
            return await readTensorBytes(index, entry, files);
          } finally {
            await close();
          }
        },
      }),
    );
  }
}
