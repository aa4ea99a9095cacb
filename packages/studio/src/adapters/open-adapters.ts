import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ModelNotes } from '@danqing/contract/model-notes';
import { Adaptation } from '@danqing/engine/adapters/adaptation';
import { AdaptedWeights } from '@danqing/engine/adapters/adapted-weights';
import { openAdapter } from '@danqing/engine/adapters/adapter-file';
import type { AdapterUse } from '@danqing/engine/adapters/adapter-use';
import { type BaseModules, baseModules } from '@danqing/engine/adapters/base-modules';
import { describeFit } from '@danqing/engine/adapters/describe-fit';
import { type AdapterFit, checkBase, fitAdapter } from '@danqing/engine/adapters/fit-adapter';
import { type MatchedAdapter, matchAdapter } from '@danqing/engine/adapters/match-adapter';
import { measuringGraph, relativeSizes, type RelativeSizes } from '@danqing/engine/adapters/measure-adapter';
import {
  type AdapterRequest,
  adapterTagTypes,
  adviceIn,
  readAdapterTag,
} from '@danqing/engine/adapters/read-adapter-tag';
import { DanqingError } from '@danqing/engine/errors';
import { families } from '@danqing/engine/families/index';
import type { Family } from '@danqing/engine/family';
import { type FewSteps, fewStepsOf } from '@danqing/engine/identify/few-steps';
import { identify } from '@danqing/engine/identify/identify';
import type { ChosenLora } from '@danqing/engine/image/add-net';
import type { AppliedAddOn } from '@danqing/engine/image/receipt';
import type { Embedding } from '@danqing/engine/text/embeddings/embedding';
import { bundledWords, readVectors } from '@danqing/engine/text/embeddings/read-embedding';
import { parsePrompts } from '@danqing/engine/text/prompt/parse-prompts';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import type { TensorEntry, TensorIndex } from '@danqing/engine/weights/tensor-index';
import type { Words } from '@danqing/engine/words';
import { openModel } from '@danqing/node/files/open-model';
import { hashModel } from '@danqing/node/hashing/hash-model';
import { openGraph, runGraph } from '@danqing/node/runtime/run-graph';
import { identifyFile } from '../jobs/open-models.ts';
import { parseNotes } from '../library/model-notes.ts';
import { modelStem } from '../library/model-stem.ts';
import { AdapterFolders } from './find-adapter.ts';

/** Digits of a hash as A1111 writes it for LoRAs. */
const LORA_HASH_DIGITS = 12;

/** What adapters are asked for, and on what. */
export interface AdapterAsk {
  readonly prompt: string;
  readonly stripComments: boolean;
  readonly steps: number;
  /** Adapters that were chosen outside of the prompt; `name` is a path or a name. A weight that is absent is the author's, or 1. */
  readonly chosen: readonly ChosenAdapter[];
  /** Folders to look in. */
  readonly folders: readonly string[];
  /** Apply what does not fit, too. */
  readonly force: boolean;
  /** Whether one for another base ends it all, or is left out: a refiner takes what fits of what the checkpoint before it had. */
  readonly misfits?: 'refused' | 'passed over';
}

export interface ChosenAdapter {
  readonly name: string;
  readonly weight?: number | undefined;
  readonly textEncoderWeight?: number | undefined;
}

/** Adapters that were found and fit, and all there is to say about them. */
export interface GatheredAdapters {
  readonly uses: readonly AdapterUse[];
  readonly fits: readonly AdapterFit[];
  readonly addOns: readonly AppliedAddOn[];
  readonly loraHashes: readonly { readonly name: string; readonly hash: string }[];
  /** Those that were chosen beside the prompt. */
  readonly chosen: readonly ChosenLora[];
  readonly notes: readonly Words[];
  /** Tags that ask for what was not found. */
  readonly ignoredTags: readonly string[];
  /** What the files bring along that prompts may call by name. */
  readonly embeddings: readonly BundledEmbedding[];
}

/** An embedding that comes in the file of an adapter. */
export interface BundledEmbedding {
  readonly embedding: Embedding;
  readonly path: string;
}

/** The same, ready to draw with. */
export interface ReadyAdapters extends GatheredAdapters {
  /** Undefined when there is none. */
  readonly adaptation: Adaptation | undefined;
}

interface Opened {
  readonly key: string;
  readonly matched: MatchedAdapter;
  readonly sizes: RelativeSizes;
  /** SHA-256 of what follows the header, and of the file. */
  readonly dataHash: string;
  readonly embeddings: readonly BundledEmbedding[];
  readonly sha256: string;
  readonly fewSteps: FewSteps | undefined;
}

/** So many adapters stay known: their names and places, not their weights. */
const KEPT_ADAPTERS = 64;

/** Adapters of one drawing process: what is known of files, and the memory for adapted weights. */
export class OpenAdapters {
  readonly #weights = new AdaptedWeights(openGraph);
  readonly #opened = new Map<string, Opened>();

  /** Gathers all adapters that a job asks for, ready to draw with. @throws as `gather`. */
  async prepare(ask: AdapterAsk, index: TensorIndex, family: Family): Promise<ReadyAdapters> {
    const gathered = await this.gather(ask, index, family);
    if (gathered.uses.length === 0) return { ...gathered, adaptation: undefined };
    return { ...gathered, adaptation: new Adaptation(gathered.uses, baseModules(index), this.#weights) };
  }

  /**
   * Finds, checks and measures all adapters that are asked for.
   * @throws missing for a chosen one that is not there; bad-shape for one that belongs on another base; bad-file, not-a-number.
   */
  async gather(ask: AdapterAsk, index: TensorIndex, family: Family): Promise<GatheredAdapters> {
    const folders = new AdapterFolders(ask.folders);
    const notes: Words[] = [];
    const ignoredTags: string[] = [];
    const requests = await this.#requests(ask, folders, notes, ignoredTags);
    const base = baseModules(index);
    const uses: AdapterUse[] = [];
    const fits: AdapterFit[] = [];
    const addOns: AppliedAddOn[] = [];
    const loraHashes: { name: string; hash: string }[] = [];
    const chosen: ChosenLora[] = [];
    const embeddings: BundledEmbedding[] = [];
    for (const { request, path, advice, isChosen } of requests) {
      if (ask.misfits === 'passed over' && !(await this.#fits(path, base, index, family))) continue;
      const opened = await this.#open(path, base, index, family, ask.force);
      const { matched, sizes, dataHash, sha256, fewSteps } = opened;
      const context = { family, families: Object.values(families), prompt: ask.prompt, force: ask.force };
      const said = { ...adviceIn(matched.adapter.metadata), fewSteps, ...definedOf(advice) };
      const fit = fitAdapter(matched, request, sizes, { ...context, advice: said });
      fits.push(fit);
      embeddings.push(...opened.embeddings);
      notes.push(describeFit(fit));
      uses.push({ matched, ...request });
      const name = modelStem(path);
      const hash = dataHash.slice(0, LORA_HASH_DIGITS);
      loraHashes.push({ name: name.replaceAll(/[:,]/g, ''), hash });
      if (isChosen) chosen.push({ name, hash, denoiser: request.denoiser, textEncoder: request.textEncoder });
      addOns.push({ name: basename(path), sha256, tensorSha256: dataHash, ...recordOf(fit, request) });
    }
    if (uses.length > 1 && uses.every(({ denoiser }) => denoiser > STACKED)) {
      notes.push({
        en: `${uses.length} add-ons are stacked at more than ${STACKED} each; 0.5 to ${STACKED} is usual then.`,
        zh: `叠加了 ${uses.length} 个附加模型，权重都大于 ${STACKED}；通常各用 0.5 到 ${STACKED}。`,
      });
    }
    return { uses, fits, addOns, loraHashes, chosen, notes, ignoredTags, embeddings };
  }

  /** Forgets everything and gives the memory back. */
  async clear(): Promise<void> {
    await this.#weights.clear();
    this.#opened.clear();
  }

  async #requests(ask: AdapterAsk, folders: AdapterFolders, notes: Words[], ignoredTags: string[]) {
    const parsed = parsePrompts([ask.prompt], [''], {
      stripComments: ask.stripComments,
      handledTagTypes: adapterTagTypes,
    });
    const tags = parsed.tags.filter(({ type }) => adapterTagTypes.includes(type));
    const found: { request: AdapterRequest; path: string; advice: ModelNotes; isChosen: boolean }[] = [];
    for (const tag of tags) {
      const request = readAdapterTag(tag, ask.steps);
      const file = await folders.find(request.name);
      if (file === undefined) {
        const several = await folders.calledSo(request.name);
        const [en, zh] =
          several.length === 0
            ? [
                `No LoRA "${request.name}" was found in ${ask.folders.join(', ')}`,
                `在 ${ask.folders.join('、')} 中没有找到 LoRA“${request.name}”`,
              ]
            : [
                `"${request.name}" is what trainers called ${several.join(' and ')}: write the name of the file`,
                `“${request.name}”是 ${several.join('、')} 的训练者共用的名字，请写文件名`,
              ];
        notes.push({ en: `${en}; "${tag.canonical}" has no effect.`, zh: `${zh}；“${tag.canonical}”不起作用。` });
        ignoredTags.push(tag.canonical);
        continue;
      }
      notes.push(...file.remarks);
      found.push({ request, path: file.path, advice: await notesBeside(file.path), isChosen: false });
    }
    for (const { name, weight, textEncoderWeight } of ask.chosen) {
      const file = await folders.find(name);
      if (file === undefined) {
        const several = await folders.calledSo(name);
        throw new DanqingError('missing', {
          where: 'LoRA',
          expected: `a file "${name}", or one of this name in ${ask.folders.join(', ')}`,
          found:
            several.length === 0
              ? (await folders.names()).slice(0, NAMES_SHOWN).join(', ') || 'none there'
              : `${several.join(' and ')}, which trainers called so both`,
          ...(several.length > 0 && { advice: 'Write the name of the file.' }),
        });
      }
      notes.push(...file.remarks);
      const advice = await notesBeside(file.path);
      const denoiser = weight ?? (advice.preferredWeight || 1);
      const request = { name: file.name, denoiser, textEncoder: textEncoderWeight ?? denoiser };
      found.push({ request, path: file.path, advice, isChosen: true });
    }
    return found;
  }

  async #fits(...of: [string, BaseModules, TensorIndex, Family]): Promise<boolean> {
    try {
      await this.#open(...of, false);
      return true;
    } catch (error) {
      if (error instanceof DanqingError && error.code === 'bad-shape') return false;
      throw error;
    }
  }

  async #open(path: string, base: BaseModules, index: TensorIndex, family: Family, force: boolean): Promise<Opened> {
    const key = `${identifyFile(path)} on ${identifyFile(index.file)}`;
    const known = this.#opened.get(key);
    if (known !== undefined) return known;
    const { index: own, files, close } = await openModel(path);
    let matched: MatchedAdapter;
    const embeddings: BundledEmbedding[] = [];
    try {
      refuseOtherKinds(own);
      const read = async (entry: TensorEntry): Promise<Uint8Array> => readTensorBytes(own, entry, files);
      matched = matchAdapter(await openAdapter(own, read), base);
      for (const stored of bundledWords(own, matched.adapter.embeddings)) {
        const { word } = stored;
        const vectors = await readVectors(stored, read);
        embeddings.push({ embedding: { name: word, identity: `${identifyFile(path)} ${word}`, vectors }, path });
      }
    } finally {
      await close();
    }
    const context = { family, families: Object.values(families), prompt: '', advice: {}, force };
    // Before the work of measuring.
    checkBase(matched, context);
    const sizes = relativeSizes(await runGraph(measuringGraph(matched, {}), {}));
    const { data = '', sha256 = '' } = await hashModel(path, ['data', 'sha256']);
    const opened = { key, matched, sizes, dataHash: data, sha256, fewSteps: fewStepsOf(own), embeddings };
    this.#opened.set(key, opened);
    if (this.#opened.size > KEPT_ADAPTERS) this.#opened.delete(this.#opened.keys().next().value!);
    return opened;
  }
}

/** What a receipt keeps of a report. */
function recordOf(fit: AdapterFit, { denoiser, textEncoder }: AdapterRequest): Omit<AppliedAddOn, 'name'> {
  const { kinds, layout, matchedKeys, totalKeys, effect, triggers, leftOut } = fit;
  const hasTriggers = triggers.present.length + triggers.missing.length > 0;
  return {
    kind: kinds.join(', ') || 'lora',
    weight: denoiser,
    ...(textEncoder !== denoiser && { textEncoderWeight: textEncoder }),
    matchedKeys,
    totalKeys,
    layout: layout.en,
    effect,
    ...(hasTriggers && { triggers }),
    ...(leftOut.length > 0 && { leftOut: leftOut.slice(0, REASONS_KEPT).map(({ says }) => says) }),
  };
}

const REASONS_KEPT = 5;

/** Weights of several add-ons that are each above this are much. */
const STACKED = 0.8;

const NAMES_SHOWN = 12;

/** Says what a file is that is no add-on of this sort. @throws bad-file. */
function refuseOtherKinds(index: TensorIndex): void {
  const sizeBytes = [...index.tensors.values()].reduce((sum, { length }) => sum + length, 0);
  const { kind, title } = identify(index, { fileName: basename(index.file), sizeBytes });
  if (kind === 'lora' || kind === 'lycoris' || kind === 'unknown') return;
  throw new DanqingError('bad-file', {
    where: index.file,
    expected: 'a LoRA or one of its kin',
    found: kind === 'checkpoint' ? `a whole checkpoint of ${title.en}` : title.en,
    advice:
      kind === 'checkpoint'
        ? 'Choose it as the model instead.'
        : 'It is another kind of file; `danqing library move` puts it where it belongs.',
  });
}

async function notesBeside(path: string): Promise<ModelNotes> {
  try {
    return parseNotes(await readFile(join(dirname(path), `${modelStem(path)}.json`), 'utf8'));
  } catch {
    return {};
  }
}

const definedOf = ({ preferredWeight, activationText, negativeText, clipSkip, vae }: ModelNotes) =>
  Object.fromEntries(
    Object.entries({ preferredWeight, activationText, negativeText, clipSkip, vae }).filter(
      ([, value]) => value !== undefined,
    ),
  );
