import { statSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { DanqingError } from '@danqing/engine/errors';
import type { Identification } from '@danqing/engine/identify/identification';
import { identify } from '@danqing/engine/identify/identify';
import type { ReadOptions } from '@danqing/engine/weights/format';
import { isSomethingElse, openIndex } from '@danqing/engine/weights/open-index';
import type { TensorIndex } from '@danqing/engine/weights/tensor-index';
import { TensorLists } from '@danqing/engine/weights/tensor-lists';
import { openModel } from '@danqing/node/files/open-model';
import { SyncFile } from '@danqing/node/files/sync-file';
import { errorInChinese } from '../languages/chinese.ts';
import { isContainerEnding, rightEnding } from './container-endings.ts';
import type { ListedModel } from './list-models.ts';
import { type ModelFacts, NO_FACTS, readNotesInside } from './model-facts.ts';
import { modelStem } from './model-stem.ts';
import type { Notice } from './notice.ts';
import { readSides, type SideFacts } from './side-files.ts';
import { wrongHashNotice } from './wrong-hash.ts';

/** What is found out about a listed model by looking into it and beside it. */
export interface Inspection {
  readonly facts: ModelFacts;
  readonly sides: SideFacts;
  readonly notices: readonly Notice[];
}

const READ: ReadOptions = {
  placed: false,
  lists: new TensorLists(),
  // Nothing of it is called; the names are told in a notice.
  foreign: 'ignore',
  inflate: async (packed, sizeBytes) => inflateRawSync(packed, { maxOutputLength: Math.max(1, sizeBytes) }),
};

/** Reads a model's header and what lies beside it. Nothing is thrown: what is wrong is a notice. */
export async function inspectModel(listed: Pick<ListedModel, 'path' | 'sizeBytes' | 'sides'>): Promise<Inspection> {
  const { path, sizeBytes, sides } = listed;
  const beside = readSides(dirname(path), sides);
  const notices: Notice[] = [...beside.notices];
  let facts = NO_FACTS;
  try {
    const index = await readIndex(path);
    facts = { identification: identify(index, { fileName: basename(path), sizeBytes }), ...readNotesInside(index) };
    notices.push(...noticesOf(path, facts));
  } catch (error) {
    notices.push(badFile(path, error));
  }
  return { facts, sides: beside.facts, notices };
}

/** Memory for the beginning of a file, which longer headers than this are rare in. Who reads a file while another is read has none. */
let spare: Uint8Array | undefined = new Uint8Array(1 << 18);

async function readIndex(path: string): Promise<TensorIndex> {
  if (path.endsWith('.index.json') || statSync(path).isDirectory()) {
    const model = await openModel(path, { foreign: 'ignore' });
    await model.close();
    return model.index;
  }
  const beginning = spare;
  const file = new SyncFile(path, beginning);
  spare = undefined;
  try {
    return await openIndex(file, READ);
  } finally {
    file.close();
    spare ??= beginning;
  }
}

function noticesOf(path: string, { identification, foreign, claimed }: ModelFacts): Notice[] {
  const notices: Notice[] = claimed.flatMap((claim) => wrongHashNotice(path, claim, null) ?? []);
  if (foreign.length > 0) {
    const names = foreign.slice(0, 5).join(', ');
    const en = `This pickle names code that has no place in a model: ${names}. It is not run here, but other programs would run it.`;
    notices.push({
      type: 'unsafe',
      path,
      says: { en, zh: `此 pickle 文件引用了模型不需要的代码：${names}。这里不会运行它，但别的程序会。` },
    });
  }
  if (identification !== undefined) notices.push(...endingNotices(path, identification));
  if (identification?.verdict === 'broken') {
    const { damage } = identification;
    const says = { en: damage.map(({ en }) => en).join(' '), zh: damage.map(({ zh }) => zh).join('') };
    notices.push({ type: 'bad-file', path, says });
  }
  return notices;
}

/** A name of a container that it is not: read here, refused by others. */
function endingNotices(path: string, { format, kind }: Identification): Notice[] {
  const ending = extname(path);
  const right = isContainerEnding(ending) ? rightEnding(ending, format, kind) : undefined;
  if (right === undefined) return [];
  const renamed = `${modelStem(path)}${right}`;
  const says = {
    en: `By its contents it is a ${format} file; other programs may refuse it under this name. Rename it ${renamed}.`,
    zh: `从内容看是 ${format} 文件，用现在的名字别的程序可能打不开，建议改名为 ${renamed}。`,
  };
  return [{ type: 'odd-name', path, says }];
}

function badFile(path: string, error: unknown): Notice {
  const isOurs = error instanceof DanqingError;
  const message = isOurs ? error.message : `The reader stopped: ${(error as Error).message}`;
  const chinese = isOurs ? errorInChinese(error) : `读取中断：${(error as Error).message}`;
  const type = !isOurs || error.code !== 'bad-file' ? 'unreadable' : isSomethingElse(error) ? 'no-model' : 'bad-file';
  return { type, path, says: { en: message, zh: chinese } };
}
