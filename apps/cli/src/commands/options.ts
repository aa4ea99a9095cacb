import type { CliCommand } from '../command.ts';
import { printTable } from '../terminal/print-table.ts';

/**
 * Lists the options of `generate --set`.
 * @rows GEN-01
 */
export const options: CliCommand = {
  name: 'options',
  order: 15,
  define(command, messages) {
    const say = messages.options;
    command
      .description(say.summary)
      .option('--json', messages.help.json)
      .addHelpText('after', `\n${messages.help.example}\n  ${say.example}`)
      .action(async ({ json }: { readonly json?: boolean }) => {
        const { listOptions } = await import('@danqing/studio/choices');
        const optionList = listOptions();
        if (json === true) console.log(JSON.stringify(optionList));
        else {
          const rows = optionList.map(({ name, default: value, values }) => [
            name,
            String(value),
            messages.said(values),
            say.each[name] ?? '',
          ]);
          console.log(printTable([say.name, say.default, say.values, say.about], rows));
        }
      });
  },
};
