/** How the layers of a CLIP text encoder are called: by the transformers library, or by OpenCLIP. */
export type ClipNaming = 'transformers' | 'openClip';

interface ClipNames {
  readonly tokens: string;
  readonly positions: string;
  readonly layers: string;
  readonly finalNorm: string;
  /** In each layer. */
  readonly norm1: string;
  readonly attention: string;
  readonly norm2: string;
  readonly widen: string;
  readonly narrow: string;
}

/** Names below the place of the encoder. */
export const clipNames: Readonly<Record<ClipNaming, ClipNames>> = {
  transformers: {
    tokens: 'embeddings.token_embedding.weight',
    positions: 'embeddings.position_embedding.weight',
    layers: 'encoder.layers',
    finalNorm: 'final_layer_norm',
    norm1: 'layer_norm1',
    attention: 'self_attn',
    norm2: 'layer_norm2',
    widen: 'mlp.fc1',
    narrow: 'mlp.fc2',
  },
  openClip: {
    tokens: 'token_embedding.weight',
    positions: 'positional_embedding',
    layers: 'transformer.resblocks',
    finalNorm: 'ln_final',
    norm1: 'ln_1',
    attention: 'attn',
    norm2: 'ln_2',
    widen: 'mlp.c_fc',
    narrow: 'mlp.c_proj',
  },
};
