import { recordedLists } from './checkpoints.ts';
import { type Example, type HeaderParts, indexOfShapes, type Shapes } from './example.ts';
import { unfold } from './folded-list.ts';

/** An example of names and shapes. */
export const make = (
  name: string,
  shapes: Shapes,
  expected: Example['expected'],
  { fileName = 'model.safetensors', ...parts }: HeaderParts & { readonly fileName?: string } = {},
): Example => ({ name, fileName, index: indexOfShapes(fileName, shapes, parts), expected });

/** An example of a recorded list. */
export const recorded = (name: string, expected: Example['expected']): Example =>
  make(name, unfold(recordedLists[name]!), expected);
