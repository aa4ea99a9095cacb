import { z } from 'zod';

/** What is asked of `fit`. */
export const fitRequest = z.object({
  /** Path of the checkpoint; absent: the embedded starter. */
  checkpoint: z.string().optional(),
  /** Names or paths. */
  addOns: z.array(z.string().min(1)).min(1),
  /** Folders to look for them in, beside the program's own. */
  folders: z.array(z.string()).default([]),
  /** Its trigger words are looked for. */
  prompt: z.string().default(''),
});

export type FitInput = z.input<typeof fitRequest>;

/** How an add-on fits a checkpoint. */
export interface FitReport {
  readonly name: string;
  readonly fits: boolean;
  /** The report, or why it is refused, in both languages. */
  readonly says: readonly { readonly en: string; readonly zh: string }[];
  /** As in a picture's receipt; absent where it is refused. */
  readonly record?: object;
}
