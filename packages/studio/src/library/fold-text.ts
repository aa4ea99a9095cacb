/** A text as searches compare it: without differences of case, width and composition of characters. */
export const foldText = (text: string): string => text.normalize('NFKC').toLowerCase();

/** What a search asks for: folded words, each of which must be found; `_` and `-` part words as blanks do. */
export const wordsOf = (query: string): string[] => [...new Set(foldText(query).split(/[\s_-]+/))].filter(Boolean);
