import { basename } from 'node:path';
import type { Identification } from '@danqing/engine/identify/identification';
import type { ModelFolder } from './model-folder.ts';
import type { Notice } from './notice.ts';

/** What is to say of a model that lies in a folder for other kinds; it is used all the same. */
export function wrongFolderNotice(
  path: string,
  identification: Identification | undefined,
  folder: ModelFolder | undefined,
): Notice | undefined {
  if (identification === undefined || folder === undefined) return undefined;
  const { kind, title, folder: home } = identification;
  // What belongs nowhere is at home everywhere, except for what is no model.
  if (isAtHome(path, kind, folder) || (home === undefined && kind !== 'training-state')) return undefined;
  const here = basename(folder.path);
  const [en, zh] =
    home === undefined
      ? ['It is no model.', '它不是模型。']
      : [`It belongs in ${home}; danqing library move moves it.`, `应放在 ${home}，可用 danqing library move 移动。`];
  return {
    type: 'wrong-folder',
    path,
    says: {
      en: `${here} is for other kinds of files than this one: ${title.en}. ${en}`,
      zh: `${here} 不是放此类文件的地方：${title.zh}。${zh}`,
    },
  };
}

/** Whether a kind of model lies where programs look for it. */
export function isAtHome(path: string, kind: Identification['kind'], { kinds: expected }: ModelFolder): boolean {
  if (expected.length === 0 || kind === 'unknown' || expected.includes(kind)) return true;
  // A VAE beside its checkpoint, as A1111 looks for it.
  return kind === 'vae' && expected.includes('checkpoint') && /\.vae\.\w+$/i.test(path);
}
