import type { Trouble } from '@danqing/engine/errors';
import { phrases as all } from './phrases.ts';

/**
 * What the program says in English, in Chinese. Rooms below know one language; what they say is looked up here by its own words, in which
 * `{}` stands for whatever is filled in, `{#}` for a number, and `{*}` for whole statements. What is not listed stays as it is: a file's name, or a
 * sentence that nobody has translated yet.
 */
export function inChinese(text: string): string {
  // Words in quotes are somebody's own.
  if (/^"(?:[^"\\]|\\.)*"$/s.test(text)) return text;
  if (Object.hasOwn(all, text)) return all[text]!;
  const told = MESSAGE.exec(text)?.groups as Trouble | undefined;
  for (const { pattern, isOwn, isOpen, chinese } of (phrases ??= compile(all))) {
    const found = told !== undefined && isOpen ? null : pattern.exec(text);
    if (found !== null)
      return fill(
        chinese,
        found.slice(1).map((part, i) => (isOwn[i]! ? part : inChinese(part))),
      );
  }
  if (told !== undefined) return troubleInChinese(told);
  for (const [separator, chinese] of SEPARATORS) {
    const parts = text.split(separator);
    if (parts.length > 1) return parts.map(inChinese).join(chinese);
  }
  return text;
}

/** An error with the parts of its message, where it is one of ours. */
export interface ToldError {
  readonly message: string;
  readonly trouble?: Trouble | undefined;
}

/** An error in one sentence or two. */
export function errorInChinese({ message, trouble }: ToldError): string {
  return trouble === undefined ? inChinese(message) : troubleInChinese(trouble);
}

function troubleInChinese({ where, expected, found, advice }: Trouble): string {
  const told = `${placeInChinese(where)}：应为：${inChinese(expected)}；实际：${inChinese(found)}。`;
  return advice === undefined ? told : told + inChinese(advice);
}

/** Paths and addresses stay as they are. */
const placeInChinese = (where: string): string =>
  where
    .split(' › ')
    .map((part) => (IS_PLACE.test(part) ? part : inChinese(part)))
    .join(' › ');

const IS_PLACE = /^(?:[~.]?[\\/]|[a-z]:[\\/]|https?:|\S*[\\/]\S*$)/i;

interface Phrase {
  readonly pattern: RegExp;
  /** Of what is filled in, which is in quotes. */
  readonly isOwn: readonly boolean[];
  /** Says hardly more than that one thing is told of another, as messages of errors do too. */
  readonly isOpen: boolean;
  readonly chinese: string;
}

let phrases: readonly Phrase[] | undefined;

/** The message of a `DanqingError`, which may stand in another text. */
const MESSAGE = /^(?<where>.+?): expected (?<expected>.+?), found (?<found>.+?)\.(?: (?<advice>\S.*))?$/s;

/** What joins several statements in one text. */
const SEPARATORS = [
  [/(?<=[.…)]) (?=[A-Z`])/, ''],
  ['; ', '；'],
  [' › ', ' › '],
  [': ', '：'],
] as const;

/** Those that say most by themselves first, so that `only {}` does not take what `only {} in all` means. */
const compile = (list: Readonly<Record<string, string>>): Phrase[] =>
  Object.entries(list)
    .filter(([english]) => english.includes('{'))
    .sort(([a], [b]) => b.length - a.length)
    .map(([english, chinese]) => {
      const holes = english.match(HOLE) ?? [];
      const pieces = english.split(HOLE);
      const pattern = pieces.map((piece, i) => escape(piece) + (FILLED[holes[i] ?? ''] ?? '')).join('');
      const isOwn = holes.map((_, i) => pieces[i]!.endsWith('"'));
      const isOpen = english.startsWith('{}: {');
      return { pattern: new RegExp(`^${pattern}$`, 's'), isOwn, isOpen, chinese };
    });

const HOLE = /\{[*#]?\}/g;

const FILLED: Readonly<Record<string, string>> = {
  '{}': '((?:(?!; ).)*?)',
  '{#}': String.raw`(\d[\d.,]*)`,
  '{*}': '(.*?)',
};

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** `{}` takes the next of the parts, `{2}` the second. */
function fill(chinese: string, parts: readonly string[]): string {
  let next = 0;
  return chinese.replaceAll(/\{(\d*)\}/g, (_, place: string) => parts[place === '' ? next++ : Number(place) - 1] ?? '');
}
