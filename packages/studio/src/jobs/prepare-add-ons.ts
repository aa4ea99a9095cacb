import { basename } from 'node:path';
import type { AdapterUse } from '@danqing/engine/adapters/adapter-use';
import { adapterTagTypes } from '@danqing/engine/adapters/read-adapter-tag';
import { hypernetworkTagType } from '@danqing/engine/hypernetworks/read-hypernetwork-tag';
import type { ChosenLora } from '@danqing/engine/image/add-net';
import type { HashedName } from '@danqing/engine/image/generation-parameters';
import type { AppliedAddOn } from '@danqing/engine/image/receipt';
import type { ModelHands } from '@danqing/engine/pipelines/model';
import { readOptions } from '@danqing/engine/pipelines/options';
import type { Embeddings } from '@danqing/engine/text/embeddings/embedding';
import type { TextReport } from '@danqing/engine/text/encode-prompts';
import { parsePrompts } from '@danqing/engine/text/prompt/parse-prompts';
import { hashModel } from '@danqing/node/hashing/hash-model';
import type { AdapterAsk, OpenAdapters, ReadyAdapters } from '../adapters/open-adapters.ts';
import type { OpenEmbeddings } from '../embeddings/open-embeddings.ts';
import { adviceOn, hashesOf, usedEmbeddings } from '../embeddings/ready-embeddings.ts';
import type { OpenHypernetworks } from '../hypernetworks/open-hypernetworks.ts';
import { findHomeFolders } from '../library/home-folders.ts';
import type { CheckpointFiles } from './checkpoint-files.ts';
import type { SettledRecipe } from './plan-batches.ts';

/** What add-ons of each kind are opened with and kept in. */
export interface AddOnPlace {
  readonly adapters: OpenAdapters;
  readonly hypernetworks: OpenHypernetworks;
  readonly embeddings: OpenEmbeddings;
}

/** All add-ons of a job, ready to draw with. */
export interface ReadyAddOns {
  /** Changes what networks are opened by; undefined where nothing is changed. */
  readonly adapt: ((hands: ModelHands) => ModelHands) | undefined;
  /** Memory that they take beside the networks. */
  readonly bytes: number;
  /** Says that a step, counted from 1, comes next. */
  beginStep(step: number): void;
  /** What prompts may call by name. */
  readonly embeddings: Embeddings;
  readonly notes: readonly string[];
  /** Belongs behind the prompt that is recorded. */
  readonly addedTags: string;
  /** Tags that ask for what was not found. */
  readonly ignoredTags: readonly string[];
  readonly loraHashes: readonly HashedName[];
  /** LoRAs that were chosen beside the prompt. */
  readonly chosenLoras: readonly ChosenLora[];
  /** What was applied, when it is known what the prompts called by name. */
  applied(text: TextReport): { readonly addOns: readonly AppliedAddOn[]; readonly tiHashes: readonly HashedName[] };
  /** Those of the adapters that fit a refiner. */
  onRefiner(refiner: CheckpointFiles): Promise<RefinerAdapters>;
  /** What there is to say of embeddings when it is known which were called. */
  notesOn(text: TextReport): readonly string[];
}

/** Adapters on the checkpoint that finishes a picture. */
export interface RefinerAdapters extends Pick<ReadyAddOns, 'adapt' | 'beginStep'> {
  /** Which of them it is without. */
  readonly notes: readonly string[];
}

/** Types of tags that something here handles. */
export const handledTagTypes: readonly string[] = [...adapterTagTypes, hypernetworkTagType];

/** Opens everything that the prompts and the recipe ask for beside the checkpoint. @throws what opening one throws. */
export async function prepareAddOns(
  recipe: SettledRecipe,
  files: CheckpointFiles,
  place: AddOnPlace,
): Promise<ReadyAddOns> {
  const { prompt, negativePrompt, steps, loras, hypernetworks: chosen, forceAddOns: force } = recipe;
  const { stripComments } = readOptions(recipe.options).text;
  const home = await findHomeFolders();
  const folders = [...recipe.loraFolders, ...home('lora', 'lycoris')];
  const ask = { prompt, steps, chosen: loras, folders, force, stripComments };
  const adapters = await place.adapters.prepare(ask, files.index, files.parts.family);
  const { tags } = parsePrompts([prompt], [''], { stripComments, handledTagTypes });
  const hypernetworkFolders = [...recipe.hypernetworkFolders, ...home('hypernetwork')];
  const hypernetworks = await place.hypernetworks.prepare({ tags, chosen, folders: hypernetworkFolders, force }, files);
  const ready = await place.embeddings.prepare({
    prompt,
    negativePrompt,
    folders: [...recipe.embeddingFolders, ...home('embedding')],
    bundled: adapters.embeddings,
  });
  const claims = [...ready.files.values()].some(({ trainedOn }) => trainedOn?.hash !== undefined);
  const { old: oldHash } = claims ? await hashModel(files.checkpoint, ['old']) : {};
  const encoders = files.parts.textEncoders().length;
  const { adaptation } = adapters;
  const { isIdle } = hypernetworks.applied;
  return {
    adapt:
      adaptation === undefined && isIdle
        ? undefined
        : (hands) => hypernetworks.applied.adapt(adaptation?.adapt(hands) ?? hands),
    bytes: adaptation?.bytes ?? 0,
    beginStep: (step) => adaptation?.beginStep(step),
    embeddings: ready.embeddings,
    notes: [...adapters.notes.map(({ en }) => en), ...hypernetworks.notes, ...ready.notes],
    onRefiner: async (refiner) => adaptRefiner(refiner, ask, adapters, place),
    addedTags: hypernetworks.addedTags,
    ignoredTags: [...adapters.ignoredTags, ...hypernetworks.ignoredTags],
    loraHashes: adapters.loraHashes,
    chosenLoras: adapters.chosen,
    applied: ({ embeddings }) => ({
      addOns: [...adapters.addOns, ...hypernetworks.addOns, ...usedEmbeddings(embeddings, ready)],
      tiHashes: hashesOf(embeddings, ready, encoders),
    }),
    notesOn: ({ embeddings }) => adviceOn(embeddings, ready, { checkpoint: files.checkpoint, oldHash }),
  };
}

async function adaptRefiner(
  { checkpoint, index, parts }: CheckpointFiles,
  ask: AdapterAsk,
  { uses }: ReadyAdapters,
  place: AddOnPlace,
): Promise<RefinerAdapters> {
  if (uses.length === 0) return { adapt: undefined, beginStep: () => undefined, notes: [] };
  const fitting = await place.adapters.prepare({ ...ask, misfits: 'passed over' }, index, parts.family);
  const fileOf = ({ matched }: AdapterUse): string => matched.adapter.file;
  const used = new Set(fitting.uses.map(fileOf));
  const idle = uses.map(fileOf).filter((file) => !used.has(file));
  const { adaptation } = fitting;
  return {
    adapt: adaptation && ((hands) => adaptation.adapt(hands)),
    beginStep: (step) => adaptation?.beginStep(step),
    notes: idle.map(
      (file) => `${basename(file)} does not fit ${basename(checkpoint)}, which finishes the picture without it.`,
    ),
  };
}
