import { basename } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { families } from '@danqing/engine/families/index';
import {
  AppliedHypernetworks,
  attendedWidths,
  type HypernetworkUse,
} from '@danqing/engine/hypernetworks/apply-hypernetworks';
import {
  checkHypernetworkBase,
  describeHypernetworkFit,
  effectGraph,
  effectOf,
  fitHypernetwork,
  type HypernetworkContext,
} from '@danqing/engine/hypernetworks/fit-hypernetwork';
import { type Hypernetwork, openHypernetwork } from '@danqing/engine/hypernetworks/hypernetwork-file';
import {
  type HypernetworkRequest,
  hypernetworkTagType,
  readHypernetworkTag,
} from '@danqing/engine/hypernetworks/read-hypernetwork-tag';
import { identify } from '@danqing/engine/identify/identify';
import type { AppliedAddOn } from '@danqing/engine/image/receipt';
import type { ExtraNetworkTag } from '@danqing/engine/text/prompt/extra-networks';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import type { TensorEntry } from '@danqing/engine/weights/tensor-index';
import { openModel } from '@danqing/node/files/open-model';
import { runGraph } from '@danqing/node/runtime/run-graph';
import { AdapterFolders } from '../adapters/find-adapter.ts';
import type { CheckpointFiles } from '../jobs/checkpoint-files.ts';
import { identifyFile } from '../jobs/open-models.ts';
import type { FileHashes } from '../library/file-hashes.ts';
import { modelStem } from '../library/model-stem.ts';

/** What hypernetworks are asked for. */
export interface HypernetworkAsk {
  readonly tags: readonly ExtraNetworkTag[];
  /** Those that were chosen beside the prompt; `name` is a path or a name. */
  readonly chosen: readonly { readonly name: string; readonly strength?: number | undefined }[];
  /** Folders to look in. */
  readonly folders: readonly string[];
  /** Apply what does not fit, too. */
  readonly force: boolean;
}

/** Hypernetworks that are ready to draw with, and all there is to say about them. */
export interface ReadyHypernetworks {
  readonly applied: AppliedHypernetworks;
  readonly addOns: readonly AppliedAddOn[];
  readonly notes: readonly string[];
  /** Tags that ask for what was not found. */
  readonly ignoredTags: readonly string[];
  /** Tags for those that were chosen beside the prompt: as in A1111, the prompt that is recorded has them. */
  readonly addedTags: string;
}

interface Opened {
  readonly hypernetwork: Hypernetwork;
  /** By the widths that are attended to. */
  readonly effects: Map<string, number>;
}

const ENDINGS = ['.pt', '.safetensors'];
const KEPT = 32;
const NAMES_SHOWN = 12;

/** Hypernetworks of one drawing process. */
export class OpenHypernetworks {
  readonly #opened = new Map<string, Opened>();
  readonly #hashes: Pick<FileHashes, 'sha256'>;

  constructor(hashes: Pick<FileHashes, 'sha256'>) {
    this.#hashes = hashes;
  }

  /**
   * Finds, checks and measures all hypernetworks that a job asks for, before anything is drawn.
   * @throws missing for a chosen one that is not there; bad-shape for one that belongs on another base; bad-file, not-a-number.
   */
  async prepare(ask: HypernetworkAsk, { parts }: Pick<CheckpointFiles, 'parts'>): Promise<ReadyHypernetworks> {
    const notes: string[] = [];
    const ignoredTags: string[] = [];
    const { requests, addedTags } = await this.#requests(ask, notes, ignoredTags);
    const uses: HypernetworkUse[] = [];
    const addOns: AppliedAddOn[] = [];
    if (requests.length > 0) {
      const denoiser = parts.denoiser();
      const context: HypernetworkContext = {
        family: parts.family,
        families: Object.values(families),
        contextWidth: denoiser.contextWidth,
        attended: attendedWidths(denoiser.graph()),
        force: ask.force,
      };
      for (const { path, strength } of requests) {
        const { hypernetwork, effect } = await this.#open(path, context);
        const fit = fitHypernetwork(hypernetwork, strength, effect, context);
        notes.push(describeHypernetworkFit(fit, hypernetwork));
        uses.push({ hypernetwork, strength });
        const { matchedKeys, totalKeys } = fit;
        const sha256 = await this.#hashes.sha256(path);
        addOns.push({ name: basename(path), kind: 'hypernetwork', weight: strength, matchedKeys, totalKeys, sha256 });
      }
    }
    return { applied: new AppliedHypernetworks(uses), addOns, notes, ignoredTags, addedTags };
  }

  async #requests(ask: HypernetworkAsk, notes: string[], ignoredTags: string[]) {
    const { tags, chosen, folders: places } = ask;
    const folders = new AdapterFolders(places, ENDINGS);
    const find = async (name: string) => (await folders.find(name)) ?? folders.find(`${name}.hn`);
    const requests: (HypernetworkRequest & { readonly path: string })[] = [];
    for (const tag of tags.filter(({ type }) => type === hypernetworkTagType)) {
      const request = readHypernetworkTag(tag);
      const file = await find(request.name);
      if (file === undefined) {
        notes.push(
          `No hypernetwork "${request.name}" was found in ${places.join(', ')}; "${tag.canonical}" has no effect.`,
        );
        ignoredTags.push(tag.canonical);
        continue;
      }
      notes.push(...file.remarks.map(({ en }) => en));
      requests.push({ ...request, path: file.path });
    }
    let addedTags = '';
    for (const { name, strength = 1 } of chosen) {
      const file = await find(name);
      if (file === undefined) {
        throw new DanqingError('missing', {
          where: 'hypernetwork',
          expected: `a file "${name}", or one of this name in ${places.join(', ')}`,
          found: (await folders.names()).slice(0, NAMES_SHOWN).join(', ') || 'none there',
        });
      }
      notes.push(...file.remarks.map(({ en }) => en));
      if (requests.some(({ path }) => path === file.path)) {
        notes.push(`"${file.name}" is in the prompt as well; its strength there counts.`);
        continue;
      }
      requests.push({ name: file.name, strength, path: file.path });
      addedTags += `<hypernet:${modelStem(file.path)}:${strength}>`;
    }
    return { requests, addedTags };
  }

  async #open(path: string, context: HypernetworkContext) {
    const key = identifyFile(path);
    let opened = this.#opened.get(key);
    if (opened === undefined) {
      const { index, files, close } = await openModel(path);
      try {
        const { kind, title } = identify(index, { fileName: basename(path), sizeBytes: 0 });
        if (kind !== 'hypernetwork' && kind !== 'unknown') {
          const advice = 'Look at it with `danqing inspect`.';
          throw new DanqingError('bad-file', { where: path, expected: 'a hypernetwork', found: title.en, advice });
        }
        const read = async (entry: TensorEntry): Promise<Uint8Array> => readTensorBytes(index, entry, files);
        opened = { hypernetwork: await openHypernetwork(index, read), effects: new Map() };
      } finally {
        await close();
      }
      this.#opened.set(key, opened);
      if (this.#opened.size > KEPT) this.#opened.delete(this.#opened.keys().next().value!);
    }
    const { hypernetwork, effects } = opened;
    // Before the work of measuring.
    checkHypernetworkBase(hypernetwork, context);
    const widths = [...context.attended].join();
    let effect = effects.get(widths);
    if (effect === undefined) {
      const { graph, feeds } = effectGraph(hypernetwork, context.attended);
      effects.set(widths, (effect = effectOf(feeds, await runGraph(graph, feeds))));
    }
    return { hypernetwork, effect };
  }
}
