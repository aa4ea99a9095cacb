import type { CliCommand } from '../command.ts';

/**
 * Notes beside all models what Civitai knows of them.
 * @rows LIB-17, LIB-18, DL-07
 */
export const annotate: CliCommand = {
  name: 'annotate',
  order: 32,
  define(command, messages) {
    const { annotate: say, help } = messages;
    command
      .description(say.summary)
      .argument('[words...]', say.words)
      .option('--json', help.json)
      .addHelpText('after', `\n${help.example}\n  ${say.example}`)
      .action(async (words: string[], { json = false }: { json?: boolean }) => {
        const { annotateLibrary } = await import('../downloads/annotate-library.ts');
        await annotateLibrary(words.join(' '), json, say);
      });
  },
};
