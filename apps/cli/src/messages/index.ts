import { en } from './en.ts';
import { zh } from './zh.ts';

/** Everything that the program says in one language. */
export type Messages = typeof en;

const languages = { en, zh };

export type Language = keyof typeof languages;

export const languageNames = Object.keys(languages) as Language[];

/** The messages of a language; English where it is none of ours. */
export const messagesIn = (language: string): Messages =>
  Object.hasOwn(languages, language) ? languages[language as Language] : en;

/** The language that a person's system is set to. */
export function systemLanguage(env: NodeJS.ProcessEnv): Language {
  const set = [env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find((value) => value !== undefined && value !== '');
  return /^zh\b/.test((set ?? Intl.DateTimeFormat().resolvedOptions().locale).replace('_', '-')) ? 'zh' : 'en';
}
