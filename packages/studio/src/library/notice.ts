import type { DanqingError } from '@danqing/engine/errors';
import type { Words } from '@danqing/engine/words';
import { errorInChinese } from '../languages/chinese.ts';

export type { Words };

/** Something about a folder or file of the library that a person should know. Nothing stops for it. */
export interface Notice {
  readonly type: NoticeType;
  readonly path: string;
  readonly says: Words;
}

export type NoticeType =
  /** A folder or file that is not there, or cannot be read. */
  | 'unreadable'
  /** A link that leads back to where it is, or nowhere. */
  | 'bad-link'
  /** A name that says something else than it seems to, or that no program can open. */
  | 'odd-name'
  /** A file that is no model, or a broken one. */
  | 'bad-file'
  /** A file that is whole, and something else: a web page, for example. */
  | 'no-model'
  /** A pickle that names foreign code. */
  | 'unsafe'
  /** A model in a folder for other kinds. */
  | 'wrong-folder'
  /** Notes inside the file or beside it that are not true. */
  | 'wrong-note'
  /** A file that is being written. */
  | 'unfinished'
  /** A setting or a list of folders that cannot be followed. */
  | 'bad-setting';

/** What an error has to say about a path. */
export function noticeOf(type: NoticeType, path: string, error: DanqingError | Error): Notice {
  return { type, path, says: { en: error.message, zh: errorInChinese(error) } };
}
