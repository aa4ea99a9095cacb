/** The same words in English and in Chinese: whatever the program says of a file to people. */
export interface Words {
  readonly en: string;
  readonly zh: string;
}

/** `1 tensor`, `2 tensors`: an English noun with its number. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
