/** The one key that A1111's merger leaves as it is: positions that half precision once spoiled. */
const SKIPPED = 'cond_stage_model.transformer.text_model.embeddings.position_ids';

/** Whether A1111's merger computes a tensor of this name that both models have. */
export const isMerged = (key: string): boolean => key.includes('model') && key !== SKIPPED;

/** Where the VAE stands in a checkpoint. */
export const VAE_PREFIX = 'first_stage_model.';

/** Names of NovelAI's time, as A1111 reads them. */
const MOVED = [
  ['cond_stage_model.transformer.embeddings.', 'cond_stage_model.transformer.text_model.embeddings.'],
  ['cond_stage_model.transformer.encoder.', 'cond_stage_model.transformer.text_model.encoder.'],
  ['cond_stage_model.transformer.final_layer_norm.', 'cond_stage_model.transformer.text_model.final_layer_norm.'],
] as const;

/** The name that a tensor of a checkpoint has today. */
export function currentKey(key: string): string {
  const moved = MOVED.find(([from]) => key.startsWith(from));
  return moved === undefined ? key : moved[1] + key.slice(moved[0].length);
}

/** A tensor of a VAE by the name it has in a file of its own; undefined for what is no part of it. */
export function bareVaeKey(key: string, isCheckpoint: boolean): string | undefined {
  if (isCheckpoint) return key.startsWith(VAE_PREFIX) ? key.slice(VAE_PREFIX.length) : undefined;
  const ignored = key.startsWith('loss') || key.startsWith('model_ema.');
  return ignored ? undefined : key;
}
