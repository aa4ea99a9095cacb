import type { KeyLayout } from '../../family.ts';

/** A network whose tensors can be listed from a few sizes. */
export type StructureId = 'unet' | 'diffusers-unet' | 'kl' | 'diffusers-kl' | 'clip-text' | 'openclip-text';

/** A network inside a checkpoint or folder: the path it stands below, and a key that shows that it does. */
export interface PlacedStructure {
  readonly id: StructureId;
  readonly at: string;
  readonly anchor: string;
}

const placed = (id: StructureId, anchor: string, paths: readonly string[]): readonly PlacedStructure[] =>
  paths.map((at) => ({ id, at, anchor: at + anchor }));

/** Where networks stand in checkpoints and diffusers folders. */
export const structuresInside: readonly PlacedStructure[] = [
  ...placed('unet', 'input_blocks.*', ['model.diffusion_model.']),
  ...placed('diffusers-unet', 'down_blocks.*.resnets.*', ['unet.']),
  ...placed('kl', 'decoder.up.*', ['first_stage_model.', 'vae.']),
  ...placed('diffusers-kl', 'decoder.up_blocks.*', ['vae.']),
  ...placed('clip-text', 'encoder.layers.*', [
    'cond_stage_model.transformer.text_model.',
    'cond_stage_model.transformer.',
    'conditioner.embedders.0.transformer.text_model.',
    'conditioner.embedders.1.transformer.text_model.',
    'text_encoders.clip_l.transformer.text_model.',
    'text_encoders.clip_g.transformer.text_model.',
    'text_encoder.text_model.',
    'text_encoder_2.text_model.',
  ]),
  ...placed('openclip-text', 'transformer.resblocks.*', [
    'cond_stage_model.model.',
    'conditioner.embedders.0.model.',
    'conditioner.embedders.1.model.',
  ]),
];

/** The same networks, each alone in a file. */
export const structuresAlone: readonly PlacedStructure[] = [
  ...placed('unet', 'input_blocks.*', ['']),
  ...placed('diffusers-unet', 'down_blocks.*.resnets.*', ['']),
  ...placed('kl', 'decoder.up.*', ['', 'first_stage_model.']),
  ...placed('kl', 'encoder.down.*', ['', 'first_stage_model.']),
  ...placed('diffusers-kl', 'decoder.up_blocks.*', ['']),
  ...placed('clip-text', 'encoder.layers.*', ['text_model.', '', 'text_encoder.text_model.']),
  ...placed('openclip-text', 'transformer.resblocks.*', ['', 'model.']),
];

/** Path below which a transformer stands, by the layout of the file. */
export const denoiserAt: Readonly<Record<KeyLayout['id'], string>> = {
  checkpoint: 'model.diffusion_model.',
  bare: '',
  diffusers: '',
  folder: 'transformer.',
};
