/** A module of an OpenCLIP text encoder under the transformers library's name; `third` of a tensor that holds three layers in one. */
export interface OpenClipName {
  /** Name of the weight in the original, below the encoder. */
  readonly weight: string;
  readonly bias: string;
  /** Which third of the rows it is. */
  readonly third?: 0 | 1 | 2;
}

/** By the transformers library's names of the layers in a block. */
const IN_BLOCK: Readonly<Record<string, OpenClipName>> = {
  layer_norm1: { weight: 'ln_1.weight', bias: 'ln_1.bias' },
  'self_attn.q_proj': { weight: 'attn.in_proj_weight', bias: 'attn.in_proj_bias', third: 0 },
  'self_attn.k_proj': { weight: 'attn.in_proj_weight', bias: 'attn.in_proj_bias', third: 1 },
  'self_attn.v_proj': { weight: 'attn.in_proj_weight', bias: 'attn.in_proj_bias', third: 2 },
  'self_attn.out_proj': { weight: 'attn.out_proj.weight', bias: 'attn.out_proj.bias' },
  layer_norm2: { weight: 'ln_2.weight', bias: 'ln_2.bias' },
  'mlp.fc1': { weight: 'mlp.c_fc.weight', bias: 'mlp.c_fc.bias' },
  'mlp.fc2': { weight: 'mlp.c_proj.weight', bias: 'mlp.c_proj.bias' },
};

/** All layers of an OpenCLIP text encoder of so many blocks by the transformers library's names (`encoder.layers.0.mlp.fc1`). */
export function openClipNames(blocks: number): ReadonlyMap<string, OpenClipName> {
  const names = Array.from({ length: blocks }, (_, block) =>
    Object.entries(IN_BLOCK).map(([name, { weight, bias, ...rest }]): [string, OpenClipName] => [
      `encoder.layers.${block}.${name}`,
      { weight: `transformer.resblocks.${block}.${weight}`, bias: `transformer.resblocks.${block}.${bias}`, ...rest },
    ]),
  );
  return new Map([...names.flat(), ['final_layer_norm', { weight: 'ln_final.weight', bias: 'ln_final.bias' }]]);
}
