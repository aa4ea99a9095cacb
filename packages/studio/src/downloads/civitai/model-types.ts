/** Civitai's types of models that a kind of ours is called there; the first is the usual one. */
export const civitaiTypes: Readonly<Record<string, readonly [string, ...string[]]>> = {
  checkpoint: ['Checkpoint'],
  embedding: ['TextualInversion'],
  hypernetwork: ['Hypernetwork'],
  'aesthetic-gradient': ['AestheticGradient'],
  lora: ['LORA', 'DoRA'],
  lycoris: ['LoCon'],
  controlnet: ['Controlnet'],
  vae: ['VAE'],
  upscaler: ['Upscaler'],
  'motion-module': ['MotionModule'],
};

/** Types of single files that are of another kind than their model. */
const FILE_KINDS: Readonly<Record<string, string>> = { VAE: 'vae', 'Text Encoder': 'text-encoder' };

/** The kind that Civitai's words promise, for a model's type and that of one of its files; undefined for other things. */
export function kindOfType(modelType: string | undefined, fileType?: string): string | undefined {
  const byFile = fileType === undefined ? undefined : FILE_KINDS[fileType];
  return byFile ?? Object.entries(civitaiTypes).find(([, types]) => types.includes(modelType ?? ''))?.[0];
}

/** A1111's short name of a base model as Civitai writes it; undefined for what A1111 has no name for. */
export function sdVersionOf(baseModel: string | undefined): 'SD1' | 'SD2' | 'SDXL' | undefined {
  if (baseModel === undefined) return undefined;
  if (baseModel.startsWith('SD 1.')) return 'SD1';
  if (baseModel.startsWith('SD 2.')) return 'SD2';
  return /^(?:SDXL|Pony$|Illustrious|NoobAI)/.test(baseModel) ? 'SDXL' : undefined;
}
