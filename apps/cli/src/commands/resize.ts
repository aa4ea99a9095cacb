import type { ResizeInput } from '@danqing/contract/file-changes';
import { type Command, Option } from 'commander';
import { addRankOptions, rankChoiceOf, type TypedRanks } from '../changes/rank-options.ts';
import type { CliCommand } from '../command.ts';

interface Typed extends TypedRanks {
  readonly out?: string;
  readonly format?: ResizeInput['format'];
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

/**
 * Writes a LoRA with fewer ranks.
 * @rows LO-06
 */
export const resize: CliCommand = {
  name: 'resize',
  order: 6,
  define(command, messages) {
    const { resize: say, changes, help } = messages;
    command.description(say.summary).argument('<lora>', say.file);
    addRankOptions(command, messages)
      .option('-o, --out <path>', changes.out)
      .addOption(new Option('--format <format>', changes.format).choices(['safetensors', 'torch']))
      .option('--overwrite', changes.overwrite)
      .option('--json', help.json)
      .addHelpText('after', `\n${help.example}\n  ${say.example}`)
      .action(async (file: string, typed: Typed, self: Command) => {
        const { out, format, overwrite, json = false } = typed;
        const ranks = rankChoiceOf(typed, messages, self);
        const { resizeLora } = await import('@danqing/studio/files/resize-lora');
        const { changeOne } = await import('../changes/run-change.ts');
        const request = { file, ...ranks, output: out, format, overwrite };
        await changeOne((options) => resizeLora(request, options), json, messages.changes);
      });
  },
};
