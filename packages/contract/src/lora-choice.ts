import { z } from 'zod';

/** A LoRA or one of its kin, by its name or path; a weight that is absent is the author's, or 1. */
export const loraChoice = z.object({
  name: z.string().min(1),
  weight: z.number().optional(),
  textEncoderWeight: z.number().optional(),
});

export type LoraChoice = z.infer<typeof loraChoice>;
