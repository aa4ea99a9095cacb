import type { Command } from 'commander';
import { withoutPath } from '../files/without-path.ts';
import type { Messages } from '../messages/index.ts';
import { withLibrary } from './open-library.ts';
import { tellProgress } from './tell-progress.ts';

/** Notices that are printed; more would scroll the rest away. */
const NOTICES = 50;

/** `danqing library scan`: looks what is new, and tells what is wrong. */
export function defineScan(library: Command, { library: say, help }: Messages): void {
  library
    .command('scan')
    .description(say.scan.summary)
    .option('--all', say.scan.all)
    .option('--hash', say.scan.hash)
    .option('--json', help.json)
    .action(async ({ all = false, hash = false, json = false }: { all?: boolean; hash?: boolean; json?: boolean }) => {
      const { showText } = await import('@danqing/studio/library/show-text');
      const progress = tellProgress(json);
      await withLibrary(
        async (open, report) => {
          if (hash) {
            await open.hashing.run(({ path, left }) => progress.tell(say.scan.hashing(showText(path), left.models)));
          }
          progress.end();
          const notices = [...open.notices, ...open.find().flatMap((model) => model.notices)];
          if (json)
            console.log(JSON.stringify({ ...report, notices, withoutHashes: open.countWithoutHashes().models }));
          else {
            console.log(say.scan.report(report.models, report.added, report.changed, report.removed));
            const lines = notices.map(({ path, says }) =>
              say.notice(showText(path), showText(withoutPath(say.inWords(says), path))),
            );
            for (const line of lines.slice(0, NOTICES)) console.log(line);
            if (lines.length > NOTICES) console.log(say.more(lines.length - NOTICES));
            const { models } = open.countWithoutHashes();
            if (models > 0) console.log(say.scan.hashesLeft(models));
          }
        },
        { again: all, onProgress: (done, total) => total > 0 && progress.tell(say.scan.progress(done, total)) },
      );
    });
}
