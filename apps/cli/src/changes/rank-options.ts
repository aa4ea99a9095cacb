import type { ExtractInput } from '@danqing/contract/file-changes';
import { type Command, Option } from 'commander';
import type { Messages } from '../messages/index.ts';
import { parseNumber } from '../parse-number.ts';

/** The options of a new LoRA's ranks as they were typed. */
export interface TypedRanks {
  readonly rank?: number;
  readonly convRank?: number;
  readonly svRatio?: number;
  readonly svFro?: number;
  readonly svCumulative?: number;
  readonly precision?: ExtractInput['precision'];
}

/** Adds the options that say how many ranks the layers of a new LoRA have, and how its numbers are stored. */
export function addRankOptions(command: Command, messages: Messages): Command {
  const { ranks: say } = messages;
  const number = parseNumber(messages);
  return command
    .option('--rank <n>', say.rank, number)
    .option('--conv-rank <n>', say.convRank, number)
    .option('--sv-ratio <x>', say.svRatio, number)
    .option('--sv-fro <share>', say.svFro, number)
    .option('--sv-cumulative <share>', say.svCumulative, number)
    .addOption(new Option('--precision <type>', say.precision).choices(['fp16', 'bf16', 'fp32']));
}

/** The same for a request; more than one quality ends the command. */
export function rankChoiceOf(
  { rank, convRank, svRatio, svFro, svCumulative, precision }: TypedRanks,
  { ranks: say }: Messages,
  command: Command,
): Pick<ExtractInput, 'rank' | 'convRank' | 'quality' | 'precision'> {
  const qualities = [
    ...(svRatio === undefined ? [] : [{ by: 'sv-ratio', value: svRatio } as const]),
    ...(svFro === undefined ? [] : [{ by: 'sv-fro', value: svFro } as const]),
    ...(svCumulative === undefined ? [] : [{ by: 'sv-cumulative', value: svCumulative } as const]),
  ];
  if (qualities.length > 1) command.error(say.oneQuality);
  return { rank, convRank, quality: qualities[0], precision };
}
