import { readFileSync } from 'node:fs';
import { format } from 'oxfmt';

/** The text of a source file as the formatter would write it; the ending of `path` tells its language. */
export async function formatted(path: string, text: string): Promise<string> {
  const options = JSON.parse(readFileSync(new URL('../.oxfmtrc.json', import.meta.url), 'utf8')) as Parameters<
    typeof format
  >[2];
  const { code, errors } = await format(path, text, options);
  if (errors.length > 0) throw new Error(`${path}: ${errors.map((error) => error.message).join('; ')}`);
  return code;
}
