import type { ModelRow } from '../db/model-table.ts';
import { foldText } from './fold-text.ts';
import type { Inspection } from './inspect-model.ts';
import type { ListedModel } from './list-models.ts';
import { readCategory } from './model-categories.ts';
import { NO_FACTS } from './model-facts.ts';
import { noticeOf } from './notice.ts';

/** What the database keeps of a model that was looked into. */
export function modelRow(listed: ListedModel, { facts, sides, notices }: Inspection): ModelRow {
  const { path, name, folder, root, stamp, sideStamp, sizeBytes, changedMs } = listed;
  const { identification } = facts;
  const families = (identification?.families ?? []).map(({ id }) => ` ${id} `).join('');
  return {
    path,
    name,
    folder,
    root,
    stamp,
    sideStamp,
    sizeBytes,
    changedMs,
    kind: identification?.kind ?? 'unknown',
    families,
    category: sides.notes.category === undefined ? null : readCategory(sides.notes.category),
    facts: JSON.stringify(facts),
    sides: JSON.stringify(sides),
    notices: JSON.stringify(notices),
    words: searchText(name, { facts, sides, notices }),
  };
}

/** The same of a model that could not even be looked into. */
export function unreadRow(listed: ListedModel, error: Error): ModelRow {
  const notices = [noticeOf('unreadable', listed.path, error)];
  return modelRow(listed, { facts: NO_FACTS, sides: { notes: {} }, notices });
}

/** Everything that a model can be found by: names, kind and base in both languages, notes, trigger words and tags. */
function searchText(name: string, { facts, sides }: Inspection): string {
  const { identification, alias, title, triggerWords, tags, trainedOn } = facts;
  const { notes, civitai } = sides;
  const texts = [
    name,
    alias,
    title,
    trainedOn,
    ...triggerWords,
    ...tags,
    identification?.kind,
    identification?.title.en,
    identification?.title.zh,
    ...(identification?.families ?? []).flatMap((family) => [family.id, family.title]),
    ...Object.values(notes),
    civitai?.modelName,
    civitai?.versionName,
    civitai?.baseModel,
    ...(civitai?.trainedWords ?? []),
    ...(civitai?.tags ?? []),
  ];
  // A line each, so that a word is not found across two of them.
  return foldText(texts.filter((text) => text !== undefined).join('\n'));
}
