import type { CliCommand } from '../command.ts';
import type { DownloadOptions } from '../downloads/download-links.ts';

/**
 * Fetches models and puts them where they belong.
 * @rows DL-01, DL-02, DL-03, DL-04, DL-05, DL-09
 */
export const download: CliCommand = {
  name: 'download',
  order: 30,
  define(command, messages) {
    const { download: say, help } = messages;
    command
      .description(say.summary)
      .argument('<links...>', say.links)
      .option('--to <folder>', say.to)
      .option('--kind <kind>', say.kind)
      .option('--yes', say.yes)
      .option('--allow-private', say.allowPrivate)
      .option('--json', help.json)
      .addHelpText('after', `\n${help.example}\n  ${say.example}`)
      .action(async (links: string[], options: DownloadOptions) => {
        const { downloadLinks } = await import('../downloads/download-links.ts');
        await downloadLinks(links, options, say);
      });
  },
};
