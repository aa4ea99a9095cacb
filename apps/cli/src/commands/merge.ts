import type { MergeInput } from '@danqing/contract/file-changes';
import type { LoraChoice } from '@danqing/contract/lora-choice';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { addRankOptions, rankChoiceOf, type TypedRanks } from '../changes/rank-options.ts';
import { addTargetOptions, targetOf, type TypedTarget } from '../changes/target-options.ts';
import { collectLora } from '../collect-lora.ts';
import { collect } from '../collect.ts';
import type { CliCommand } from '../command.ts';
import type { Messages } from '../messages/index.ts';
import { parseNumber } from '../parse-number.ts';

interface Typed extends TypedRanks, TypedTarget {
  readonly base?: string;
  readonly mode?: NonNullable<MergeInput['mode']>;
  readonly multiplier?: number;
  readonly weights?: number[];
  readonly blocks?: string;
  readonly half?: boolean;
  readonly bakeVae?: string;
  readonly lora?: LoraChoice[];
  readonly loraDir?: string[];
  readonly force?: boolean;
  readonly discard?: string;
}

/**
 * Merges checkpoints into a new one, and LoRAs into a checkpoint.
 * @rows FMT-07, FMT-08, FMT-09, LO-06
 */
export const merge: CliCommand = {
  name: 'merge',
  order: 41,
  define(command, messages) {
    const { merge: say, changes, ranks, help } = messages;
    command.description(say.summary).argument('<models...>', say.models);
    addRankOptions(command, messages)
      .option('--base <checkpoint>', ranks.base)
      .addOption(new Option('--mode <mode>', say.mode).choices(['weighted-sum', 'add-difference', 'sum', 'none']))
      .option('-M, --multiplier <m>', say.multiplier, parseNumber(messages))
      .option('--weights <numbers>', say.weights, parseNumbers(messages))
      .option('--blocks <numbers>', say.blocks)
      .option('--half', say.half)
      .option('--bake-vae <file>', changes.bakeVae)
      .option('--lora <file[:weight[:te]]>', say.lora, collectLora(messages))
      .option('--lora-dir <folder>', messages.generate.loraDir, collect)
      .option('--force', messages.generate.force)
      .option('--discard <pattern>', say.discard);
    addTargetOptions(command, messages)
      .addHelpText('after', `\n${help.example}\n  ${say.example}`)
      .action(async (models: string[], typed: Typed, self: Command) => mergeAll(models, typed, messages, self));
  },
};

async function mergeAll(models: string[], typed: Typed, messages: Messages, self: Command): Promise<void> {
  const { mergeModels } = await import('@danqing/studio/files/merge-models');
  const { changeOne } = await import('../changes/run-change.ts');
  const { blocks, bakeVae, lora, loraDir, force, base, mode, multiplier, weights, half, discard, json = false } = typed;
  const request = {
    models,
    base,
    mode,
    multiplier,
    weights,
    half,
    discard,
    ...rankChoiceOf(typed, messages, self),
    ...targetOf(typed),
    blockWeights: blocks,
    vae: bakeVae,
    loras: lora,
    loraFolders: loraDir,
    forceAddOns: force,
  };
  await changeOne((options) => mergeModels(request, options), json, messages.changes);
}

const parseNumbers =
  ({ merge: say }: Messages) =>
  (text: string): number[] => {
    const numbers = text.split(',').map((word) => (word.trim() === '' ? NaN : Number(word)));
    if (!numbers.every(Number.isFinite)) throw new InvalidArgumentError(say.badNumbers);
    return numbers;
  };
