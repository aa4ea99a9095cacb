/** A place in a network by its name in the diffusers library and by that of its authors; dots between levels. */
export type NamePair = readonly [diffusers: string, original: string];

/** What the names of a UNet depend on. */
export interface UnetNaming {
  /** Levels, each half as large as the one before. */
  readonly levels: number;
  /** Residual blocks of a level on the way down; there is one more on the way up. */
  readonly blocks: number;
  /** Whether a level has transformers on the way up, from the coarsest on. */
  readonly attends: readonly boolean[];
}

/** Layers outside of the blocks. */
const OUTER: readonly NamePair[] = [
  ['conv_in', 'input_blocks.0.0'],
  ['time_embedding.linear_1', 'time_embed.0'],
  ['time_embedding.linear_2', 'time_embed.2'],
  ['time_embedding.cond_proj', 'time_embed.cond_proj'],
  ['add_embedding.linear_1', 'label_emb.0.0'],
  ['add_embedding.linear_2', 'label_emb.0.2'],
  ['class_embedding.linear_1', 'label_emb.0.0'],
  ['class_embedding.linear_2', 'label_emb.0.2'],
  ['mid_block.resnets.0', 'middle_block.0'],
  ['mid_block.attentions.0', 'middle_block.1'],
  ['mid_block.resnets.1', 'middle_block.2'],
  ['conv_norm_out', 'out.0'],
  ['conv_out', 'out.2'],
];

/** Layers of a residual block. */
export const unetResnetNames: readonly NamePair[] = [
  ['norm1', 'in_layers.0'],
  ['conv1', 'in_layers.2'],
  ['time_emb_proj', 'emb_layers.1'],
  ['norm2', 'out_layers.0'],
  ['conv2', 'out_layers.3'],
  ['conv_shortcut', 'skip_connection'],
];

/** All places of a UNet; residual blocks and transformers as wholes. */
export function unetNames({ levels, blocks, attends }: UnetNaming): NamePair[] {
  const pairs: NamePair[] = [...OUTER];
  for (let level = 0; level < levels; level++) {
    const down = `down_blocks.${level}`;
    const input = 1 + level * (blocks + 1);
    for (let i = 0; i < blocks; i++) {
      pairs.push([`${down}.resnets.${i}`, `input_blocks.${input + i}.0`]);
      pairs.push([`${down}.attentions.${i}`, `input_blocks.${input + i}.1`]);
    }
    pairs.push([`${down}.downsamplers.0.conv`, `input_blocks.${input + blocks}.0.op`]);

    const up = `up_blocks.${level}`;
    const output = level * (blocks + 1);
    for (let i = 0; i <= blocks; i++) {
      pairs.push([`${up}.resnets.${i}`, `output_blocks.${output + i}.0`]);
      pairs.push([`${up}.attentions.${i}`, `output_blocks.${output + i}.1`]);
    }
    const behind = attends[level] === true ? 2 : 1;
    pairs.push([`${up}.upsamplers.0.conv`, `output_blocks.${output + blocks}.${behind}.conv`]);
  }
  return pairs;
}
