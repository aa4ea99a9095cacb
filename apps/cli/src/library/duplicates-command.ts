import type { Command } from 'commander';
import type { Messages } from '../messages/index.ts';
import { printBytes } from '../terminal/print-bytes.ts';
import { withLibrary } from './open-library.ts';

/** `danqing library duplicates`: models that hold the same tensors. */
export function defineDuplicates(library: Command, { library: say, help }: Messages): void {
  library
    .command('duplicates')
    .description(say.duplicates.summary)
    .option('--json', help.json)
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { showText } = await import('@danqing/studio/library/show-text');
      await withLibrary((open) => {
        const groups = open.findDuplicates();
        const { models } = open.countWithoutHashes();
        if (json === true) console.log(JSON.stringify({ duplicates: groups, withoutHashes: models }));
        else {
          if (groups.length === 0) console.log(say.duplicates.none);
          for (const group of groups) {
            console.log(
              group.map(({ path, sizeBytes }) => `${printBytes(sizeBytes)}  ${showText(path)}`).join('\n'),
              '\n',
            );
          }
          if (models > 0) console.log(say.duplicates.unhashed(models));
        }
      });
    });
}
