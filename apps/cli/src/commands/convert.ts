import type { ConvertInput } from '@danqing/contract/file-changes';
import { type Command, Option } from 'commander';
import { addTargetOptions, targetOf, type TypedTarget } from '../changes/target-options.ts';
import { collect, collectPair } from '../collect.ts';
import type { CliCommand } from '../command.ts';
import type { Messages } from '../messages/index.ts';

type Action = 'copy' | 'convert' | 'delete';

interface Typed extends TypedTarget {
  readonly precision?: NonNullable<ConvertInput['precision']>;
  readonly unet?: Action;
  readonly textEncoder?: Action;
  readonly vae?: Action;
  readonly other?: Action;
  readonly prune?: 'no-ema' | 'ema-only';
  readonly bakeVae?: string;
  readonly fixPositionIds?: boolean;
  readonly dropJunk?: boolean;
  readonly set?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}

/**
 * Writes models anew: as another kind of file, with other number types, without some parts.
 * @rows FMT-04, FMT-05, FMT-06, FMT-09
 */
export const convert: CliCommand = {
  name: 'convert',
  order: 40,
  define(command, messages) {
    const { convert: say, changes, help } = messages;
    const action = (flags: string, description: string): Option =>
      new Option(flags, description).choices(['copy', 'convert', 'delete']);
    command
      .description(say.summary)
      .argument('<models...>', say.file)
      .addOption(
        new Option('--precision <type>', say.precision).choices([
          'fp32',
          'fp16',
          'bf16',
          'fp8_e4m3',
          'fp8_e5m2',
          'fp64',
        ]),
      )
      .addOption(new Option('--prune <set>', say.prune).choices(['no-ema', 'ema-only']))
      .addOption(action('--unet <action>', say.unet))
      .addOption(action('--text-encoder <action>', say.textEncoder))
      .addOption(action('--vae <action>', say.vae))
      .addOption(action('--other <action>', say.other))
      .option('--bake-vae <file>', changes.bakeVae)
      .option('--fix-position-ids', say.fixPositionIds)
      .option('--drop-junk', say.dropJunk)
      .option('--set <key=value>', say.set, collectPair(messages))
      .option('--remove <key>', say.remove, collect);
    addTargetOptions(command, messages)
      .addHelpText('after', `\n${help.example}\n  ${say.example}`)
      .action(async (files: string[], typed: Typed, self: Command) => {
        const { isFolder } = await import('@danqing/studio/files/output-place');
        const { out } = typed;
        if (files.length > 1 && out !== undefined && !(await isFolder(out))) self.error(say.oneOutput);
        await convertAll(files, typed, messages.changes);
      });
  },
};

async function convertAll(files: readonly string[], typed: Typed, say: Messages['changes']): Promise<void> {
  const { convertFile } = await import('@danqing/studio/files/convert-file');
  const { printChange, runChange } = await import('../changes/run-change.ts');
  const { json = false } = typed;
  const reports = [];
  for (const file of files) {
    const report = await runChange((options) => convertFile(requestOf(file, typed), options), json, say);
    reports.push(report);
    if (!json) await printChange(report, say);
  }
  if (json) console.log(JSON.stringify(files.length === 1 ? reports[0] : reports));
}

function requestOf(file: string, typed: Typed): ConvertInput {
  const { precision, unet, textEncoder, vae, other, prune, bakeVae, set, remove } = typed;
  const { fixPositionIds, dropJunk } = typed;
  return {
    file,
    ...targetOf(typed),
    precision,
    parts: { unet, textEncoder, vae, other },
    prune,
    vae: bakeVae,
    fixPositionIds,
    dropJunk,
    metadata: { set, remove: remove === undefined ? undefined : [...remove] },
  };
}
