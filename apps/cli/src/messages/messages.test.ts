import { describe, expect, it } from 'vitest';
import { commands } from '../commands/index.ts';
import { languageNames, messagesIn, systemLanguage } from './index.ts';

describe('systemLanguage', () => {
  it.each([
    [{ LANG: 'zh_CN.UTF-8' }, 'zh'],
    [{ LC_ALL: 'zh_TW', LANG: 'en_US.UTF-8' }, 'zh'],
    [{ LC_ALL: '', LANG: 'zh-Hans' }, 'zh'],
    [{ LC_ALL: 'C', LANG: 'zh_CN' }, 'en'],
    [{ LANG: 'de_DE.UTF-8' }, 'en'],
  ])('of %j is %s', (env, language) => {
    expect(systemLanguage(env)).toBe(language);
  });
});

it('is English where a language is none of ours', () => {
  expect(messagesIn('fr')).toBe(messagesIn('en'));
  expect(messagesIn('toString')).toBe(messagesIn('en'));
});

it.each(languageNames)('%s has no empty message', (language) => {
  const empty: string[] = [];
  const walk = (value: unknown, path: string): void => {
    if (value === '') empty.push(path);
    else if (typeof value === 'object')
      for (const [key, inner] of Object.entries(value as object)) walk(inner, `${path}.${key}`);
  };
  walk(messagesIn(language), language);
  expect(empty).toEqual([]);
});

it('every command is named like its file is found', () => {
  for (const [name, command] of Object.entries(commands)) {
    expect(command.name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())).toBe(name);
  }
});
