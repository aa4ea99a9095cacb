// A1111 is written in Python, and its files carry what Python means by white space, a word and a number.

const SPACE = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const LEADING = new RegExp(`^${SPACE}+`);
const WORD = /[\p{L}\p{N}_]/u;

/** Whether a character is white space to Python's `str.strip`. */
export const isPythonSpace = (character: string): boolean => LEADING.test(character);

/** Whether a character (a whole code point) is matched by `\w` of a Python pattern. */
export const isPythonWord = (character: string): boolean => WORD.test(character);

/** `str.strip()`: takes white space off both ends. */
export function stripPython(text: string): string {
  let end = text.length;
  while (end > 0 && isPythonSpace(text[end - 1]!)) end--;
  return text.slice(0, end).replace(LEADING, '');
}

/** `str(number)` for a finite number; a whole number has no fraction, as A1111's own page sends it. */
export function printPython(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e16) return value.toFixed(0);
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (power >= -4 && power < 16) return expand(digits, power);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** Writes `digits · 10^power` without an exponent; JavaScript would use one below 1e-6 only. */
function expand(digits: string, power: number): string {
  const sign = digits.startsWith('-') ? '-' : '';
  const plain = digits.replace('-', '').replace('.', '');
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${plain}`;
  const whole = plain.slice(0, power + 1).padEnd(power + 1, '0');
  const rest = plain.slice(power + 1);
  return `${sign}${whole}${rest === '' ? '' : `.${rest}`}`;
}
