import { Option } from 'commander';
import { collect } from '../collect.ts';
import type { CliCommand } from '../command.ts';
import type { SearchOptions } from '../downloads/search-civitai.ts';
import { parseNumber } from '../parse-number.ts';

/**
 * Searches Civitai, and shows the pages of models.
 * @rows DL-06, DL-07, DL-08
 */
export const search: CliCommand = {
  name: 'search',
  order: 31,
  define(command, messages) {
    const { search: say, help } = messages;
    command
      .description(say.summary)
      .argument('[words...]', say.words)
      .option('--kind <kind>', say.kind, collect)
      .option('--base <base>', say.base, collect)
      .addOption(new Option('--sort <order>', say.sort).choices(['rated', 'downloaded', 'newest']).default('rated'))
      .addOption(
        new Option('--period <time>', say.period).choices(['all', 'year', 'month', 'week', 'day']).default('all'),
      )
      .option('--nsfw', say.nsfw)
      .option('--limit <count>', say.limit, parseNumber(messages), 20)
      .option('--after <mark>', say.after)
      .option('--images', say.images)
      .option('--json', help.json)
      .addHelpText('after', `\n${help.example}\n  ${say.example}`)
      .action(async (words: string[], options: SearchOptions) => {
        const { searchCivitai } = await import('../downloads/search-civitai.ts');
        await searchCivitai(words.join(' '), options, say);
      });
  },
};
