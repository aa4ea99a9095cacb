import { DanqingError } from '@danqing/engine/errors';

/** What the system says when it will not read a file or folder, in our words. */
export function readingTrouble(path: string, error: unknown): DanqingError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new DanqingError('missing', { where: path, expected: 'a file', found: 'none', advice: 'Check the path.' });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new DanqingError('io', {
      where: path,
      expected: 'a file that may be read',
      found: 'no permission to read it',
      advice: 'Change its permissions or run as a user who may.',
    });
  }
  return new DanqingError('io', { where: path, expected: 'a readable file', found: `the system error ${code}` });
}
