import { DanqingError } from '@danqing/engine/errors';

/** What the system says when it will not write a file or folder, in our words; errors of another kind as they are. */
export function writingTrouble(path: string, error: unknown, advice = 'Nothing was written.'): unknown {
  if (!(error instanceof Error) || error instanceof DanqingError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) return error;
  return new DanqingError('io', {
    where: path,
    expected: 'a place where a file can be written',
    found: reasonOf(error),
    advice,
  });
}

/** What keeps the system from writing. */
export const reasonOf = (error: NodeJS.ErrnoException): string => REASONS[error.code ?? ''] ?? error.message;

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'a full disk',
  EDQUOT: 'a used-up quota',
  EFBIG: 'a limit on the size of files',
  EACCES: 'no permission to write there',
  EPERM: 'no permission to write there',
  EROFS: 'a read-only disk',
  ENOENT: 'no such folder',
  ENOTDIR: 'a file where a folder must be',
  ENAMETOOLONG: 'a name that is too long for this disk',
  EISDIR: 'a folder',
  EIO: 'a failing disk',
};
