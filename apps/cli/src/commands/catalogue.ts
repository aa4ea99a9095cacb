import type { CliCommand } from '../command.ts';

interface Typed {
  readonly kind?: string;
  readonly category?: string;
  readonly json?: boolean;
}

/**
 * Lists well-known models.
 * @rows LIB-17, LIB-19, LIB-20, LIB-21, LIB-22, LIB-23, CK-04, VAE-05
 */
export const catalogue: CliCommand = {
  name: 'catalogue',
  order: 23,
  define(command, messages) {
    const say = messages.catalogue;
    command
      .description(say.summary)
      .argument('[words...]', say.words)
      .option('--kind <kind>', say.kind)
      .option('--category <category>', say.category)
      .option('--json', messages.help.json)
      .addHelpText('after', `\n${messages.help.example}\n  ${say.example}`)
      .action(async (words: string[], { kind, category, json = false }: Typed) => {
        const { searchCatalogue } = await import('@danqing/studio/library/search-catalogue');
        const found = await searchCatalogue(words.join(' '), { kind, category });
        if (json) return console.log(JSON.stringify(found));
        const { printCatalogue } = await import('../files/print-catalogue.ts');
        console.log(printCatalogue(found, say));
      });
  },
};
