import type { ExtractInput } from '@danqing/contract/file-changes';
import { type Command, Option } from 'commander';
import { addRankOptions, rankChoiceOf, type TypedRanks } from '../changes/rank-options.ts';
import type { CliCommand } from '../command.ts';

interface Typed extends TypedRanks {
  readonly textEncoder: boolean;
  readonly out?: string;
  readonly format?: ExtractInput['format'];
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

/**
 * Takes a LoRA out of the difference of two checkpoints.
 * @rows FMT-07, LO-06
 */
export const extract: CliCommand = {
  name: 'extract',
  order: 6,
  define(command, messages) {
    const { extract: say, changes, help } = messages;
    command.description(say.summary).argument('<tuned>', say.tuned).argument('<base>', say.base);
    addRankOptions(command, messages)
      .option('--no-text-encoder', say.noTextEncoder)
      .option('-o, --out <path>', changes.out)
      .addOption(new Option('--format <format>', changes.format).choices(['safetensors', 'torch']))
      .option('--overwrite', changes.overwrite)
      .option('--json', help.json)
      .addHelpText('after', `\n${help.example}\n  ${say.example}`)
      .action(async (tuned: string, base: string, typed: Typed, self: Command) => {
        const { textEncoder, out, format, overwrite, json = false } = typed;
        const ranks = rankChoiceOf(typed, messages, self);
        const { extractLora } = await import('@danqing/studio/files/extract-lora');
        const { changeOne } = await import('../changes/run-change.ts');
        const request = { tuned, base, ...ranks, textEncoder, output: out, format, overwrite };
        await changeOne((options) => extractLora(request, options), json, messages.changes);
      });
  },
};
