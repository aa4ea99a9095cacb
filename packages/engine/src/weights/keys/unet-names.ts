/** What a residual block calls its layers. */
interface ResnetNames {
  readonly norm1: string;
  readonly conv1: string;
  readonly time: string;
  readonly norm2: string;
  readonly conv2: string;
  readonly shortcut: string;
}

/** Where the blocks of a UNet stand. Levels count from the finest on the way down, from the coarsest on the way up. */
export interface UnetNames {
  readonly time: readonly [string, string];
  /** The two layers for a vector of sizes; several names where models differ. */
  readonly vector: readonly (readonly [string, string])[];
  readonly guidance: string;
  readonly start: string;
  readonly endNorm: string;
  readonly end: string;
  readonly resnet: ResnetNames;
  /** @param index running number of the block among all on the way down, the first convolution being 0. */
  down(level: number, block: number, index: number): { readonly resnet: string; readonly transformer: string };
  downsample(level: number, index: number): string;
  middle(attends: boolean): { readonly resnets: readonly [string, string]; readonly transformer: string };
  up(level: number, block: number, index: number): { readonly resnet: string; readonly transformer: string };
  upsample(level: number, index: number, attends: boolean): string;
  /** Names of tensors within blocks. */
  readonly own: RegExp;
}

/** Names of CompVis/latent-diffusion. */
export const originalNames: UnetNames = {
  time: ['time_embed.0', 'time_embed.2'],
  vector: [['label_emb.0.0', 'label_emb.0.2']],
  guidance: 'time_embed.cond_proj',
  start: 'input_blocks.0.0',
  endNorm: 'out.0',
  end: 'out.2',
  resnet: {
    norm1: 'in_layers.0',
    conv1: 'in_layers.2',
    time: 'emb_layers.1',
    norm2: 'out_layers.0',
    conv2: 'out_layers.3',
    shortcut: 'skip_connection',
  },
  down: (_level, _block, index) => ({
    resnet: `input_blocks.${index}.0`,
    transformer: `input_blocks.${index}.1`,
  }),
  downsample: (_level, index) => `input_blocks.${index}.0.op`,
  middle: (attends) => ({
    resnets: ['middle_block.0', attends ? 'middle_block.2' : 'middle_block.1'],
    transformer: 'middle_block.1',
  }),
  up: (_level, _block, index) => ({
    resnet: `output_blocks.${index}.0`,
    transformer: `output_blocks.${index}.1`,
  }),
  upsample: (_level, index, attends) => `output_blocks.${index}.${attends ? 2 : 1}.conv`,
  own: /^(?:input|middle|output)_blocks?\.\d+\.(?:\d\.)?(?:in_layers|out_layers|emb_layers|skip_connection|proj_(?:in|out)|op\.|conv\.|transformer_blocks\.\d+\.(?:attn[12]\.to_|ff\.net\.|norm[123]\.))/,
};

/** Names of the diffusers library. */
export const diffusersNames: UnetNames = {
  time: ['time_embedding.linear_1', 'time_embedding.linear_2'],
  vector: [
    ['add_embedding.linear_1', 'add_embedding.linear_2'],
    ['class_embedding.linear_1', 'class_embedding.linear_2'],
  ],
  guidance: 'time_embedding.cond_proj',
  start: 'conv_in',
  endNorm: 'conv_norm_out',
  end: 'conv_out',
  resnet: {
    norm1: 'norm1',
    conv1: 'conv1',
    time: 'time_emb_proj',
    norm2: 'norm2',
    conv2: 'conv2',
    shortcut: 'conv_shortcut',
  },
  down: (level, block) => ({
    resnet: `down_blocks.${level}.resnets.${block}`,
    transformer: `down_blocks.${level}.attentions.${block}`,
  }),
  downsample: (level) => `down_blocks.${level}.downsamplers.0.conv`,
  middle: () => ({
    resnets: ['mid_block.resnets.0', 'mid_block.resnets.1'],
    transformer: 'mid_block.attentions.0',
  }),
  up: (level, block) => ({
    resnet: `up_blocks.${level}.resnets.${block}`,
    transformer: `up_blocks.${level}.attentions.${block}`,
  }),
  upsample: (level) => `up_blocks.${level}.upsamplers.0.conv`,
  own: /^(?:down_blocks|up_blocks)\.\d+\.(?:resnets|attentions|downsamplers|upsamplers)\.\d+\.(?:norm|conv|time_emb_proj|proj_(?:in|out)|transformer_blocks\.\d+\.(?:attn[12]\.to_|ff\.net\.|norm[123]\.))/,
};
