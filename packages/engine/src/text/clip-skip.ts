import type { PromptNote } from './prompt/prompt-note.ts';

/**
 * The CLIP skip that an encoder of so many layers can apply: a whole number from 1 to `layers`, at which only the first layer runs.
 * Anything else becomes the nearest one, with a note.
 */
export function clampClipSkip(asked: number, layers: number): { clipSkip: number; notes: PromptNote[] } {
  const clipSkip = Number.isNaN(asked) ? 1 : Math.min(Math.max(Math.trunc(asked), 1), layers);
  if (clipSkip === asked) return { clipSkip, notes: [] };
  const message = `CLIP skip ${asked} is not possible with a text encoder of ${layers} layers; ${clipSkip} was used.`;
  return { clipSkip, notes: [{ code: 'clip-skip-clamped', message }] };
}
