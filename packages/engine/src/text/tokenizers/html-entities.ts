import { htmlEntityNames } from './html-entity-names.ts';
import { windows1252Character } from './single-byte-encodings.ts';

/** References by name that HTML accepts without a semicolon and that are all capitals; they begin longer words, too. */
const bareCapitals = ['AMP', 'COPY', 'ETH', 'GT', 'LT', 'QUOT', 'REG', 'THORN'];

const reference = /&(#?)([0-9A-Za-z]{1,24});/g;
const decimal = /^[0-9]+$/;
const hexadecimal = /^[xX][0-9a-fA-F]+$/;

/**
 * Decodes HTML character references that end in a semicolon: by number, by name, and names in capitals for a character in capitals
 * (`&EACUTE;`). Anything else stays as it is.
 */
export function unescapeHtml(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(reference, (whole, isNumber: string, name: string) => {
    if (!isNumber) return characterByName(name) ?? whole;
    const isHexadecimal = hexadecimal.test(name);
    if (!isHexadecimal && !decimal.test(name)) return whole;
    const character = characterByNumber(isHexadecimal ? Number.parseInt(name.slice(1), 16) : Number(name));
    return character === ';' ? whole : character;
  });
}

/** References that HTML accepts without a semicolon. */
const bareNames = new Set(
  `
AElig AMP Aacute Acirc Agrave Aring Atilde Auml COPY Ccedil ETH Eacute Ecirc Egrave Euml GT Iacute
Icirc Igrave Iuml LT Ntilde Oacute Ocirc Ograve Oslash Otilde Ouml QUOT REG THORN Uacute Ucirc
Ugrave Uuml Yacute aacute acirc acute aelig agrave amp aring atilde auml brvbar ccedil cedil cent
copy curren deg divide eacute ecirc egrave eth euml frac12 frac14 frac34 gt iacute icirc iexcl
igrave iquest iuml laquo lt macr micro middot nbsp not ntilde oacute ocirc ograve ordf ordm oslash
otilde ouml para plusmn pound quot raquo reg sect shy sup1 sup2 sup3 szlig thorn times uacute ucirc
ugrave uml uuml yacute yen yuml
`
    .trim()
    .split(/\s/),
);

const looseReference = /&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)/gu;

/** Decodes HTML character references as browsers do, and Python's `html.unescape`: also those without a semicolon. */
export function unescapeHtmlLoosely(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(looseReference, (whole, referred: string) => {
    const isClosed = referred.endsWith(';');
    const name = isClosed ? referred.slice(0, -1) : referred;
    if (name.startsWith('#')) {
      return characterByNumber(/^#[xX]/.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1)));
    }
    const exact = isClosed || bareNames.has(name) ? namedCharacters().get(name) : undefined;
    if (exact !== undefined) return exact;
    for (let length = referred.length - 1; length > 1; length--) {
      const beginning = referred.slice(0, length);
      if (bareNames.has(beginning)) return namedCharacters().get(beginning) + referred.slice(length);
    }
    return whole;
  });
}

let entities: ReadonlyMap<string, string> | undefined;
const namedCharacters = (): ReadonlyMap<string, string> =>
  (entities ??= new Map(htmlEntityNames.split(' ').map(readEntity)));

function characterByName(name: string): string | undefined {
  const known = namedCharacters();
  const exact = known.get(name);
  if (exact !== undefined || name !== name.toUpperCase()) return exact;
  if (bareCapitals.some((start) => name.startsWith(start))) return undefined;
  return known.get(name.toLowerCase())?.toUpperCase();
}

function readEntity(entry: string): [name: string, characters: string] {
  const [name = '', codes = ''] = entry.split(':');
  return [name, String.fromCodePoint(...codes.split('+').map((code) => Number.parseInt(code, 16)))];
}

/** The character of a number by the HTML standard: Windows-1252 for the C1 controls, nothing for what is no character. */
function characterByNumber(number: number): string {
  if (number === 0 || (number >= 0xd800 && number <= 0xdfff) || number > 0x10ffff) return '\ufffd';
  if (number === 0x0d) return '\r';
  if (number >= 0x80 && number <= 0x9f) return windows1252Character(String.fromCharCode(number));
  const isControl = number < 0x20 && number !== 0x09 && number !== 0x0a && number !== 0x0c;
  const isNoncharacter = (number >= 0xfdd0 && number <= 0xfdef) || (number & 0xfffe) === 0xfffe;
  return isControl || number === 0x7f || isNoncharacter ? '' : String.fromCodePoint(number);
}
