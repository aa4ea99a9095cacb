import type { Command } from 'commander';
import type { Messages } from '../messages/index.ts';
import { printTable } from '../terminal/print-table.ts';

interface RootOptions {
  readonly kind?: string;
  readonly json?: boolean;
}

/** `danqing library roots`: lists, adds and removes the folders that models are looked for in. */
export function defineRoots(library: Command, { library: say, help }: Messages): void {
  const roots = library
    .command('roots')

    .description(say.roots.summary)
    .option('--json', help.json);
  roots.action(async ({ json }: RootOptions) => printRoots(json));
  roots
    .command('add')
    .description(say.roots.add)
    .argument('<path>', say.roots.path)
    .option('--kind <kind>', say.roots.kind)
    .action(async (path: string, { kind }: RootOptions) => {
      const { addRoot } = await import('@danqing/studio/library/model-roots');
      await addRoot({ path, ...(kind !== undefined && { kind }) });
      await printRoots(false);
    });
  roots
    .command('remove')
    .description(say.roots.remove)
    .argument('<path>', say.roots.path)
    .action(async (path: string) => {
      const { removeRoot } = await import('@danqing/studio/library/model-roots');
      await removeRoot(path);
      await printRoots(false);
    });

  async function printRoots(json = false): Promise<void> {
    const { listRoots } = await import('@danqing/studio/library/model-roots');
    const { homeFolder } = await import('@danqing/studio/folders');
    const all = [{ path: homeFolder(), own: true }, ...(await listRoots()).map((root) => ({ ...root, own: false }))];
    if (json) console.log(JSON.stringify(all));
    else {
      const kindOf = (root: (typeof all)[number]): string =>
        root.own ? say.roots.own : 'kind' in root && root.kind !== undefined ? root.kind : '';
      console.log(
        printTable(
          [say.roots.folder, ''],
          all.map((root) => [root.path, kindOf(root)]),
        ),
      );
    }
  }
}
