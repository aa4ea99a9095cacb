import { z } from 'zod';

/** A folder with models that a person has named: this program's or another's. */
export const modelRoot = z.object({
  /** Absolute path of a folder, or of ComfyUI's `extra_model_paths.yaml`. */
  path: z.string().min(1),
  /** Kind of the models in it, where the folder does not tell by its name. */
  kind: z.string().optional(),
});

/** What a person has set, as `settings.json` holds it. Fields that are not known are kept. */
export const settings = z.looseObject({
  /** Folders with models beside the program's own. */
  modelRoots: z.array(modelRoot).default([]),
  /** A1111's option: Automatic, None, or the name of a VAE file. */
  sd_vae: z.string().default('Automatic'),
  /** A1111's option: a VAE chosen in `sd_vae` counts more than the one noted for a checkpoint or found near it. */
  sd_vae_overrides_per_model_preferences: z.boolean().default(true),
});

export type ModelRoot = z.infer<typeof modelRoot>;
export type Settings = z.infer<typeof settings>;
