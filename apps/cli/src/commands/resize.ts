import type { Command } from 'commander';
import { addRankOptions, rankChoiceOf, type TypedRanks } from '../changes/rank-options.ts';
import { addTargetOptions, targetOf, type TypedTarget } from '../changes/target-options.ts';
import type { CliCommand } from '../command.ts';

interface Typed extends TypedRanks, TypedTarget {
  readonly base?: string;
}

/**
 * Writes a LoRA with fewer ranks, also of its kin.
 * @rows LO-06
 */
export const resize: CliCommand = {
  name: 'resize',
  order: 6,
  define(command, messages) {
    const { resize: say, ranks, help } = messages;
    command.description(say.summary).argument('<lora>', say.file);
    addRankOptions(command, messages).option('--base <checkpoint>', ranks.base);
    addTargetOptions(command, messages)
      .addHelpText('after', `\n${help.example}\n  ${say.example}`)
      .action(async (file: string, typed: Typed, self: Command) => {
        const { base, json = false } = typed;
        const request = { file, base, ...rankChoiceOf(typed, messages, self), ...targetOf(typed) };
        const { resizeLora } = await import('@danqing/studio/files/resize-lora');
        const { changeOne } = await import('../changes/run-change.ts');
        await changeOne((options) => resizeLora(request, options), json, messages.changes);
      });
  },
};
