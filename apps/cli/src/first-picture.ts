import { readFile } from 'node:fs/promises';
import type { DrawnPicture } from '@danqing/contract/worker-messages';
import type { SavedPicture } from '@danqing/studio/gallery/save-picture';
import { drawPictures } from './drawing/draw-pictures.ts';
import type { Messages } from './messages/index.ts';
import { picturePrinter } from './terminal/picture-printer.ts';
import { printBytes } from './terminal/print-bytes.ts';
import { printColumns } from './terminal/print-table.ts';

/** What the starter model draws well. */
const SUBJECTS = ['fox', 'owl', 'rocket', 'octopus', 'panda', 'red apple'];

/** The settings that suit the starter model. */
const SETTINGS = { sampler: 'DPM++ 2M', scheduler: 'Karras', steps: 25, cfgScale: 4, width: 128, height: 128 };

/** The first start: a picture from the model that comes with the program, shown where the terminal can, and what to try next. */
export async function drawFirstPicture(messages: Messages): Promise<void> {
  const say = messages.first;
  console.log(say.hello);
  const prompt = SUBJECTS[Math.floor(Math.random() * SUBJECTS.length)]!;
  let save: ((picture: DrawnPicture) => Promise<SavedPicture>) | undefined;
  await drawPictures({
    messages,
    async plan() {
      const { readRecipe } = await import('@danqing/studio/jobs/read-recipe');
      const { readOutputPlace } = await import('@danqing/studio/gallery/output-place');
      const recipe = readRecipe({ prompt, ...SETTINGS });
      const settings = { place: await readOutputPlace(undefined), recipe, started: new Date() };
      // Loads while the picture is drawn.
      const saving = import('@danqing/studio/gallery/save-picture');
      save = async (picture) => (await saving).savePicture(picture, settings);
      return recipe;
    },
    async onPicture(picture) {
      const { path, notes } = await save!(picture);
      const { parameters } = JSON.parse(picture.receipt) as { parameters: { seed: string } };
      const print = picturePrinter(process.env, process.stdout);
      if (print !== undefined) process.stdout.write(`\n${print({ ...picture, file: await readFile(path) })}\n\n`);
      console.log(`${say.saved(path)}\n${say.prompt(prompt, parameters.seed)}\n\n${await nextSteps(path, messages)}`);
      return notes;
    },
  });
}

async function nextSteps(path: string, messages: Messages): Promise<string> {
  const { first } = messages;
  // As the program was started.
  const danqing = process.env['npm_lifecycle_event'] === 'start' ? 'npm start --' : 'danqing';
  const steps = [
    [`${danqing} generate "birthday cake" --seed 7`, first.other],
    [`${danqing} info ${path}`, first.about],
    ...(await offerModel(danqing, messages)),
    [`${danqing} generate "a fox in the snow" -m model.safetensors`, first.own],
    [`${danqing} help`, first.help],
  ];
  return `${first.next}\n${printColumns(steps.map(([command, what]) => [`  ${command}`, `# ${what}`]))}`;
}

/** A checkpoint to begin with, for somebody who has none. */
async function offerModel(danqing: string, { firstModel }: Messages): Promise<string[][]> {
  const { offerFirstModel } = await import('@danqing/studio/downloads/first-model');
  const offer = await offerFirstModel();
  if (offer === undefined) return [];
  const { link, title, sizeBytes, licence } = offer;
  return [[`${danqing} download ${link}`, firstModel(title, printBytes(sizeBytes), licence)]];
}
