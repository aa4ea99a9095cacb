import type { ErrorCode } from '@danqing/studio/errors';

/** What the program's exit code says; docs/exit-codes.md tells it to people. */
export const EXIT = { ok: 0, failed: 1, badInput: 2, differs: 3, dangerous: 4, unknown: 5, cancelled: 130 } as const;

/** Errors that another command line or another file would not have; all others are failures. */
const BAD_INPUT: ReadonlySet<unknown> = new Set<ErrorCode>([
  'bad-file',
  'bad-shape',
  'bad-value',
  'missing',
  'unknown-family',
  'unsupported',
]);

/** The exit code for an error that ended the program; anything unforeseen is a failure. */
export function exitCodeOf(error: unknown): number {
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown };
  if (name !== 'DanqingError') return EXIT.failed;
  return code === 'cancelled' ? EXIT.cancelled : BAD_INPUT.has(code) ? EXIT.badInput : EXIT.failed;
}
