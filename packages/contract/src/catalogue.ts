import { z } from 'zod';

const text = z.string();
const texts = z.array(text);
const words = z.strictObject({ en: text, zh: text });
const range = z.tuple([z.number(), z.number()]);

/** An entry of the built-in catalogue of well-known models: facts that were printed; what is absent was not said. */
export const catalogueEntry = z.strictObject({
  /** Stable, unique. */
  id: text,
  name: text,
  /** Other names, for searching; misprinted ones too. */
  alsoCalled: texts.optional(),
  kind: z.enum([
    'checkpoint',
    'vae',
    'embedding',
    'hypernetwork',
    'lora',
    'lycoris',
    'aesthetic-gradient',
    'controlnet',
    'preprocessor',
    'tool',
  ]),
  base: z.enum(['sd1', 'sd2', 'sdxl', 'flux1-dev']).optional(),
  nativeSize: range.optional(),
  /** Of checkpoints: anime, realistic, 2.5d; of LoRAs: character, style, concept, clothing, object. */
  class: z.enum(['anime', 'realistic', '2.5d', 'character', 'style', 'concept', 'clothing', 'object']).optional(),
  purpose: words,
  advice: words.optional(),
  /** Recommended base models, any one of which will do. */
  needs: texts.optional(),
  /** Used together. */
  pairWith: texts.optional(),
  triggerWords: texts.optional(),
  recommendedWeight: z.union([z.number(), range]).optional(),
  clipSkip: z.number().optional(),
  cfg: range.optional(),
  links: z
    .array(z.strictObject({ url: text, printedIn: text, site: text.optional(), note: text.optional() }))
    .optional(),
  fileName: text.optional(),
  sizeText: text.optional(),
  /** Ten digits of the SHA-256: as Civitai prints it, and as the WebUI does. */
  hashes: z.strictObject({ autoV2: text.optional(), shortHash: text.optional() }).optional(),
  mergeOf: texts.optional(),
  printedIn: texts,
});

export type CatalogueEntry = z.infer<typeof catalogueEntry>;
