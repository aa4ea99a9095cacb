import type { CliCommand } from '../command.ts';
import { printTable } from '../terminal/print-table.ts';

/**
 * Lists the schedulers.
 * @rows GEN-11
 */
export const schedulers: CliCommand = {
  name: 'schedulers',
  order: 14,
  define(command, messages) {
    const say = messages.schedulers;
    command
      .description(say.summary)
      .option('--json', messages.help.json)
      .addHelpText('after', `\n${messages.help.example}\n  danqing schedulers`)
      .action(async ({ json }: { readonly json?: boolean }) => {
        const { listSchedulers } = await import('@danqing/studio/choices');
        const schedulerList = listSchedulers();
        if (json === true) console.log(JSON.stringify(schedulerList));
        else {
          const rows = schedulerList.map(({ name, label, aliases }) => [label, [name, ...aliases].join(', ')]);
          console.log(printTable([say.name, say.aliases], rows));
        }
      });
  },
};
