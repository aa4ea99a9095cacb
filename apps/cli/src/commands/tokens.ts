import { Argument } from 'commander';
import type { CliCommand } from '../command.ts';

const SITES = ['civitai', 'huggingface'];

/**
 * Keeps tokens for the sites that want to know who asks.
 * @rows DL-03, DL-04
 */
export const tokens: CliCommand = {
  name: 'tokens',
  order: 33,
  define(command, messages) {
    const { tokens: say, help } = messages;
    command
      .description(say.summary)
      .option('--json', help.json)
      .addHelpText('after', `\n${help.example}\n  ${say.example}`)
      .action(async ({ json = false }: { json?: boolean }) => {
        const { listTokens } = await import('../downloads/manage-tokens.ts');
        await listTokens(json, say);
      });
    command
      .command('set')
      .description(say.set)
      .addArgument(new Argument('<site>', say.site).choices(SITES))
      .action(async (site: string) => {
        const { keepToken } = await import('../downloads/manage-tokens.ts');
        await keepToken(site, say);
      });
    command
      .command('remove')
      .description(say.remove)
      .addArgument(new Argument('<site>', say.site).choices(SITES))
      .action(async (site: string) => {
        const { forgetToken } = await import('../downloads/manage-tokens.ts');
        await forgetToken(site, say);
      });
  },
};
