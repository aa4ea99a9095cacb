import { Adaptation } from '@danqing/engine/adapters/adaptation';
import { AdaptedWeights } from '@danqing/engine/adapters/adapted-weights';
import { openAdapter } from '@danqing/engine/adapters/adapter-file';
import type { AdapterUse } from '@danqing/engine/adapters/adapter-use';
import { type BaseModules, baseModules } from '@danqing/engine/adapters/base-modules';
import { type MatchedAdapter, matchAdapter } from '@danqing/engine/adapters/match-adapter';
import { formOf } from '@danqing/engine/adapters/tensor-form';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import { openModel } from '@danqing/node/files/open-model';
import { openGraph } from '@danqing/node/runtime/run-graph';
import { Starter, type StarterRun } from './starter-run.ts';

/** A checkpoint that is drawn on with adapters from files. */
export class AdaptedStarter {
  readonly base: BaseModules;
  readonly #starter: Starter;

  private constructor(starter: Starter) {
    this.#starter = starter;
    this.base = baseModules(starter.index);
  }

  static async open(path: string): Promise<AdaptedStarter> {
    return new AdaptedStarter(await Starter.open(path));
  }

  /** An adapter file laid on this checkpoint. */
  async match(path: string): Promise<MatchedAdapter> {
    const { index, files, close } = await openModel(path);
    const adapter = await openAdapter(index, async (entry) => readTensorBytes(index, entry, files));
    await close();
    return matchAdapter(adapter, this.base);
  }

  /** The final latent of a run. */
  async draw(run: StarterRun, uses: readonly AdapterUse[] = [], form = formOf): Promise<Float32Array> {
    if (uses.length === 0) return this.#starter.draw(run);
    const adaptation = new Adaptation(uses, this.base, new AdaptedWeights(openGraph), form);
    return this.#starter.draw({
      ...run,
      adapt: (hands) => adaptation.adapt(hands),
      beginStep: (step) => adaptation.beginStep(step),
    });
  }

  async close(): Promise<void> {
    await this.#starter.close();
  }
}
