/** What is left of a name that has nothing usable. */
const NAMELESS = 'download';
/** Longest name in bytes of UTF-8: file systems take 255, and side files add endings. */
const LIMIT_BYTES = 200;
/** Names that Windows keeps for devices, with any ending. */
const DEVICES = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)$/i;

/**
 * A name for a file in one folder, on any system, out of what a server says: no path, nothing invisible or that turns the
 * writing round, no name of a device, not hidden, not too long. The ending is kept where that is possible.
 */
export function safeFileName(said: string): string {
  const last = said
    .normalize('NFC')
    .split(/[/\\]/)
    .map(cleanPart)
    .filter((part) => part !== '')
    .at(-1);
  if (last === undefined) return NAMELESS;
  const { stem, ending } = splitEnding(last);
  const usable = DEVICES.test(stem.split('.')[0]!.trim()) ? `_${stem}` : stem;
  return shorten(usable, LIMIT_BYTES - byteLength(ending)) + ending;
}

/** The name with a number before its ending, for a second file of the same name. */
export function numberedName(name: string, number: number): string {
  const { stem, ending } = splitEnding(name);
  const suffix = `-${number}${ending}`;
  return shorten(stem, LIMIT_BYTES - byteLength(suffix)) + suffix;
}

/** Stem and ending (with its dot) of a name; an ending has at most 12 letters or digits. */
export function splitEnding(name: string): { stem: string; ending: string } {
  const ending = /(?<=.)\.[a-z\d]{1,12}$/i.exec(name)?.[0] ?? '';
  return { stem: name.slice(0, name.length - ending.length), ending };
}

/** Cc: control characters, Cf: invisible marks and those of direction, Co and Cs: what has no meaning, Zl and Zp: line ends. */
const UNUSABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

function cleanPart(part: string): string {
  return part
    .replace(UNUSABLE, '')
    .replace(/[<>:"|?*]/g, '_')
    .replace(/\p{Zs}+/gu, ' ')
    .replace(/^[. ]+|[. ]+$/g, '');
}

const byteLength = (text: string): number => new TextEncoder().encode(text).length;

/** The first characters that fit, never half of one; no space or dot at the end. */
function shorten(text: string, limitBytes: number): string {
  let kept = '';
  let length = 0;
  for (const character of text) {
    length += byteLength(character);
    if (length > limitBytes) return kept.replace(/[. ]+$/, '');
    kept += character;
  }
  return kept;
}
