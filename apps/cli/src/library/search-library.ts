import { basename } from 'node:path';
import type { ModelQuery } from '@danqing/studio/library/library';
import type { LibraryModel } from '@danqing/studio/library/library-model';
import type { libraryEn } from '../messages/library.ts';
import { printBytes } from '../terminal/print-bytes.ts';
import { printTable } from '../terminal/print-table.ts';
import { withLibrary } from './open-library.ts';
import { tellProgress } from './tell-progress.ts';

/** So many new models are read before anybody wonders. */
const FEW = 200;

export interface SearchOptions {
  readonly kind?: string;
  readonly base?: string;
  readonly category?: string;
  readonly sort: NonNullable<ModelQuery['sort']>;
  readonly limit: number;
  readonly json?: boolean;
}

/** Prints the models that fit. */
export async function searchLibrary(words: string, options: SearchOptions, say: typeof libraryEn): Promise<void> {
  const { kind, base, category, sort, limit, json } = options;
  const { readKinds, readFamilies } = await import('@danqing/studio/library/kind-choices');
  const { showText } = await import('@danqing/studio/library/show-text');
  const query = {
    words,
    ...(kind !== undefined && { kinds: readKinds(kind) }),
    ...(base !== undefined && { families: readFamilies(base) }),
    ...(category !== undefined && { category }),
  };
  const progress = tellProgress(json === true);
  const onProgress = (done: number, total: number): void => {
    if (total > FEW) progress.tell(say.scan.progress(done, total));
  };
  await withLibrary(
    (library, { models }) => {
      progress.end();
      const found = library.find({ ...query, sort, limit });
      if (json === true) console.log(JSON.stringify(found));
      else if (found.length === 0) console.log(models === 0 ? say.noneYet(library.home) : say.none);
      else {
        const rows = found.map((model) => [...cellsOf(model), showText(`${basename(model.folder)}/${model.name}`)]);
        console.log(printTable(['', say.kindHead, say.baseHead, say.size, say.hash, say.name], rows));
        console.log(say.found(found.length, library.count(query)));
        if (rows.some(([mark]) => mark !== '')) console.log(say.marks);
      }
    },
    { onProgress },
  );
}

function cellsOf({ kind, familyIds, sizeBytes, hashes, isAway, notices }: LibraryModel): string[] {
  const mark = isAway ? '-' : notices.length > 0 ? '!' : '';
  return [mark, kind, familyIds.join(' '), printBytes(sizeBytes), hashes.autoV2 ?? ''];
}
