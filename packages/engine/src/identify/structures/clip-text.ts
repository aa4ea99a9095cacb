import { countOf, type Expected, linear, scales, type Structure } from '../structure.ts';

/** Sizes of a CLIP text encoder, read off its shapes. */
export interface ClipTextSizes {
  readonly vocabulary: number;
  readonly tokens: number;
  readonly width: number;
  readonly innerWidth: number;
  readonly layers: number;
}

/** A CLIP text encoder as the transformers library names it, below `text_model`. */
export const clipText: Structure<ClipTextSizes> = {
  read(at) {
    const table = at('embeddings.token_embedding.weight');
    const positions = at('embeddings.position_embedding.weight');
    const width = table?.[1] ?? positions?.[1];
    if (width === undefined) return undefined;
    return {
      vocabulary: table?.[0] ?? 49_408,
      tokens: positions?.[0] ?? 77,
      width,
      innerWidth: at('encoder.layers.0.mlp.fc1.weight')?.[0] ?? 4 * width,
      layers: countOf(at, (i) => `encoder.layers.${i}.layer_norm1.weight`),
    };
  },
  *list({ vocabulary, tokens, width, innerWidth, layers }): Generator<Expected> {
    yield ['embeddings.token_embedding.weight', [vocabulary, width]];
    yield ['embeddings.position_embedding.weight', [tokens, width]];
    for (let i = 0; i < layers; i++) {
      const block = `encoder.layers.${i}`;
      for (const name of ['q', 'k', 'v', 'out']) yield* linear(`${block}.self_attn.${name}_proj`, width, width);
      yield* scales(`${block}.layer_norm1`, width);
      yield* linear(`${block}.mlp.fc1`, innerWidth, width);
      yield* linear(`${block}.mlp.fc2`, width, innerWidth);
      yield* scales(`${block}.layer_norm2`, width);
    }
    yield* scales('final_layer_norm', width);
  },
  own: /^encoder\.layers\.\d+\.(?:self_attn|mlp|layer_norm)/,
};

/** A CLIP text encoder as OpenCLIP names it. */
export const openClipText: Structure<ClipTextSizes> = {
  read(at) {
    const table = at('token_embedding.weight');
    const positions = at('positional_embedding');
    const width = table?.[1] ?? positions?.[1];
    if (width === undefined) return undefined;
    return {
      vocabulary: table?.[0] ?? 49_408,
      tokens: positions?.[0] ?? 77,
      width,
      innerWidth: at('transformer.resblocks.0.mlp.c_fc.weight')?.[0] ?? 4 * width,
      layers: countOf(at, (i) => `transformer.resblocks.${i}.ln_1.weight`),
    };
  },
  *list({ vocabulary, tokens, width, innerWidth, layers }): Generator<Expected> {
    yield ['positional_embedding', [tokens, width]];
    yield ['token_embedding.weight', [vocabulary, width]];
    for (let i = 0; i < layers; i++) {
      const block = `transformer.resblocks.${i}`;
      yield* scales(`${block}.ln_1`, width);
      yield [`${block}.attn.in_proj_weight`, [3 * width, width]];
      yield [`${block}.attn.in_proj_bias`, [3 * width]];
      yield* linear(`${block}.attn.out_proj`, width, width);
      yield* scales(`${block}.ln_2`, width);
      yield* linear(`${block}.mlp.c_fc`, innerWidth, width);
      yield* linear(`${block}.mlp.c_proj`, width, innerWidth);
    }
    yield* scales('ln_final', width);
  },
  own: /^transformer\.resblocks\.\d+\.(?:attn|mlp|ln_)/,
};
