import type { GenerationParameters } from '../generation-parameters.ts';
import { findPairs } from '../infotext-pairs.ts';
import { hasInfotextParameters, parseInfotext } from '../infotext.ts';
import type { Reader } from './reader.ts';
import { hasOwnScheduler } from './sampler-names.ts';

/** Where programs of A1111's family keep the infotext: PNG, EXIF, and what GIF and JPEG call a comment. */
const KEYWORDS = ['parameters', 'UserComment', 'comment', 'ImageDescription'];

/** A1111, its relatives (Forge, SD.Next …) and everything that writes infotext, as this product does. */
export const a1111Reader: Reader = {
  read(texts) {
    for (const keyword of KEYWORDS) {
      const text = texts.get(keyword);
      if (text === undefined) continue;
      const { infotext, behind } = cutTemplates(text);
      if (!hasInfotextParameters(infotext)) continue;
      const parameters = parseInfotext(infotext);
      return {
        program: programOf(parameters.version),
        parameters,
        details: behind.flatMap(findPairs),
        notes: /(?:^|, )Schedule type: /.test(infotext) ? [] : notesOnScheduler(parameters),
      };
    }
    return undefined;
  },
};

/** The extension Dynamic Prompts puts its templates behind the parameters, where they hide them from every reader. */
function cutTemplates(text: string): { infotext: string; behind: string[] } {
  const lines = text.trimEnd().split('\n');
  let end = lines.length;
  while (end > 0 && /^(?:Negative )?Template: /.test(lines[end - 1]!)) end--;
  return { infotext: lines.slice(0, end).join('\n'), behind: lines.slice(end) };
}

/** Before 1.9 a sampler's plain name meant uniform steps; its Automatic means others today, in A1111 as well. */
const notesOnScheduler = ({ samplerName, scheduler }: GenerationParameters): string[] =>
  scheduler === 'Automatic' && hasOwnScheduler(samplerName)
    ? [
        `No scheduler is recorded. If A1111 was older than 1.9, choose Uniform for ${samplerName} to make this picture again.`,
      ]
    : [];

function programOf(version: string | undefined): string {
  if (version === undefined) return 'A1111';
  if (version.startsWith('danqing-')) return `Danqing ${version.slice('danqing-'.length)}`;
  if (version.startsWith('f')) return `Forge ${version}`;
  return version.startsWith('v') || /^\d/.test(version) ? `A1111 ${version}` : version;
}
