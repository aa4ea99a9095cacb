import { digit } from '../character-classes.ts';
import { unescapeHtml } from './html-entities.ts';
import { fixControlCharacters, fixEncoding } from './mojibake.ts';

/**
 * Repairs text that was damaged on its way, as `ftfy.fix_text` 6.3 does by default (Robyn Speer, ftfy, Apache-2.0): HTML entities
 * (unless the text has a `<`), text decoded with the wrong encoding, Latin ligatures, half and full width forms, curly quotes, line
 * breaks, lone surrogates, terminal escapes and control characters; then normal form C. The original CLIP cleans every text so.
 */
export function fixText(text: string): string {
  let mayUnescape = true;
  const fixed: string[] = [];
  for (const line of text.split(/(?<=\n)/)) {
    mayUnescape &&= !line.includes('<');
    fixed.push(fixLine(line, mayUnescape));
  }
  return fixed.join('');
}

function fixLine(line: string, mayUnescape: boolean): string {
  let text = line;
  for (;;) {
    const fixed = fixOnce(text, mayUnescape);
    if (fixed === text) return text;
    text = fixed;
  }
}

const latinLigatures = /[ĲĳŉǱ-ǳǄ-ǌﬀ-ﬆ]/g;
const widthForms = /[\uff01-\uffef]/g;
const terminalEscape = new RegExp(String.raw`\x1b\[[${digit};]*[a-zA-Z]`, 'gu');
const unwantedControls = /[\x00-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]/g;

const fixOnce = (text: string, mayUnescape: boolean): string =>
  fixControlCharacters(fixEncoding(mayUnescape ? unescapeHtml(text) : text))
    .replace(latinLigatures, (ligature) => (ligature === 'ﬅ' ? 'ſt' : ligature.normalize('NFKC')))
    .replaceAll('\u3000', ' ')
    .replace(widthForms, (character) => character.normalize('NFKC'))
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/[\u02bc\u2018-\u201b]/g, "'")
    .replace(/\r\n|[\r\u2028\u2029\x85]/g, '\n')
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(terminalEscape, '')
    .replace(unwantedControls, '')
    .normalize('NFC');
