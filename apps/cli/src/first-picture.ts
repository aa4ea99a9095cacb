import { readFile } from 'node:fs/promises';
import { drawPictures } from './drawing/draw-pictures.ts';
import type { Messages } from './messages/index.ts';
import { picturePrinter } from './terminal/picture-printer.ts';

/** What the starter model draws best, and the settings that suit it. */
const FIRST = {
  prompt: 'fox',
  sampler: 'DPM++ 2M',
  scheduler: 'Karras',
  steps: 25,
  cfgScale: 4,
  width: 128,
  height: 128,
};

/** The first start: a picture from the model that comes with the program, shown where the terminal can, and what to try next. */
export async function drawFirstPicture(messages: Messages): Promise<void> {
  const say = messages.first;
  console.log(say.hello);
  const { readRecipe } = await import('@danqing/studio/jobs/read-recipe');
  const recipe = readRecipe(FIRST);
  const started = new Date();
  await drawPictures(recipe, {
    messages,
    async onPicture(picture) {
      const [{ readOutputPlace }, { savePicture }] = await Promise.all([
        import('@danqing/studio/gallery/output-place'),
        import('@danqing/studio/gallery/save-picture'),
      ]);
      const { path, notes } = await savePicture(picture, { place: await readOutputPlace(undefined), recipe, started });
      const { parameters } = JSON.parse(picture.receipt) as { parameters: { seed: string } };
      const shown = picturePrinter(process.env, process.stdout)?.({ ...picture, file: await readFile(path) });
      if (shown !== undefined) process.stdout.write(`\n${shown}\n`);
      console.log(`${say.saved(path)}\n${say.prompt(FIRST.prompt, parameters.seed)}\n\n${nextSteps(path, messages)}`);
      return notes;
    },
  });
}

function nextSteps(path: string, { first }: Messages): string {
  // As the program was started.
  const danqing = process.env['npm_lifecycle_event'] === 'start' ? 'npm start --' : 'danqing';
  return [
    first.next,
    `  ${danqing} generate "red apple" --seed 7`,
    `  ${danqing} info ${path}`,
    `  ${danqing} generate "a fox in the snow" -m model.safetensors   # ${first.own}`,
    `  ${danqing} --help`,
  ].join('\n');
}
