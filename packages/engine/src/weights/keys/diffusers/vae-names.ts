import type { NamePair } from './rename-in-place.ts';

/** Layers of a residual block and of the attention of a KL VAE; older files name the attention otherwise. */
export const vaeInnerNames: readonly NamePair[] = [
  ['conv_shortcut', 'nin_shortcut'],
  ['group_norm', 'norm'],
  ['to_q', 'q'],
  ['to_k', 'k'],
  ['to_v', 'v'],
  ['to_out.0', 'proj_out'],
  ['query', 'q'],
  ['key', 'k'],
  ['value', 'v'],
  ['proj_attn', 'proj_out'],
];

/** All places of a KL VAE with so many levels; residual blocks and attentions as wholes. */
export function vaeNames(levels: number, blocks: number): NamePair[] {
  const pairs: NamePair[] = [];
  for (const half of ['encoder', 'decoder']) {
    pairs.push([`${half}.mid_block.resnets.0`, `${half}.mid.block_1`]);
    pairs.push([`${half}.mid_block.attentions.0`, `${half}.mid.attn_1`]);
    pairs.push([`${half}.mid_block.resnets.1`, `${half}.mid.block_2`]);
    pairs.push([`${half}.conv_norm_out`, `${half}.norm_out`]);
  }
  for (let level = 0; level < levels; level++) {
    const [down, up] = [`encoder.down_blocks.${level}`, `decoder.up_blocks.${level}`];
    // The authors count the decoder's levels from the finest on, too.
    const [originalDown, originalUp] = [`encoder.down.${level}`, `decoder.up.${levels - 1 - level}`];
    for (let i = 0; i <= blocks; i++) {
      pairs.push([`${down}.resnets.${i}`, `${originalDown}.block.${i}`]);
      pairs.push([`${up}.resnets.${i}`, `${originalUp}.block.${i}`]);
    }
    pairs.push([`${down}.downsamplers.0.conv`, `${originalDown}.downsample.conv`]);
    pairs.push([`${up}.upsamplers.0.conv`, `${originalUp}.upsample.conv`]);
  }
  return pairs;
}
