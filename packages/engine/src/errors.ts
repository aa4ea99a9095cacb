/** Machine-readable reasons; each is documented in docs/errors.md through its message. */
export type ErrorCode =
  | 'bad-file'
  | 'bad-shape'
  | 'bad-value'
  | 'cancelled'
  | 'crashed'
  | 'denied'
  | 'missing'
  | 'network'
  | 'not-a-number'
  | 'no-memory'
  | 'unknown-family'
  | 'unsupported'
  | 'io';

/** What an error has to say: where it is, what was expected there, what was found, and what the reader can do about it. */
export interface Trouble {
  readonly where: string;
  readonly expected: string;
  readonly found: string;
  readonly advice?: string;
}

/** The one error that the product shows to people: its message is the whole story in one or two sentences. */
export class DanqingError extends Error {
  readonly code: ErrorCode;
  readonly trouble: Trouble;

  constructor(code: ErrorCode, trouble: Trouble) {
    const advice = trouble.advice === undefined ? '' : ` ${trouble.advice}`;
    super(`${trouble.where}: expected ${trouble.expected}, found ${trouble.found}.${advice}`);
    this.name = 'DanqingError';
    this.code = code;
    this.trouble = trouble;
  }
}
