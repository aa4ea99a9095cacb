// What runs in the threads of the library: walking folders and reading headers, one blocking call after another.
import { serveCalls } from '@danqing/node/threads/serve-calls';
import type { ModelRow } from '../db/model-table.ts';
import { type ListedModel, type Listing, listModels } from './list-models.ts';
import type { ModelFolder } from './model-folder.ts';
import { modelRow } from './model-row.ts';

export type ScanRequest =
  | { readonly do: 'list'; readonly folders: readonly ModelFolder[]; readonly below?: string | undefined }
  | { readonly do: 'inspect'; readonly models: readonly ListedModel[] };

export type ScanResult =
  | { readonly do: 'list'; readonly folders: Listing['folders']; readonly notices: Listing['notices'] }
  | { readonly do: 'inspect' };

/** Pieces of the answer, small enough that taking one in does not hold up the one who asked. */
export type ScanProgress =
  | { readonly do: 'list'; readonly models: ListedModel[] }
  | { readonly do: 'inspect'; readonly rows: ModelRow[] };

const LISTED_AT_ONCE = 1000;
const ROWS_AT_ONCE = 25;

serveCalls<ScanRequest, ScanResult, ScanProgress>(async (request, { signal, tell }) => {
  if (request.do === 'list') {
    const { models, folders, notices } = listModels(request.folders, request.below);
    while (models.length > 0) tell({ do: 'list', models: models.splice(0, LISTED_AT_ONCE) });
    return { do: 'list', folders, notices };
  }
  // Walking needs none of what reading headers needs.
  const { inspectModel } = await import('./inspect-model.ts');
  let rows: ModelRow[] = [];
  for (const listed of request.models) {
    signal.throwIfAborted();
    rows.push(modelRow(listed, await inspectModel(listed)));
    if (rows.length < ROWS_AT_ONCE) continue;
    tell({ do: 'inspect', rows });
    rows = [];
  }
  tell({ do: 'inspect', rows });
  return { do: 'inspect' };
});
