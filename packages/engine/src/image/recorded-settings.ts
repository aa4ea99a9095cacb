export type SettingValue = number | boolean | string;

/** How a setting that changes a picture is written into an infotext. */
export interface RecordedSetting {
  readonly key: string;
  /** Not written at this value; its type is the type of the setting. */
  readonly default: SettingValue;
  /** Other spellings of the key that occur in pictures. */
  readonly otherKeys?: readonly string[];
}

/**
 * The settings of A1111 v1.10.1 that change a picture, by option name. Those below "own keys" are not recorded by A1111,
 * which is a common reason that its pictures cannot be made again; the keys are ours.
 */
export const RECORDED_SETTINGS = {
  fp8_storage: { key: 'FP8 weight', default: 'Disable' },
  cache_fp16_weight: { key: 'Cache FP16 weight for LoRA', default: false },
  inpainting_mask_weight: { key: 'Conditional mask weight', default: 1 },
  eta_noise_seed_delta: { key: 'ENSD', default: 0 },
  token_merging_ratio: { key: 'Token merging ratio', default: 0 },
  token_merging_ratio_hr: { key: 'Token merging ratio hr', default: 0 },
  sd_vae_encode_method: { key: 'VAE Encoder', default: 'Full' },
  use_old_scheduling: { key: 'Old prompt editing timelines', default: false },
  emphasis: { key: 'Emphasis', default: 'Original' },
  use_downcasted_alpha_bar: { key: 'Downcast alphas_cumprod', default: false },
  sd_noise_schedule: { key: 'Noise Schedule', default: 'Default' },
  initial_noise_multiplier: { key: 'Noise multiplier', default: 1 },
  always_discard_next_to_last_sigma: { key: 'Discard penultimate sigma', default: false },
  sigma_min: { key: 'Schedule min sigma', default: 0 },
  sigma_max: { key: 'Schedule max sigma', default: 0 },
  rho: { key: 'Schedule rho', default: 0 },
  // A1111 writes "schedule" and, on paste, looks for "scheduler".
  beta_dist_alpha: { key: 'Beta schedule alpha', default: 0.6, otherKeys: ['Beta scheduler alpha'] },
  beta_dist_beta: { key: 'Beta schedule beta', default: 0.6, otherKeys: ['Beta scheduler beta'] },
  sgm_noise_multiplier: { key: 'SGM noise multiplier', default: false },
  img2img_extra_noise: { key: 'Extra noise', default: 0 },
  eta_ancestral: { key: 'Eta', default: 1 },
  eta_ddim: { key: 'Eta DDIM', default: 0 },
  s_churn: { key: 'Sigma churn', default: 0 },
  s_tmin: { key: 'Sigma tmin', default: 0 },
  s_tmax: { key: 'Sigma tmax', default: 0 },
  s_noise: { key: 'Sigma noise', default: 1 },
  refiner_switch_by_sample_steps: { key: 'Refiner switch by sampling steps', default: false },
  hires_fix_refiner_pass: { key: 'Hires refiner', default: 'second pass' },
  skip_early_cond: { key: 'Skip Early CFG', default: 0 },
  s_min_uncond: { key: 'NGMS', default: 0 },
  s_min_uncond_all: { key: 'NGMS all steps', default: false },
  pad_cond_uncond: { key: 'Pad conds', default: false },
  pad_cond_uncond_v0: { key: 'Pad conds v0', default: false },
  sd_vae_decode_method: { key: 'VAE Decoder', default: 'Full' },
  // Own keys.
  uni_pc_variant: { key: 'UniPC variant', default: 'bh1' },
  uni_pc_skip_type: { key: 'UniPC skip type', default: 'time_uniform' },
  uni_pc_order: { key: 'UniPC order', default: 3 },
  uni_pc_lower_order_final: { key: 'UniPC lower order final', default: true },
  enable_quantization: { key: 'Timestep quantization', default: false },
  use_old_karras_scheduler_sigmas: { key: 'Old Karras sigmas', default: false },
  no_dpmpp_sde_batch_determinism: { key: 'No SDE batch determinism', default: false },
  img2img_fix_steps: { key: 'Exact img2img steps', default: false },
  img2img_color_correction: { key: 'Color correction', default: false },
  batch_cond_uncond: { key: 'Batch cond uncond', default: true },
  comma_padding_backtrack: { key: 'Comma backtrack', default: 20 },
  enable_prompt_comments: { key: 'Prompt comments', default: true },
  sdxl_crop_top: { key: 'SDXL crop top', default: 0 },
  sdxl_crop_left: { key: 'SDXL crop left', default: 0 },
  sdxl_refiner_high_aesthetic_score: { key: 'SDXL high aesthetic score', default: 6 },
  sdxl_refiner_low_aesthetic_score: { key: 'SDXL low aesthetic score', default: 2.5 },
  sdxl_clip_l_skip: { key: 'SDXL clip L skip', default: false },
  upcast_attn: { key: 'Upcast attention', default: false },
} as const satisfies Record<string, RecordedSetting>;

export type SettingName = keyof typeof RECORDED_SETTINGS;

/** Whether a text is the name of a setting that pictures record. */
export const isSettingName = (text: string): text is SettingName => Object.hasOwn(RECORDED_SETTINGS, text);

/**
 * Reads a recorded value by the type of the setting's default.
 * @returns undefined when the text is not of that type.
 */
export function parseSetting(name: SettingName, text: string): SettingValue | undefined {
  const kind = typeof RECORDED_SETTINGS[name].default;
  if (kind === 'string') return text;
  if (kind === 'number') {
    const value = text.trim() === '' ? NaN : Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  const lower = text.trim().toLowerCase();
  return lower === 'true' ? true : lower === 'false' ? false : undefined;
}
