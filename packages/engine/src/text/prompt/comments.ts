/**
 * Removes comments as A1111 does by default: from `#` to the end of the line. A line that is nothing but a comment goes together with
 * its line break.
 */
export function stripComments(text: string): string {
  return text.replace(/(^|\n)#[^\n]*(?:\n|$)/g, '\n').replace(/#[^\n]*(?:\n|$)/g, '\n');
}
