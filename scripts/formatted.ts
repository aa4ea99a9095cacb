import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const oxfmt = fileURLToPath(new URL('../node_modules/oxfmt/bin/oxfmt', import.meta.url));

/** The text of a source file as the formatter would write it; `path`, from the root, tells its language. */
export function formatted(path: string, text: string): string {
  return execFileSync(process.execPath, [oxfmt, '--stdin-filepath', path], {
    input: text,
    encoding: 'utf8',
    cwd: root,
  });
}
