import { z } from 'zod';

const text = z.string();

/** What a person notes about a model, kept in a JSON file beside it. The first seven are A1111's. */
export const modelNotes = z.object({
  description: text.optional(),
  notes: text.optional(),
  /** `SD1`, `SD2`, `SDXL` or `Unknown`. */
  sdVersion: text.optional(),
  /** Trigger words. */
  activationText: text.optional(),
  /** 0 means the usual one. */
  preferredWeight: z.number().optional(),
  negativeText: text.optional(),
  /** Name of a VAE file, `Automatic` or `None`. */
  vae: text.optional(),
  /** anime, realistic, 2.5d …; of a LoRA: character, style, concept, clothing, object … */
  category: text.optional(),
  /** What it is good at. */
  style: text.optional(),
  promptStructure: text.optional(),
  negativeStructure: text.optional(),
  vaeAdvice: text.optional(),
  /** The checkpoint it is best used with. */
  recommendedBase: text.optional(),
  clipSkip: z.number().optional(),
});

export type ModelNotes = z.infer<typeof modelNotes>;
