import { createHash } from 'node:crypto';
import { familyOf } from '@danqing/engine/detect-family';
import { families } from '@danqing/engine/families/index';
import type { Parts } from '@danqing/engine/family';
import { generate } from '@danqing/engine/pipelines/generate';
import { createModel, type ModelHands } from '@danqing/engine/pipelines/model';
import type { Session } from '@danqing/engine/runtime';
import { findSampler } from '@danqing/engine/sampling/find-sampler';
import { samplingDefaults } from '@danqing/engine/sampling/options';
import type { Embeddings } from '@danqing/engine/text/embeddings/embedding';
import { promptDefaults } from '@danqing/engine/text/prompt-options';
import { openIndex } from '@danqing/engine/weights/open-index';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import type { TensorIndex } from '@danqing/engine/weights/tensor-index';
import { type FileSource, openFile } from '@danqing/node/files/file-source';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { sharedData } from './shared-data.ts';

/** A run as the scripts in oracles/ make it with starter_models.py. */
export interface StarterRun {
  readonly prompt: string;
  readonly negativePrompt?: string;
  readonly steps: number;
  readonly cfg: number;
  readonly seed: number;
  readonly size: number;
  readonly embeddings?: Embeddings;
  /** Changes what networks are opened by. */
  readonly adapt?: (hands: ModelHands) => ModelHands;
  /** Told before each step, counted from 1, but the first. */
  readonly beginStep?: (step: number) => void;
}

/** The bundled checkpoint, or another, to draw on with add-ons; sessions stay open. They run graphs as they are written, which opens soonest. */
export class Starter {
  readonly index: TensorIndex;
  readonly parts: Parts;
  readonly source: FileSource;
  readonly hands: ModelHands;
  readonly #sessions = new Map<string, Promise<Session>>();

  static async open(path = sharedData('checkpoint/starter-emoji-128.safetensors')): Promise<Starter> {
    const source = await openFile(path);
    return new Starter(source, await openIndex(source));
  }

  private constructor(source: FileSource, index: TensorIndex) {
    this.source = source;
    this.index = index;
    this.parts = familyOf(index, families).parts(index);
    this.hands = {
      readTensor: async (entry) => readTensorBytes(index, entry, [source]),
      withSession: async ({ name, variant, graph }, work) => {
        const key = `${name} ${variant}`;
        let session = this.#sessions.get(key);
        if (session === undefined) this.#sessions.set(key, (session = openOnCpu(graph(), 'small')));
        return work(await session);
      },
    };
  }

  /** How many sessions have been opened. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** The final latent. */
  async draw({ adapt = (hands) => hands, beginStep, ...run }: StarterRun): Promise<Float32Array> {
    const { parts } = this;
    const model = createModel({ parts, vae: parts.vae(), previewVae: undefined }, adapt(this.hands));
    const { sampler, schedule } = findSampler('Euler', 'uniform');
    const drawing = generate(
      {
        prompt: run.prompt,
        negativePrompt: run.negativePrompt ?? '',
        sampler,
        schedule,
        steps: run.steps,
        cfgScale: run.cfg,
        width: run.size,
        height: run.size,
        seeds: [{ seed: run.seed, subseed: 0 }],
        subseedStrength: 0,
        sampling: { ...samplingDefaults, randnSource: 'cpu' },
        text: promptDefaults,
        ...(run.embeddings && { embeddings: run.embeddings }),
      },
      model,
    );
    for (;;) {
      const next = await drawing.next();
      if (next.done === true) return next.value.latent.data;
      if (next.value.type === 'step') beginStep?.(next.value.step + 1);
    }
  }

  /** The first bytes of the checkpoint, to be compared. */
  async beginning(): Promise<string> {
    return createHash('sha256')
      .update(await this.source.read(0, 1 << 20))
      .digest('hex');
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).release();
    await this.source.close();
  }
}
