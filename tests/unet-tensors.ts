/** What UNets of Stable Diffusion differ by. */
export interface UnetShape {
  /** Depth of the transformers at each level, 0 for none, and in the middle. */
  readonly depths: readonly [levels: readonly number[], middle: number];
  readonly channels: readonly number[];
  readonly context: number;
  /** How transformers are entered. */
  readonly entry: 'convolution' | 'linear';
  /** Width of what is added to the time embedding. */
  readonly vector?: number;
}

type Shapes = Record<string, readonly number[]>;

/** Names and shapes of a UNet's tensors as the original has them. */
export function unetTensors({ depths: [levels, middle], channels, context, entry, vector }: UnetShape): Shapes {
  const shapes: Shapes = {};
  const layer = (key: string, ...shape: number[]): void => {
    shapes[`${key}.weight`] = shape;
    shapes[`${key}.bias`] = [shape[0]!];
  };
  const [width] = channels as [number];
  const time = 4 * width;
  const resnet = (key: string, from: number, to: number): void => {
    layer(`${key}.in_layers.0`, from);
    layer(`${key}.in_layers.2`, to, from, 3, 3);
    layer(`${key}.emb_layers.1`, to, time);
    layer(`${key}.out_layers.0`, to);
    layer(`${key}.out_layers.3`, to, to, 3, 3);
    if (from !== to) layer(`${key}.skip_connection`, to, from, 1, 1);
  };
  const transformer = (key: string, size: number, depth: number): void => {
    const kernel = entry === 'convolution' ? [1, 1] : [];
    layer(`${key}.norm`, size);
    layer(`${key}.proj_in`, size, size, ...kernel);
    layer(`${key}.proj_out`, size, size, ...kernel);
    for (let i = 0; i < depth; i++) {
      const block = `${key}.transformer_blocks.${i}`;
      for (const [name, from] of [
        ['attn1', size],
        ['attn2', context],
      ] as const) {
        shapes[`${block}.${name}.to_q.weight`] = [size, size];
        shapes[`${block}.${name}.to_k.weight`] = [size, from];
        shapes[`${block}.${name}.to_v.weight`] = [size, from];
        layer(`${block}.${name}.to_out.0`, size, size);
      }
      layer(`${block}.ff.net.0.proj`, 8 * size, size);
      layer(`${block}.ff.net.2`, size, 4 * size);
      for (const norm of ['norm1', 'norm2', 'norm3']) layer(`${block}.${norm}`, size);
    }
  };
  layer('time_embed.0', time, width);
  layer('time_embed.2', time, time);
  if (vector !== undefined) {
    layer('label_emb.0.0', time, vector);
    layer('label_emb.0.2', time, time);
  }
  layer('input_blocks.0.0', width, 4, 3, 3);
  const skips = [width];
  let [now, at] = [width, 1];
  levels.forEach((depth, level) => {
    const size = channels[level]!;
    for (let i = 0; i < 2; i++, at++) {
      resnet(`input_blocks.${at}.0`, now, size);
      if (depth > 0) transformer(`input_blocks.${at}.1`, size, depth);
      skips.push((now = size));
    }
    if (level === levels.length - 1) return;
    layer(`input_blocks.${at++}.0.op`, size, size, 3, 3);
    skips.push(size);
  });
  resnet('middle_block.0', now, now);
  transformer('middle_block.1', now, middle);
  resnet('middle_block.2', now, now);
  at = 0;
  for (const [level, depth] of [...levels.entries()].reverse()) {
    const size = channels[level]!;
    for (let i = 0; i < 3; i++, at++) {
      resnet(`output_blocks.${at}.0`, now + skips.pop()!, size);
      now = size;
      if (depth > 0) transformer(`output_blocks.${at}.1`, size, depth);
      if (i === 2 && level > 0) layer(`output_blocks.${at}.${depth > 0 ? 2 : 1}.conv`, size, size, 3, 3);
    }
  }
  layer('out.0', width);
  layer('out.2', 4, width, 3, 3);
  return shapes;
}

/** Names and shapes of an OpenCLIP text encoder's tensors. */
export function openClipTensors(width: number, blocks: number): Shapes {
  const shapes: Shapes = {
    'token_embedding.weight': [49_408, width],
    positional_embedding: [77, width],
    text_projection: [width, width],
    'ln_final.weight': [width],
    'ln_final.bias': [width],
  };
  for (let i = 0; i < blocks; i++) {
    const block = `transformer.resblocks.${i}`;
    shapes[`${block}.attn.in_proj_weight`] = [3 * width, width];
    shapes[`${block}.attn.in_proj_bias`] = [3 * width];
    for (const [name, ...shape] of [
      ['attn.out_proj', width, width],
      ['mlp.c_fc', 4 * width, width],
      ['mlp.c_proj', width, 4 * width],
      ['ln_1', width],
      ['ln_2', width],
    ] as const) {
      shapes[`${block}.${name}.weight`] = shape;
      shapes[`${block}.${name}.bias`] = [shape[0]];
    }
  }
  return shapes;
}
