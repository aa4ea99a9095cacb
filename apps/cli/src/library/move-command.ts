import type { Library } from '@danqing/studio/library/library';
import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';
import type { Messages } from '../messages/index.ts';
import { withLibrary } from './open-library.ts';

interface MoveOptions {
  readonly fix?: boolean;
  readonly json?: boolean;
}

/** What became of one model. */
interface Move {
  readonly from: string;
  /** Where it is now; absent where it could not be moved. */
  readonly to?: string;
  readonly error?: string;
}

/** `danqing library move`: puts models where they belong. */
export function defineMove(library: Command, { library: say, help }: Messages): void {
  library
    .command('move')
    .description(say.move.summary)
    .argument('[model]', say.move.model)
    .option('--fix', say.move.fix)
    .option('--json', help.json)
    .action(async (name: string | undefined, { fix = false, json = false }: MoveOptions, self: Command) => {
      if ((name === undefined) !== fix) self.error(say.move.either);
      await withLibrary(async (open) => {
        if (name === undefined) await moveAll(open, json, say);
        else {
          const { path } = open.modelNamed(name);
          await print([{ from: path, to: await open.move(path) }], json, say);
        }
      });
    });
}

/** Moves what is misplaced in this program's own folders; one that cannot be moved does not keep the others. */
async function moveAll(open: Library, json: boolean, say: Messages['library']): Promise<void> {
  const misplaced = open.findMisplaced();
  const own = misplaced.filter(({ root }) => root === open.home);
  const moves: Move[] = [];
  for (const { path } of own) {
    try {
      moves.push({ from: path, to: await open.move(path) });
    } catch (error) {
      moves.push({ from: path, error: (error as Error).message });
      process.exitCode = EXIT.failed;
    }
  }
  await print(moves, json, say);
  if (json) return;
  if (misplaced.length === 0) console.log(say.move.nothing);
  if (misplaced.length > own.length) console.log(say.move.elsewhere(misplaced.length - own.length));
}

async function print(moves: readonly Move[], json: boolean, say: Messages['library']): Promise<void> {
  if (json) {
    console.log(JSON.stringify(moves));
    return;
  }
  const { showText } = await import('@danqing/studio/library/show-text');
  for (const { from, to, error } of moves) {
    if (to === undefined) console.error(showText(say.told(error ?? '')));
    else console.log(to === from ? say.move.atHome(showText(from)) : say.move.moved(showText(from), showText(to)));
  }
}
