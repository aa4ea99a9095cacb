import { Option } from 'commander';
import type { CliCommand } from '../command.ts';
import { defineDuplicates } from '../library/duplicates-command.ts';
import { defineMove } from '../library/move-command.ts';
import { defineNotes } from '../library/notes-command.ts';
import { defineRoots } from '../library/roots-command.ts';
import { defineScan } from '../library/scan-command.ts';
import type { SearchOptions } from '../library/search-library.ts';
import { parseNumber } from '../parse-number.ts';

/**
 * Finds models and looks after them.
 * @rows LIB-02, LIB-03, LIB-04, LIB-05, LIB-06, LIB-07, LIB-08, LIB-14, LIB-15, LIB-16, LIB-17, LIB-18, LIB-19, LIB-20, LIB-22, LIB-23, LIB-24
 */
export const library: CliCommand = {
  name: 'library',
  order: 20,
  define(command, messages) {
    const { library: say, help } = messages;
    command
      .description(say.summary)
      .argument('[words...]', say.words)
      .option('--kind <kinds>', say.kind)
      .option('--base <families>', say.base)
      .option('--category <category>', say.category)
      .addOption(new Option('--sort <order>', say.sort(ORDERS.join(', '))).choices(ORDERS).default('name'))
      .option('--limit <count>', say.limit, parseNumber(messages), 100)
      .option('--json', help.json)
      .addHelpText('after', `\n${help.example}\n  ${say.example}`)
      .action(async (words: string[], options: SearchOptions) => {
        const { searchLibrary } = await import('../library/search-library.ts');
        await searchLibrary(words.join(' '), options, say);
      });
    defineScan(command, messages);
    defineRoots(command, messages);
    defineNotes(command, messages);
    defineMove(command, messages);
    defineDuplicates(command, messages);
  },
};

const ORDERS: readonly SearchOptions['sort'][] = ['name', 'path', 'newest', 'oldest', 'largest', 'smallest', 'kind'];
