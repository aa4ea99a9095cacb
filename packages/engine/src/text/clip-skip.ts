import type { ClipSkipRule } from '../family.ts';
import type { PromptOptions } from './prompt-options.ts';
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

/** The CLIP skips of a model's text encoders, and what there is to say about the one that was asked for. */
export interface AppliedClipSkip {
  /** For each encoder. */
  readonly clipSkips: readonly number[];
  /** What was done with the one that was asked for; 1 where it had no effect. */
  readonly clipSkip: number;
  readonly notes: readonly PromptNote[];
}

/** Applies the CLIP skip of the options to encoders that follow it; the others keep their usual one. */
export function applyClipSkip(
  options: Pick<PromptOptions, 'clipSkip' | 'sdxlClipLSkip'>,
  encoders: readonly { readonly layers: number; readonly clipSkip: ClipSkipRule }[],
): AppliedClipSkip {
  const follows = ({ clipSkip: { follows: when } }: { clipSkip: ClipSkipRule }): boolean =>
    when === 'always' || (when === 'sdxl_clip_l_skip' && options.sdxlClipLSkip);
  const applied = encoders.map((encoder) =>
    follows(encoder)
      ? clampClipSkip(options.clipSkip, encoder.layers)
      : { clipSkip: Math.min(encoder.clipSkip.usual, encoder.layers), notes: [] },
  );
  const clipSkips = applied.map(({ clipSkip }) => clipSkip);
  const following = encoders.findIndex(follows);
  if (following >= 0) {
    return { clipSkips, clipSkip: clipSkips[following]!, notes: applied.flatMap(({ notes }) => notes) };
  }
  return { clipSkips, clipSkip: 1, notes: options.clipSkip === 1 ? [] : [unusedNote(options.clipSkip, encoders)] };
}

function unusedNote(asked: number, encoders: readonly { readonly clipSkip: ClipSkipRule }[]): PromptNote {
  const option = encoders.map(({ clipSkip }) => clipSkip.follows).find((follows) => follows !== 'never');
  const unless = option === undefined ? '' : ` unless the option ${option} is on`;
  const message = `CLIP skip ${asked} has no effect: models of this family are read at the layer that they were trained with${unless}.`;
  return { code: 'clip-skip-unused', message };
}
