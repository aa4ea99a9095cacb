/** Why a prompt was not taken quite as it stands; each code is one kind of remark. */
export type PromptNoteCode =
  | 'and-in-negative-prompt'
  | 'bar-in-schedule'
  | 'break-in-brackets'
  | 'clip-skip-clamped'
  | 'clip-skip-unused'
  | 'embedding-cut'
  | 'embedding-moved'
  | 'embedding-unusable'
  | 'mean-not-restored'
  | 'nesting-too-deep'
  | 'read-literally'
  | 'stray-bracket'
  | 'tag-in-negative-prompt'
  | 'tag-normalised'
  | 'tag-of-later-prompt'
  | 'tag-unhandled'
  | 'weight-not-a-number';

/** A remark about a prompt for its writer: nothing that a prompt asks for is dropped or changed without one. */
export interface PromptNote {
  readonly code: PromptNoteCode;
  readonly message: string;
}

const longestQuote = 60;

/** Quotes a piece of a prompt in a message, shortened when it is long. */
export function quote(text: string): string {
  const characters = Array.from(text.slice(0, 2 * longestQuote));
  const shown = characters.slice(0, longestQuote).join('');
  return shown.length < text.length ? `"${shown}…"` : `"${text}"`;
}
