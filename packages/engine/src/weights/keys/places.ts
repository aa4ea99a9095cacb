/** Key paths below which the parts of a checkpoint stand; of several the first that holds the part counts. */
export const places = {
  /** In a checkpoint, or a file of its own. */
  denoiser: ['model.diffusion_model', ''],
  /** The second one is what NovelAI's checkpoints and their descendants have. */
  clipText: ['cond_stage_model.transformer.text_model', 'cond_stage_model.transformer'],
  /** SD 2.x: as its authors keep it, and as the diffusers library does. */
  openClipH: ['cond_stage_model.model', 'cond_stage_model.transformer.text_model'],
  /** The two of SDXL; the refiner has the second one in the first one's place. */
  sdxlClipL: ['conditioner.embedders.0.transformer.text_model'],
  sdxlClipG: ['conditioner.embedders.1.model', 'conditioner.embedders.1.transformer.text_model'],
  refinerClipG: ['conditioner.embedders.0.model', 'conditioner.embedders.0.transformer.text_model'],
  /** CLIP-L in files of its own: of the transformers library (whose version 5 leaves the path out), of ComfyUI, and inside SD 3. */
  clipTower: [
    'text_model',
    '',
    'text_encoder.text_model',
    'clip_l.transformer.text_model',
    'text_encoders.clip_l.transformer.text_model',
  ],
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

/** A tensor that stands in files whose noise levels shall end in pure noise. */
export const ZERO_TERMINAL_SNR = 'ztsnr';
