import { whitespace, wordCharacter } from '../character-classes.ts';
import { singleByteEncodings } from './single-byte-encodings.ts';

// The characters that misread UTF-8 turns into, by the company they keep (ftfy's categories).
const common = '\\u00a0\\u00ad·´–—―…’';
const c1 = '\\x80-\\x9f';
const bad = '¦¤¨¬¯¸ƒˆˇ˘˛˜†‡‰⌐◊\\ufffdªº';
const law = '¶§';
const currency = '¢£¥₧€';
const opening = '¡«¿©΄΅‘‚“„•‹\\uf8ff';
const closing = '®»˝”›™';
const numeric = '²³¹±¼½¾×µ÷⁄∂∆∏∑√∞∩∫≈≠≡≤≥№';
const faces = 'Ò-ÖÙ-Üò-öø-üŐŌŪŲ°';
const upper = 'À-ÑØÜÝĂĀĄĆČĎĐĘĚĒĖĞĢİĪĶĹĽŁĻŃŇŅŒŘŚŞŠŢŤŮŰŸŹŻŽҐ';
const lower = 'ßà-ñăąāćčďđęěēėğģįīķĺľłļœŕśşšťüźżžґﬁﬂ';
const upperCommon = 'ÞΑ-ΩΆΈΉΊΌΎΏΪΫЁ-Я';
const lowerCommon = 'α-ωάέήίΰа-џ';
const box = '│┌┐┘├┤┬┼═-╬▀▄█▌▐░▒▓';

const afterArabic = `[ØÙ][${common}${currency}${bad}${numeric}${opening}ŸŠ®°µ»]`;
const betweenCyrillic = `[${c1}${bad}${opening}${closing}${currency}°µ]`;
const betweenGreek = `[${c1}${bad}${opening}${closing}${currency}°]`;
const anyOdd = `${lower}${upper}${box}${opening}${closing}${currency}${numeric}${law}`;

const signs = new RegExp(
  [
    `[${c1}]`,
    `[${bad}${anyOdd}][${bad}]`,
    `[a-zA-Z][${lowerCommon}${upperCommon}][${bad}]`,
    `[${bad}][${anyOdd}]`,
    `[${lower}${lowerCommon}${box}${closing}${currency}${numeric}][${upper}]`,
    `[${box}${closing}${currency}${numeric}][${lower}]`,
    `[${lower}${box}${closing}][${currency}]`,
    `${whitespace}[${upper}][${currency}]`,
    `[${upper}${box}][${numeric}${law}]`,
    `[${lower}${upper}${box}${currency}${closing}][${opening}][${numeric}]`,
    `[${lower}${upper}${currency}${numeric}${box}${law}][${closing}][${opening}]`,
    `[${currency}${numeric}${box}][${opening}]`,
    `[a-z][${upper}][${opening}${currency}]`,
    `[${box}][${faces}]`,
    `[${lower}${upper}${currency}${numeric}${opening}${closing}${law}][${box}]`,
    `[${box}][${closing}]`,
    `[${lower}${upper}][${opening}${closing}]${wordCharacter}`,
    '[Œœ][^A-Za-z]',
    `[${upper}]°`,
    // Windows-1252: two characters, the number sign, Arabic, scripts of South Asia, accented a.
    `[ÂÃÎÐ][€œŠš¢£Ÿž\\xa0\\xad®©°·»${opening}${closing}–—´]`,
    '×[²³]',
    afterArabic + afterArabic,
    'à[²µ¹¼½¾]',
    'Ã[\\xa0¡]',
    `[a-z]${whitespace}?[ÃÂ] `,
    '^[ÃÂ] ',
    `[a-z.,?!${closing}]Â[ ${opening}${closing}]`,
    // Mac Roman.
    '√[±∂†≠®™´≤≥¥µø]',
    '≈[°¢]',
    '‚Ä[ìîïòôúùû†°¢π]',
    '‚[âó][àä°ê]',
    // Windows-1251, 1253 and 1257.
    'вЂ',
    `[ВГРС]${betweenCyrillic}[ВГРС]`,
    'ГўВЂВ[^\\n][A-Za-z ]',
    'β€[™\\xa0Ά\\xad®°]',
    `[ΒΓΞΟ]${betweenGreek}[ΒΓΞΟ]`,
    'ā€',
  ].join('|'),
  'u',
);

/** Whether a text has characters side by side that hardly occur but where UTF-8 was read as something else. */
export const looksMisread = (text: string): boolean => signs.test(text);

/** Matches runs of what UTF-8 sequences become in the Latin-1-like encodings, with a space standing for U+00A0. */
export const misreadSequences = buildSequences();

function buildSequences(): RegExp {
  const latinLike = singleByteEncodings.slice(0, 7);
  const charactersOf = (...ranges: [from: number, to: number][]): string => {
    const found = latinLike.flatMap(({ characters }) => ranges.flatMap(([from, to]) => characters.slice(from, to + 1)));
    return [...new Set(found)].map((character) => `\\u{${character.codePointAt(0)?.toString(16)}}`).join('');
  };
  const leadOf2 = charactersOf([0xc2, 0xdf]);
  const leadOf3 = charactersOf([0xe0, 0xef]);
  const leadOf4 = charactersOf([0xf0, 0xf0], [0xf3, 0xf3]);
  const tail = `[${charactersOf([0x80, 0xbf])} ]`;
  const loosePunctuation = /[–—―‘’‚“”„•…]/;
  const strictTail = latinLike
    .flatMap(({ characters }) => characters.slice(0x80, 0xc0))
    .filter((character) => !loosePunctuation.test(character));
  const notAfter = [...new Set(strictTail)].join('');
  return new RegExp(
    `(?<![\\x80-\\xbf${notAfter}])(?:[${leadOf2}]${tail}|[${leadOf3}]${tail}{2}|[${leadOf4}]${tail}{3})+`,
    'gu',
  );
}
