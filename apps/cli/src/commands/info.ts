import type { PictureDescription } from '@danqing/studio/gallery/describe-picture-file';
import type { CliCommand } from '../command.ts';
import type { Messages } from '../messages/index.ts';
import { printColumns } from '../terminal/print-table.ts';

/**
 * Tells everything that a picture says about itself.
 * @rows GEN-02
 */
export const info: CliCommand = {
  name: 'info',
  order: 12,
  define(command, messages) {
    const say = messages.info;
    command
      .description(say.summary)
      .argument('<picture>', say.picture)
      .option('--json', messages.help.json)
      .addHelpText('after', `\n${messages.help.example}\n  ${say.example}`)
      .action(async (picture: string, { json }: { readonly json?: boolean }) => {
        const { describePictureFile } = await import('@danqing/studio/gallery/describe-picture-file');
        const described = await describePictureFile(picture);
        if (json === true) console.log(JSON.stringify(described.data));
        else console.log(printDescription(picture, described, messages));
      });
  },
};

function printDescription(path: string, described: PictureDescription, { info: say, said }: Messages): string {
  const { format, width, height, program, passes, receipt, details, texts, hasWorkflow, notes } = described;
  const inside = texts.map(({ keyword, characters }) => say.text(keyword, characters));
  const sections: [heading: string, body: string][] = [
    ...passes.map((lines, i): [string, string] => [
      passes.length > 1 ? say.pass(i + 1) : say.settings,
      printLines(lines),
    ]),
    [say.receipt, printLines(receipt.map(([label, value]) => [said(label), said(value)]))],
    [say.details, printLines(details)],
    [say.inside, indent([...inside, ...(hasWorkflow ? [say.workflow] : [])])],
    [say.notes, indent(notes.map(said))],
  ];
  const filled = sections.filter(([, body]) => body !== '').map(([heading, body]) => `${heading}\n${body}`);
  return [`${path}: ${say.by(format, width, height, program)}`, ...filled].join('\n\n');
}

const printLines = (lines: readonly (readonly [string, string])[]): string =>
  lines.length === 0 ? '' : indent(printColumns(lines).split('\n'));

const indent = (lines: readonly string[]): string => lines.map((line) => `  ${line}`).join('\n');
