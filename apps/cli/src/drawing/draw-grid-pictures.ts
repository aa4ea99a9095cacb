import type { RecipeInput } from '@danqing/contract/recipe';
import { checkQuality, type OutputPlace, readOutputPlace } from '@danqing/studio/gallery/output-place';
import { type CellResult, drawGrid, type GridEvent, prepareGrid, type ReadyGrid } from '@danqing/studio/grid/draw-grid';
import { gridPlace, saveGrid } from '@danqing/studio/grid/save-grid';
import { EXIT } from '../exit-codes.ts';
import type { Messages } from '../messages/index.ts';
import { watchRun } from './draw-pictures.ts';

/** Where and how a grid and its pictures are written, as it was typed. */
interface GridOutput {
  readonly out?: string;
  readonly format?: OutputPlace['format'];
  readonly quality?: number;
  readonly sidecar?: boolean;
  readonly json?: boolean;
}

type Saved = Extract<GridEvent, { readonly type: 'saved' }>;

/** Draws a grid: its pictures as they come, then all of them with labels. Cells that fail are told, and make the exit code 1. */
export async function drawGridPictures(
  text: string,
  recipe: RecipeInput,
  { out, format, quality, sidecar, json = false }: GridOutput,
  messages: Messages,
): Promise<void> {
  const say = messages.generate;
  let grid: ReadyGrid | undefined;
  let results: readonly CellResult[] = [];
  const place = await readOutputPlace(out, format);
  checkQuality(quality, place.format);
  const { notes, timings } = await watchRun<Saved>({
    messages,
    async start(client) {
      const request = { text, recipe, place, ...(quality !== undefined && { quality }), ...(sidecar && { sidecar }) };
      grid = await prepareGrid(request);
      const missing = grid.cells.filter(({ known }) => known === undefined).length;
      const all = grid.cells.length;
      if (missing < all) console.error(say.gridKept(all - missing, all));
      const drawing = drawGrid(grid, client, () => performance.now());
      return {
        events: keepResult(drawing, (cells) => (results = cells)),
        count: missing,
        counted: messages.progress.cell,
      };
    },
    async onEvent({ path }) {
      if (!json) console.log(path);
      return Promise.resolve([]);
    },
  });
  const saved = await saveGrid(grid!, results, gridPlace(place, out === undefined));
  await grid!.memory.forgetSeeds(grid!.key);
  const { axes } = grid!.plan;
  const labelsOf = ({ at }: CellResult): string[] =>
    axes.map(({ places }, i) => places[at[i]!]!.label).filter((label) => label !== '');
  const failed = results.filter((result) => 'error' in result);
  if (json) {
    const cells = results.map((result) => ({
      labels: labelsOf(result),
      ...('error' in result
        ? { error: result.error.message }
        : { paths: result.pictures.map(({ path }) => path), wasThere: result.wasThere }),
    }));
    const { path, width, height, infotext } = saved;
    console.log(
      JSON.stringify({ grid: { path, width, height, infotext }, cells, notes: [...notes, ...saved.notes], timings }),
    );
  } else {
    for (const result of failed) console.error(say.cellFailed(labelsOf(result).join(', '), result.error.message));
    if (failed.length > 0) console.error(say.gridFailed(failed.length, results.length));
    for (const note of saved.notes) console.error(messages.drawing.note(note));
    console.log(saved.path);
  }
  if (failed.length > 0) process.exitCode = EXIT.failed;
}

/** Passes the events on, and gives the result away at the end. */
async function* keepResult<E, R>(events: AsyncGenerator<E, R, void>, keep: (result: R) => void): AsyncGenerator<E> {
  keep(yield* events);
}
