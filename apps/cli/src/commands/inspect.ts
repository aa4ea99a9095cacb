import type { CliCommand } from '../command.ts';

/**
 * Tells what a model file is.
 * @rows LIB-01, LIB-09, LIB-10, LIB-11, LIB-12, LIB-13, LIB-14, LIB-15, LIB-16, LIB-17, FMT-01, FMT-02, FMT-03, CK-03, CK-04, VAE-03
 */
export const inspect: CliCommand = {
  name: 'inspect',
  order: 21,
  define(command, messages) {
    const say = messages.inspect;
    command
      .description(say.summary)
      .argument('<files...>', say.files)
      .option('--hash', say.hash)
      .option('--json', messages.help.json)
      .addHelpText('after', `\n${messages.help.example}\n  ${say.example}`)
      .action(
        async (
          files: string[],
          { hash = false, json = false }: { readonly hash?: boolean; readonly json?: boolean },
        ) => {
          const { inspectFile } = await import('@danqing/studio/library/inspect-file');
          const { EXIT, exitCodeOf } = await import('../exit-codes.ts');
          const inspections: object[] = [];
          for (const file of files) {
            const inspection = await inspectFile(file, { hashed: hash }).catch((error: unknown) => {
              // Of several, one that cannot be opened keeps none from being looked into.
              if (files.length === 1) throw error;
              return error as Error & { readonly code?: string };
            });
            if (inspection instanceof Error) {
              const { code = 'crashed', message } = inspection;
              inspections.push({ path: file, error: { code, message } });
              process.exitCode = exitCodeOf(inspection);
              if (!json) console.error(messages.help.error(inspection));
              continue;
            }
            inspections.push(inspection);
            // A file that is no model, or a broken one, is an answer; a script sees it by the exit code.
            const isSound = ['known', 'unknown'].includes(inspection.identification?.verdict ?? '');
            if (!isSound) process.exitCode = EXIT.badInput;
            if (json) continue;
            const { printCard } = await import('../files/print-card.ts');
            console.log(`${inspections.length > 1 ? '\n' : ''}${printCard(inspection, say)}`);
          }
          if (json) console.log(JSON.stringify(inspections));
        },
      );
  },
};
