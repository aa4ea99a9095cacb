import type { Annotation } from '@danqing/studio/downloads/civitai/annotate-files';
import { withLibrary } from '../library/open-library.ts';
import { tellProgress } from '../library/tell-progress.ts';
import type { Messages } from '../messages/index.ts';

/** Looks all models of the library up on Civitai by their hashes, which are computed where they are missing. */
export async function annotateLibrary(words: string, json: boolean, say: Messages['annotate']): Promise<void> {
  const { Downloads } = await import('@danqing/studio/downloads/downloads');
  const { annotateFiles } = await import('@danqing/studio/downloads/civitai/annotate-files');
  const { showText } = await import('@danqing/studio/library/show-text');
  const progress = tellProgress(json);
  const downloads = await Downloads.open();
  try {
    const done = await withLibrary(async (library) => {
      await library.hashing.run(({ path, left }) => progress.tell(say.hashing(showText(path), left.models)));
      const files = library
        .find({ words })
        .flatMap(({ path, hashes: { sha256 } }) => (sha256 === undefined ? [] : [{ path, sha256 }]));
      const { civitai, http } = downloads;
      return annotateFiles(files, {
        civitai,
        http,
        onDone: (_, count, all) => progress.tell(say.progress(count, all)),
      });
    });
    progress.end();
    if (json) console.log(JSON.stringify(done));
    else print(done, say, showText);
  } finally {
    downloads.close();
  }
}

function print(done: readonly Annotation[], say: Messages['annotate'], showText: (text: string) => string): void {
  for (const { path, wrote, notes, newer } of done) {
    const name = showText(path);
    if (wrote.length > 0) console.log(say.wrote(name, wrote.map(showText).join(', ')));
    for (const note of notes) console.error(say.failed(name, showText(note)));
    if (newer !== undefined) console.log(say.newer(name, showText(newer.name), newer.page));
  }
  const known = done.filter(({ state }) => state !== 'unknown').length;
  console.log(say.report(known, done.length, done.filter(({ newer }) => newer !== undefined).length));
}
