import type { Words } from '../../words.ts';

/** A stretch of a checkpoint: a part, or what comes with one. */
export type SectionId =
  | 'denoiser'
  | 'ema'
  | 'clip-l'
  | 'openclip-h'
  | 'openclip-g'
  | 't5'
  | 'roberta'
  | 'text-encoder'
  | 'text-encoder-2'
  | 'text-encoder-3'
  | 'vae'
  | 'control'
  | 'depth'
  | 'image-encoder'
  | 'noise-table'
  | 'other';

/** A section and how the keys in it begin. */
export interface Section {
  readonly id: SectionId;
  readonly title: Words;
  readonly starts: readonly string[];
}

/** The sections of a checkpoint; of several beginnings that fit a key, the first counts. */
export const sections: readonly Section[] = [
  {
    id: 'denoiser',
    title: { en: 'denoiser', zh: '去噪网络' },
    starts: ['model.diffusion_model.'],
  },
  { id: 'ema', title: { en: 'EMA weights', zh: 'EMA 权重' }, starts: ['model_ema.'] },
  {
    id: 'openclip-g',
    title: { en: 'text encoder OpenCLIP-bigG', zh: '文本编码器 OpenCLIP-bigG' },
    starts: ['conditioner.embedders.1.', 'conditioner.embedders.0.model.', 'text_encoders.clip_g.'],
  },
  {
    id: 'openclip-h',
    title: { en: 'text encoder OpenCLIP-H', zh: '文本编码器 OpenCLIP-H' },
    starts: ['cond_stage_model.model.'],
  },
  {
    id: 'roberta',
    title: { en: 'text encoder XLM-RoBERTa', zh: '文本编码器 XLM-RoBERTa' },
    starts: ['cond_stage_model.roberta.', 'cond_stage_model.transformation', 'cond_stage_model.pre_LN.'],
  },
  {
    id: 'image-encoder',
    title: { en: 'image encoder', zh: '图像编码器' },
    starts: [
      'embedder.model.',
      'noise_augmentor.',
      'conditioner.embedders.0.open_clip.',
      'conditioner.embedders.3.',
      'cond_stage_model.vision_model.',
    ],
  },
  {
    id: 'clip-l',
    title: { en: 'text encoder CLIP-L', zh: '文本编码器 CLIP-L' },
    starts: [
      'cond_stage_model.transformer.',
      'cond_stage_model.logit_scale',
      'cond_stage_model.text_projection',
      'conditioner.embedders.0.transformer.',
      'text_encoders.clip_l.',
    ],
  },
  { id: 't5', title: { en: 'text encoder T5-XXL', zh: '文本编码器 T5-XXL' }, starts: ['text_encoders.t5xxl.'] },
  {
    id: 'text-encoder',
    title: { en: 'text encoder', zh: '文本编码器' },
    starts: ['cond_stage_model.', 'conditioner.', 'text_encoders.', 'text_encoder.'],
  },
  { id: 'vae', title: { en: 'VAE', zh: 'VAE' }, starts: ['first_stage_model.', 'vae.'] },
  { id: 'control', title: { en: 'ControlNet', zh: 'ControlNet' }, starts: ['control_model.'] },
  { id: 'depth', title: { en: 'depth estimator', zh: '深度估计网络' }, starts: ['depth_model.'] },
  {
    id: 'noise-table',
    title: { en: 'noise table', zh: '噪声表' },
    starts: [
      'alphas_cumprod',
      'betas',
      'sqrt_',
      'log_one_minus_alphas_cumprod',
      'posterior_',
      'logvar',
      'denoiser.sigmas',
      'model_sampling.',
    ],
  },
  { id: 'other', title: { en: 'anything else', zh: '其他' }, starts: [''] },
];

/** The sections of a diffusers folder, whose parts are folders. */
export const folderSections: readonly Section[] = [
  { id: 'denoiser', title: { en: 'denoiser', zh: '去噪网络' }, starts: ['unet.', 'transformer.', 'prior.'] },
  { id: 'text-encoder', title: { en: 'text encoder', zh: '文本编码器' }, starts: ['text_encoder.'] },
  { id: 'text-encoder-2', title: { en: 'second text encoder', zh: '第二文本编码器' }, starts: ['text_encoder_2.'] },
  { id: 'text-encoder-3', title: { en: 'third text encoder', zh: '第三文本编码器' }, starts: ['text_encoder_3.'] },
  { id: 'vae', title: { en: 'VAE', zh: 'VAE' }, starts: ['vae.', 'vqgan.'] },
  { id: 'image-encoder', title: { en: 'image encoder', zh: '图像编码器' }, starts: ['image_encoder.'] },
  { id: 'other', title: { en: 'anything else', zh: '其他' }, starts: [''] },
];

/** Sections that read the prompt. */
export const textSections: ReadonlySet<SectionId> = new Set<SectionId>([
  'clip-l',
  'openclip-h',
  'openclip-g',
  't5',
  'roberta',
  'text-encoder',
  'text-encoder-2',
  'text-encoder-3',
]);

/** Titles of sections by their id. */
export const sectionTitles: Readonly<Record<SectionId, Words>> = Object.fromEntries(
  [...sections, ...folderSections].map(({ id, title }) => [id, title]),
) as Record<SectionId, Words>;
