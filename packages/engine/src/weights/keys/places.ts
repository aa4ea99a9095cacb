/** Key paths below which the parts of a checkpoint stand; of several the first that holds the part counts. */
export const places = {
  denoiser: ['model.diffusion_model'],
  /** The second one is what NovelAI's checkpoints and their descendants have. */
  clipText: ['cond_stage_model.transformer.text_model', 'cond_stage_model.transformer'],
  /** In a checkpoint, or a file of its own. */
  kl: ['first_stage_model', ''],
} as const satisfies Record<string, readonly string[]>;

/** The same for a tiny autoencoder, with the index of its first layer there: some count the clamp before it, some do not. */
export const taesdPlaces = {
  decoder: [
    { path: 'decoder.layers', first: 0 },
    { path: 'taesd_decoder', first: 1 },
    { path: 'decoder', first: 1 },
    { path: '', first: 1 },
  ],
  encoder: [{ path: 'encoder.layers' }, { path: 'taesd_encoder' }, { path: 'encoder' }, { path: '' }],
} as const;
