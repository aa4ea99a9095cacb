import { basename, extname } from 'node:path';
import { writeAddNet } from '@danqing/engine/image/add-net';
import { writeAesthetic } from '@danqing/engine/image/aesthetic-parameters';
import type { GenerationParameters, NamedFile } from '@danqing/engine/image/generation-parameters';
import { writeInfotext } from '@danqing/engine/image/infotext';
import type { Pixels } from '@danqing/engine/image/pixels';
import { type Receipt, RECEIPT_FORMAT, printReceipt } from '@danqing/engine/image/receipt';
import { RECORDED_SETTINGS, type SettingName, type SettingValue } from '@danqing/engine/image/recorded-settings';
import { recordSamplingOptions } from '@danqing/engine/image/sampling-settings';
import type { GenerateResult } from '@danqing/engine/pipelines/generate';
import { automaticSchedule } from '@danqing/engine/sampling/build-sigmas';
import { seedBits } from '@danqing/engine/tensor/noise-generator';
import type { TextUse } from '@danqing/engine/text/encode-prompts';
import { stripComments } from '@danqing/engine/text/prompt/comments';
import { PROGRAM } from '@danqing/engine/version';
import { hashLatent, hashPixels } from '@danqing/node/image/hash-pixels';
import type { ReadyAesthetic } from '../adapters/open-aesthetic.ts';
import type { CheckpointFiles, VaeChoice } from './checkpoint-files.ts';
import type { PlannedBatch } from './plan-batches.ts';
import { handledTagTypes, type ReadyAddOns } from './prepare-add-ons.ts';

/** Digits of a hash as A1111 writes it for checkpoints and VAEs. */
const SHORT_HASH_DIGITS = 10;

/** What is known of a batch when its pictures are done. */
export interface DrawnBatch {
  readonly batch: PlannedBatch;
  readonly files: CheckpointFiles;
  /** The checkpoint that took over and decoded; undefined when none did. */
  readonly refiner: { readonly files: CheckpointFiles; readonly switchAt: number } | undefined;
  /** SHA-256 by path of the files that were used. */
  readonly sha256: ReadonlyMap<string, string>;
  readonly runtime: Receipt['runtime'];
  readonly result: GenerateResult;
  readonly addOns: Pick<ReadyAddOns, 'applied' | 'notesOn' | 'loraHashes' | 'chosenLoras' | 'ignoredTags'>;
  readonly aesthetic: Pick<ReadyAesthetic, 'addOns' | 'recorded'> | undefined;
}

/** The texts that go into the file of one picture. */
export interface PictureTexts {
  readonly infotext: string;
  readonly receipt: string;
  readonly parameters: GenerationParameters;
  readonly latentSha256: string;
}

/** Says in A1111's words and in our own what picture `index` of a batch is made of. */
export function describePicture(drawn: DrawnBatch, index: number, pixels: Pixels, latent: Float32Array): PictureTexts {
  const { batch, files, refiner, sha256, runtime, result, addOns, aesthetic } = drawn;
  const { request } = batch;
  const { seed, subseed } = request.seeds[index]!;
  const { schedule = automaticSchedule(request.sampler) } = request;
  const recorded = recordSamplingOptions(request.sampling);
  const vae = decodingVae(refiner?.files ?? files, result);
  const applied = addOns.applied(result.text);
  const parameters: GenerationParameters = {
    ...promptsOf(request),
    steps: request.steps,
    samplerName: request.sampler.name,
    scheduler: schedule?.label ?? 'Automatic',
    cfgScale: request.cfgScale,
    seed: seedBits(seed),
    size: { width: request.width, height: request.height },
    model: namedFile(files.checkpoint, sha256),
    ...(vae.file !== undefined && { vae: namedFile(vae.file, sha256) }),
    ...(refiner && {
      refiner: { checkpoint: titleOf(refiner.files.checkpoint, sha256), switchAt: refiner.switchAt },
    }),
    ...(request.subseedStrength !== 0 && { variation: { seed: seedBits(subseed), strength: request.subseedStrength } }),
    ...(request.seedResizeFrom && { seedResizeFrom: request.seedResizeFrom }),
    clipSkip: result.text.clipSkip,
    tiling: false,
    loraHashes: addOns.loraHashes,
    tiHashes: applied.tiHashes,
    extra: [...writeAddNet(addOns.chosenLoras), ...writeAesthetic(aesthetic?.recorded)],
    version: PROGRAM,
    rng: recorded.rng,
    settings: { ...recorded.settings, ...recordTextOptions(request.text) },
  };
  const latentSha256 = hashLatent(latent);
  const receipt: Receipt = {
    format: RECEIPT_FORMAT,
    engine: PROGRAM,
    runtime,
    checkpoint: { name: basename(files.checkpoint), ...hashOf(files.checkpoint, sha256) },
    ...(refiner && {
      refiner: {
        name: basename(refiner.files.checkpoint),
        ...hashOf(refiner.files.checkpoint, sha256),
        switchAt: refiner.switchAt,
      },
    }),
    vae: {
      name: vae.file === undefined ? 'built-in' : basename(vae.file),
      ...(vae.file !== undefined && hashOf(vae.file, sha256)),
      why: vae.why,
    },
    addOns: [...applied.addOns, ...(aesthetic?.addOns(sha256) ?? [])],
    text: {
      prompt: lengthOf(result.text.texts, 'prompt'),
      negativePrompt: lengthOf(result.text.texts, 'negative prompt'),
      clipSkip: result.text.clipSkip,
      ignoredTags: [
        ...result.tags.filter(({ type }) => !handledTagTypes.includes(type)).map(({ canonical }) => canonical),
        ...addOns.ignoredTags,
      ],
    },
    sampling: {
      samplerName: request.sampler.name,
      scheduler: schedule?.label ?? 'none',
      sigmas: request.steps,
      noise: request.sampling.randnSource,
      options: recorded.settings,
    },
    parameters,
    notes: notesOf(result, addOns),
    pixelSha256: hashPixels(pixels),
    latentSha256,
  };
  return { parameters, infotext: writeInfotext(parameters), receipt: printReceipt(receipt), latentSha256 };
}

/** All that there is to say about how a batch was drawn. */
export const notesOf = ({ text, notes }: GenerateResult, addOns: Pick<ReadyAddOns, 'notesOn'>): string[] => [
  ...text.notes.map(({ message }) => message),
  ...addOns.notesOn(text),
  ...notes,
];

/** The VAE that really decoded. */
function decodingVae({ vae, previewFile }: CheckpointFiles, { hasStandIn }: GenerateResult): Omit<VaeChoice, 'part'> {
  if (!hasStandIn) return vae;
  const failed = vae.file === undefined ? 'the one inside the checkpoint' : basename(vae.file);
  return { file: previewFile, why: `${failed} gave not-a-number` };
}

/** A checkpoint as A1111 writes it where there is but one field: `name [hash]`. */
function titleOf(path: string, sha256: ReadonlyMap<string, string>): string {
  const { name, hash } = namedFile(path, sha256);
  return hash === undefined ? name! : `${name} [${hash}]`;
}

/** Prompts as A1111 records them: without the comments that were taken out. */
const promptsOf = ({ prompt, negativePrompt, text }: PlannedBatch['request']) =>
  text.stripComments
    ? { prompt: stripComments(prompt), negativePrompt: stripComments(negativePrompt) }
    : { prompt, negativePrompt };

/** A file as pictures name it, with its hash where that is known. */
export const namedFile = (path: string, sha256: ReadonlyMap<string, string>): NamedFile => ({
  name: basename(path, extname(path)),
  ...(sha256.has(path) && { hash: sha256.get(path)!.slice(0, SHORT_HASH_DIGITS) }),
});

const hashOf = (path: string, sha256: ReadonlyMap<string, string>) =>
  sha256.has(path) ? { sha256: sha256.get(path)! } : {};

/** The longest text of a role: prompts that change over the steps have several. */
function lengthOf(texts: readonly TextUse[], role: TextUse['role']): { tokens: number; chunks: number } {
  const own = texts.filter((use) => use.role === role);
  return {
    tokens: Math.max(0, ...own.map(({ tokens }) => tokens)),
    chunks: Math.max(0, ...own.map(({ chunks }) => chunks)),
  };
}

/** The options of prompts that pictures record, where they are not at their defaults. */
function recordTextOptions(text: PlannedBatch['request']['text']): Partial<Record<SettingName, SettingValue>> {
  const values = {
    emphasis: text.emphasis,
    comma_padding_backtrack: text.commaPaddingBacktrack,
    sdxl_clip_l_skip: text.sdxlClipLSkip,
    sdxl_crop_top: text.sdxlCropTop,
    sdxl_crop_left: text.sdxlCropLeft,
    sdxl_refiner_high_aesthetic_score: text.sdxlRefinerHighAestheticScore,
    sdxl_refiner_low_aesthetic_score: text.sdxlRefinerLowAestheticScore,
    use_old_scheduling: text.useOldScheduling,
    enable_prompt_comments: text.stripComments,
  };
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => value !== RECORDED_SETTINGS[name as SettingName].default),
  );
}
