// npm run -s addons -- FOLDER [CHECKPOINT]: writes one small add-on of every kind and layout, for the starter where nothing is said.
import { starterCheckpoint } from '@danqing/studio/folders';
import { writeAddOns } from './write-add-ons.ts';

const [folder = '', checkpoint = starterCheckpoint] = process.argv.slice(2);
if (folder === '') {
  console.error('Usage: npm run -s addons -- FOLDER [CHECKPOINT]');
  process.exit(2);
}
for await (const path of writeAddOns(folder, checkpoint)) console.log(path);
