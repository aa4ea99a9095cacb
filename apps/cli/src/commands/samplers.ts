import type { CliCommand } from '../command.ts';
import { printTable } from '../terminal/print-table.ts';

/**
 * Lists the samplers.
 * @rows GEN-11
 */
export const samplers: CliCommand = {
  name: 'samplers',
  order: 13,
  define(command, messages) {
    const say = messages.samplers;
    command
      .description(say.summary)
      .option('--json', messages.help.json)
      .addHelpText('after', `\n${messages.help.example}\n  danqing samplers`)
      .action(async ({ json }: { readonly json?: boolean }) => {
        const { listSamplers } = await import('@danqing/studio/choices');
        const samplerList = listSamplers();
        if (json === true) console.log(JSON.stringify(samplerList));
        else {
          const rows = samplerList.map(({ name, automatic = '–', aliases }) => [name, automatic, aliases.join(', ')]);
          console.log(printTable([say.name, say.automatic, say.aliases], rows));
        }
      });
  },
};
