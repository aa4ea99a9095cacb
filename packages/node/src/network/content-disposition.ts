/**
 * The file name in a `Content-Disposition` header, in every form that servers send it: tokens, quoted strings, RFC 5987
 * (`filename*`), RFC 2231 (in numbered pieces), RFC 2047 (as in mail), percent signs, and bytes that are not ASCII. The
 * name is what the server says, not yet one that can be used.
 * @param header as Node reads it: one character per byte.
 */
export function parseContentDisposition(header: string): string | undefined {
  const parameters = splitParameters(header);
  const extended = decodeExtended(parameters.get('filename*'));
  const pieces = joinPieces(parameters);
  const plain = parameters.get('filename');
  const name = extended ?? pieces ?? (plain === undefined ? undefined : decodePlain(plain));
  return name === undefined || name === '' ? undefined : name;
}

/** Names in small letters and their values without quotes. A semicolon inside quotes separates nothing. */
function splitParameters(header: string): Map<string, string> {
  const found = new Map<string, string>();
  // Some servers leave out `attachment;` and begin with the name.
  const pattern = /(?:^|[;\s])([\w!#$&+.^`|~-]+\*?(?:\d+\*?)?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))/gy;
  const start = /^\s*[\w-]+\s*(?=;|$)/.exec(header)?.[0].length ?? 0;
  for (let at = start; at < header.length; at++) {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match === null) continue;
    const [whole, name, quoted, bare] = match;
    const key = name!.toLowerCase();
    if (!found.has(key)) found.set(key, quoted === undefined ? bare!.trim() : unescape(quoted));
    at += whole.length - 1;
  }
  return found;
}

/** Internet Explorer sends backslashes as they are: only quotes and backslashes are taken for escaped. */
const unescape = (text: string): string => text.replace(/\\(["\\])/g, '$1');

/** `UTF-8''%e4%b8%ad.ckpt` */
function decodeExtended(value: string | undefined): string | undefined {
  const match = /^([\w-]*)'[^']*'(.*)$/s.exec(value ?? '');
  return match === null ? undefined : decodeBytes(percentBytes(match[2]!), match[1]!);
}

/** `filename*0="a"; filename*1*=%20b`: pieces in order, each with or without percent signs. */
function joinPieces(parameters: ReadonlyMap<string, string>): string | undefined {
  let bytes = '';
  let charset = '';
  for (let i = 0; ; i++) {
    const encoded = parameters.get(`filename*${i}*`);
    const piece = encoded ?? parameters.get(`filename*${i}`);
    if (piece === undefined) return i === 0 ? undefined : decodeBytes(bytes, charset);
    const [, named = '', text = piece] = (i === 0 && encoded && /^([\w-]*)'[^']*'(.*)$/s.exec(encoded)) || [];
    charset ||= named;
    bytes += encoded === undefined ? text : percentBytes(text);
  }
}

function decodePlain(value: string): string {
  const mail = value.replace(/=\?([\w-]+)\?([bq])\?([^?]*)\?=\s*/gi, (_, charset: string, kind: string, text: string) =>
    decodeBytes(
      kind.toLowerCase() === 'b' ? Buffer.from(text, 'base64').toString('latin1') : quotedBytes(text),
      charset,
    ),
  );
  if (mail !== value) return mail;
  // Browsers read percent signs in plain names too, where all of them make sense.
  const bytes = /%[\da-f]{2}/i.test(value) ? percentBytes(value) : value;
  const decoded = isUtf8(bytes) ? decodeBytes(bytes, 'utf-8') : value;
  return decoded === value ? decodeBytes(value, '') : decoded;
}

const percentBytes = (text: string): string =>
  text.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const quotedBytes = (text: string): string => percentBytes(text.replaceAll('_', ' ').replace(/=([\da-f]{2})/gi, '%$1'));

/** Text of bytes (one character each) in a charset; unknown charsets are guessed: UTF-8, GBK for pairs of high bytes, Latin-1. */
function decodeBytes(bytes: string, charset: string): string {
  const buffer = Buffer.from(bytes, 'latin1');
  const label = charset.toLowerCase();
  if (label !== '' && label !== 'utf-8') {
    try {
      return new TextDecoder(label).decode(buffer);
    } catch {
      // A charset that nobody knows is guessed like none.
    }
  }
  if (isUtf8(bytes)) return buffer.toString('utf8');
  const isPaired = (bytes.match(/[\x80-\xff]+/g) ?? []).every((run) => run.length % 2 === 0);
  return isPaired ? new TextDecoder('gb18030').decode(buffer) : bytes;
}

function isUtf8(bytes: string): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(bytes, 'latin1'));
    return true;
  } catch {
    return false;
  }
}
