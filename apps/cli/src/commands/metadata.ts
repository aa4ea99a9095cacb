import { collect, collectPair } from '../collect.ts';
import type { CliCommand } from '../command.ts';
import type { Messages } from '../messages/index.ts';

interface Typed {
  readonly set?: Record<string, string>;
  readonly remove?: string[];
  readonly clear?: boolean;
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

/** Shows or changes the text metadata of a safetensors file. */
export const metadata: CliCommand = {
  name: 'metadata',
  order: 42,
  define(command, messages) {
    const { metadata: say, changes, help } = messages;
    command
      .description(say.summary)
      .argument('<file>', say.file)
      .option('--set <key=value>', say.set, collectPair(messages))
      .option('--remove <key>', say.remove, collect)
      .option('--clear', say.clear)
      .option('-o, --out <path>', say.out)
      .option('--overwrite', changes.overwrite)
      .option('--json', help.json)
      .addHelpText('after', `\n${help.example}\n  ${say.example}`)
      .action(async (file: string, typed: Typed) => change(file, typed, messages));
  },
};

async function change(file: string, typed: Typed, messages: Messages): Promise<void> {
  const { set, remove, clear, out, overwrite, json = false } = typed;
  const { editMetadataOfFile, readMetadata } = await import('@danqing/studio/files/edit-metadata-of-file');
  const isEdit = set !== undefined || remove !== undefined || clear === true || out !== undefined;
  if (!isEdit) {
    await print(await readMetadata(file), json, messages);
    return;
  }
  const { runChange } = await import('../changes/run-change.ts');
  const request = { file, set, remove, clear, output: out, overwrite };
  const report = await runChange((options) => editMetadataOfFile(request, options), json, messages.changes);
  if (json) console.log(JSON.stringify(report));
  else await print(report.metadata, false, messages);
}

async function print(
  entries: Readonly<Record<string, string>>,
  json: boolean,
  { metadata: say }: Messages,
): Promise<void> {
  if (json) {
    console.log(JSON.stringify(entries));
    return;
  }
  const { showText } = await import('@danqing/studio/library/show-text');
  const { printColumns } = await import('../terminal/print-table.ts');
  const rows = Object.entries(entries).map(([key, text]) => [showText(key), showText(text)]);
  console.log(rows.length === 0 ? say.none : printColumns(rows));
}
