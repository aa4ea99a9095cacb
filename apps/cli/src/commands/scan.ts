import type { ScannedFile } from '@danqing/studio/library/scan-files';
import type { CliCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

/**
 * Looks through files for code that other programs would run.
 * @rows FMT-02, FMT-03
 */
export const scan: CliCommand = {
  name: 'scan',
  order: 22,
  define(command, messages) {
    const say = messages.scan;
    command
      .description(say.summary)
      .argument('<paths...>', say.paths)
      .option('--all', say.all)
      .option('--json', messages.help.json)
      .addHelpText('after', `\n${messages.help.example}\n  ${say.example}`)
      .action(
        async (paths: string[], { all = false, json = false }: { readonly all?: boolean; readonly json?: boolean }) => {
          const { scanFiles, worstOf } = await import('@danqing/studio/library/scan-files');
          const { printScan } = await import('../files/print-scan.ts');
          const files: ScannedFile[] = [];
          for await (const file of scanFiles(paths)) {
            files.push(file);
            if (!json && (all || file.grade !== 'safe')) console.log(printScan(file, say));
          }
          const count = (grade: ScannedFile['grade']): number => files.filter((file) => file.grade === grade).length;
          if (json) console.log(JSON.stringify({ grade: worstOf(files), files }));
          else if (files.length === 0) console.log(say.none);
          else console.log(say.summed(files.length, count('safe'), count('unknown'), count('dangerous')));
          process.exitCode = { safe: EXIT.ok, unknown: EXIT.unknown, dangerous: EXIT.dangerous }[worstOf(files)];
        },
      );
  },
};
