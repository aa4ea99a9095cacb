import type { MergeInput } from '@danqing/contract/file-changes';
import { InvalidArgumentError, Option } from 'commander';
import type { CliCommand } from '../command.ts';
import type { Messages } from '../messages/index.ts';
import { parseNumber } from '../parse-number.ts';

interface Typed {
  readonly mode?: NonNullable<MergeInput['mode']>;
  readonly multiplier?: number;
  readonly weights?: number[];
  readonly blocks?: string;
  readonly half?: boolean;
  readonly bakeVae?: string;
  readonly discard?: string;
  readonly out?: string;
  readonly format?: 'safetensors' | 'torch';
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

/**
 * Merges checkpoints into a new one.
 * @rows FMT-08, FMT-09
 */
export const merge: CliCommand = {
  name: 'merge',
  order: 41,
  define(command, messages) {
    const { merge: say, changes, help } = messages;
    command
      .description(say.summary)
      .argument('<models...>', say.models)
      .addOption(new Option('--mode <mode>', say.mode).choices(['weighted-sum', 'add-difference', 'sum', 'none']))
      .option('-M, --multiplier <m>', say.multiplier, parseNumber(messages))
      .option('--weights <numbers>', say.weights, parseNumbers(messages))
      .option('--blocks <numbers>', say.blocks)
      .option('--half', say.half)
      .option('--bake-vae <file>', changes.bakeVae)
      .option('--discard <pattern>', say.discard)
      .option('-o, --out <path>', changes.out)
      .addOption(new Option('--format <format>', changes.format).choices(['safetensors', 'torch']))
      .option('--overwrite', changes.overwrite)
      .option('--json', help.json)
      .addHelpText('after', `\n${help.example}\n  ${say.example}`)
      .action(async (models: string[], typed: Typed) => mergeAll(models, typed, messages.changes));
  },
};

async function mergeAll(models: string[], typed: Typed, say: Messages['changes']): Promise<void> {
  const { mergeFiles } = await import('@danqing/studio/files/merge-files');
  const { printChange, runChange } = await import('../changes/run-change.ts');
  const { mode, multiplier, weights, blocks, half, bakeVae, discard, out, format, overwrite, json = false } = typed;
  const request = {
    models,
    mode,
    multiplier,
    weights,
    blockWeights: blocks,
    half,
    vae: bakeVae,
    discard,
    format,
    overwrite,
  };
  const report = await runChange((options) => mergeFiles({ ...request, output: out }, options), json, say);
  if (json) console.log(JSON.stringify(report));
  else await printChange(report, say);
}

const parseNumbers =
  ({ merge: say }: Messages) =>
  (text: string): number[] => {
    const numbers = text.split(',').map((word) => (word.trim() === '' ? NaN : Number(word)));
    if (!numbers.every(Number.isFinite)) throw new InvalidArgumentError(say.badNumbers);
    return numbers;
  };
