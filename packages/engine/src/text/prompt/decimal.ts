import { digit } from '../character-classes.ts';

const number = new RegExp(`^[+-]?(?:${digit}+\\.?${digit}*|\\.${digit}+)$`, 'u');
const foreignDigit = /(?![0-9])\p{Nd}/gu;
const isDigit = /^\p{Nd}$/u;

/**
 * Reads a weight such as `1.3`, `.5`, `-1` or `١.٥` (decimal digits of any script).
 * @returns undefined when it is no finite number (`1.2.3`, `.`).
 */
export function parseDecimal(text: string): number | undefined {
  if (!number.test(text)) return undefined;
  const value = Number(text.replace(foreignDigit, (character) => String(digitValue(character.codePointAt(0) ?? 0))));
  return Number.isFinite(value) ? value : undefined;
}

/** Unicode keeps the digits 0–9 of a script in one run; only the five styles of mathematical digits touch each other. */
function digitValue(codePoint: number): number {
  const firstMathematical = 0x1d7ce;
  if (codePoint >= firstMathematical && codePoint <= 0x1d7ff) return (codePoint - firstMathematical) % 10;
  let value = 0;
  while (value < 9 && isDigit.test(String.fromCodePoint(codePoint - value - 1))) value++;
  return value;
}
