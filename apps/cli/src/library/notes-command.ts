import type { LibraryModel } from '@danqing/studio/library/library-model';
import type { Command } from 'commander';
import { collect } from '../collect.ts';
import type { Messages } from '../messages/index.ts';
import { printColumns } from '../terminal/print-table.ts';
import { withLibrary } from './open-library.ts';

/** `danqing library notes`: shows or changes what is noted of a model. */
export function defineNotes(library: Command, { library: say, help }: Messages): void {
  library
    .command('notes')
    .description(say.notes.summary)
    .argument('<model>', say.notes.model)
    .option('--set <key=value>', say.notes.set, collect)
    .option('--json', help.json)
    .action(async (name: string, { set = [], json }: { readonly set?: string[]; readonly json?: boolean }) => {
      const { noteKeys, readNoteChanges } = await import('@danqing/studio/library/model-notes');
      const changes = readNoteChanges(set);
      await withLibrary(async (open) => {
        const found = open.modelNamed(name);
        const model = set.length === 0 ? found : await open.changeNotes(found.path, changes);
        const pairings = open.findPairings(model);
        if (json === true) console.log(JSON.stringify({ ...model.toJSON(), pairings }));
        else {
          const { showText } = await import('@danqing/studio/library/show-text');
          const lines = [
            ...linesOf(model, noteKeys, say),
            ...pairings.map(({ says }) => [say.notes.pairs, say.inWords(says)]),
          ];
          console.log(showText(model.path));
          console.log(printColumns(lines.map(([label, text]) => [label!, showText(text!)])));
        }
      });
    });
}

function linesOf(model: LibraryModel, keys: Readonly<Record<string, string>>, say: Messages['library']): string[][] {
  const { identification, notes, civitai, triggerWords, hashes, preview, notices } = model;
  return [
    ...(identification === undefined ? [] : [[say.kindHead, say.inWords(identification.title)]]),
    ...Object.entries(notes).map(([key, value]) => [keys[key] ?? key, String(value)]),
    ...(triggerWords.length === 0 ? [] : [[say.notes.trigger, triggerWords.join(', ')]]),
    ...(civitai?.modelName === undefined
      ? []
      : [[say.notes.civitai, `${civitai.modelName} ${civitai.versionName ?? ''}`]]),
    ...(preview === undefined ? [] : [[say.notes.preview, preview]]),
    ...Object.entries(hashes).map(([name, hash]) => [name, hash]),
    ...notices.map(({ says }) => [say.notes.notices, say.inWords(says)]),
  ];
}
