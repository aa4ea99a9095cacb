/** A name of the original UNet and the diffusers library's for the same. */
type NamePair = readonly [original: string, diffusers: string];

/** What stands outside of the blocks, and the middle block. */
const FIXED: readonly NamePair[] = [
  ['time_embed.0', 'time_embedding.linear_1'],
  ['time_embed.2', 'time_embedding.linear_2'],
  ['time_embed.cond_proj', 'time_embedding.cond_proj'],
  ['label_emb.0.0', 'add_embedding.linear_1'],
  ['label_emb.0.2', 'add_embedding.linear_2'],
  ['input_blocks.0.0', 'conv_in'],
  ['out.0', 'conv_norm_out'],
  ['out.2', 'conv_out'],
  ['middle_block.0', 'mid_block.resnets.0'],
  ['middle_block.1', 'mid_block.attentions.0'],
  ['middle_block.2', 'mid_block.resnets.1'],
];

/** The layers of a residual block; those of a transformer have the same names in both. */
const RESNET: readonly NamePair[] = [
  ['in_layers.0', 'norm1'],
  ['in_layers.2', 'conv1'],
  ['emb_layers.1', 'time_emb_proj'],
  ['out_layers.0', 'norm2'],
  ['out_layers.3', 'conv2'],
  ['skip_connection', 'conv_shortcut'],
];

/**
 * The diffusers library's names of the modules (or tensors) of a UNet of Stable Diffusion, SD 1.x to SDXL, by the original ones; read backwards
 * it is the way from there. What it has no name for is left out.
 * @param names all of the UNet's, since they tell where a level ends.
 */
export function diffusersUnetNames(names: Iterable<string>): ReadonlyMap<string, string> {
  const all = [...names];
  const blocks = blockNames(all);
  const pairs = all.map((name) => {
    const start = blocks.find(([original]) => name.startsWith(`${original}.`) || name === original);
    return start && ([name, start[1] + inBlock(name.slice(start[0].length), start[1])] as const);
  });
  return new Map(pairs.filter((pair) => pair !== undefined));
}

function inBlock(rest: string, block: string): string {
  if (!block.includes('.resnets.')) return rest;
  const pair = RESNET.find(([original]) => rest.startsWith(`.${original}.`) || rest === `.${original}`);
  return pair === undefined ? rest : `.${pair[1]}${rest.slice(pair[0].length + 1)}`;
}

function blockNames(names: readonly string[]): readonly NamePair[] {
  const places = new Set(names.map((name) => name.split('.', 3).join('.')));
  const has = (place: string): boolean => places.has(place);
  const kernels = new Set(names.map((name) => name.split('.', 4).join('.')));
  const pairs: NamePair[] = [...FIXED];
  let [level, at] = [0, 0];
  for (let block = 1; has(`input_blocks.${block}.0`); block++) {
    if (kernels.has(`input_blocks.${block}.0.op`)) {
      pairs.push([`input_blocks.${block}.0.op`, `down_blocks.${level}.downsamplers.0.conv`]);
      [level, at] = [level + 1, 0];
      continue;
    }
    pairs.push([`input_blocks.${block}.0`, `down_blocks.${level}.resnets.${at}`]);
    pairs.push([`input_blocks.${block}.1`, `down_blocks.${level}.attentions.${at}`]);
    at++;
  }
  [level, at] = [0, 0];
  for (let block = 0; has(`output_blocks.${block}.0`); block++) {
    pairs.push([`output_blocks.${block}.0`, `up_blocks.${level}.resnets.${at}`]);
    // The layer that enlarges stands behind the transformer, or in its place where there is none.
    const larger = [1, 2].find((i) => kernels.has(`output_blocks.${block}.${i}.conv`));
    if (larger !== undefined) {
      pairs.push([`output_blocks.${block}.${larger}.conv`, `up_blocks.${level}.upsamplers.0.conv`]);
    }
    if (larger !== 1) pairs.push([`output_blocks.${block}.1`, `up_blocks.${level}.attentions.${at}`]);
    if (larger === undefined) at++;
    else [level, at] = [level + 1, 0];
  }
  return pairs;
}
