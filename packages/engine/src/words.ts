/** The same words in English and in Chinese: whatever the program says of a file to people. */
export interface Words {
  readonly en: string;
  readonly zh: string;
}

/** Joins words by a comma of each language. */
export function listed(words: readonly Words[]): Words {
  return { en: words.map(({ en }) => en).join(', '), zh: words.map(({ zh }) => zh).join('、') };
}
