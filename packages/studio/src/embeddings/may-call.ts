/** Tells which names may stand in a text, however brackets and weights cut it up; none that does is missed. */
export function mayCall(text: string): (name: string) => boolean {
  const words = compact(text);
  return (name) => words.includes(compact(name));
}

/** Letters and digits alone, in one case: what every way to read a prompt keeps in its order. */
const compact = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
