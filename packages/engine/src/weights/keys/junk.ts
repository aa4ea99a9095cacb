/** What trainers leave in a file and no program that draws reads. */
const TRAINING = [
  'loss.',
  'first_stage_model.loss.',
  'optimizer.',
  'optimizer_states.',
  'lr_schedulers.',
  'callbacks.',
  'loops.',
  'discriminator.',
];
/** What a careless merge left in a checkpoint: parts of other files. */
const STRAY = ['embedding_manager.embedder.', 'lora_te_text_model', 'control_model.'];
const DENOISER = 'model.diffusion_model.';

/**
 * Tells which keys of a file hold nothing that drawing needs. A ControlNet or LoRA is junk only inside a checkpoint.
 */
export function junkTest(keys: Iterable<string>): (key: string) => boolean {
  const isCheckpoint = [...keys].some((key) => key.startsWith(DENOISER));
  const starts = isCheckpoint ? [...TRAINING, ...STRAY] : TRAINING;
  return (key) => starts.some((start) => key.startsWith(start));
}
