import type { Command } from 'commander';
import { addRankOptions, rankChoiceOf, type TypedRanks } from '../changes/rank-options.ts';
import { addTargetOptions, targetOf, type TypedTarget } from '../changes/target-options.ts';
import type { CliCommand } from '../command.ts';

interface Typed extends TypedRanks, TypedTarget {
  readonly textEncoder: boolean;
}

/**
 * Takes a LoRA out of the difference of two checkpoints.
 * @rows FMT-07, LO-06
 */
export const extract: CliCommand = {
  name: 'extract',
  order: 6,
  define(command, messages) {
    const { extract: say, help } = messages;
    command.description(say.summary).argument('<tuned>', say.tuned).argument('<base>', say.base);
    addRankOptions(command, messages).option('--no-text-encoder', say.noTextEncoder);
    addTargetOptions(command, messages)
      .addHelpText('after', `\n${help.example}\n  ${say.example}`)
      .action(async (tuned: string, base: string, typed: Typed, self: Command) => {
        const { textEncoder, json = false } = typed;
        const request = { tuned, base, textEncoder, ...rankChoiceOf(typed, messages, self), ...targetOf(typed) };
        const { extractLora } = await import('@danqing/studio/files/extract-lora');
        const { changeOne } = await import('../changes/run-change.ts');
        await changeOne((options) => extractLora(request, options), json, messages.changes);
      });
  },
};
