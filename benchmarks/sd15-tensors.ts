/** A tensor of a checkpoint by its key. */
export interface KeyAndShape {
  readonly key: string;
  readonly shape: readonly number[];
}

/**
 * All tensors of an SD 1.5 checkpoint of full size: 686 of the UNet, 197 of the text encoder (with its position ids)
 * and 248 of the VAE, in the places where community files have them.
 */
export const sd15Tensors = (): KeyAndShape[] => [
  ...below('model.diffusion_model', unet()),
  ...below('cond_stage_model.transformer.text_model', textEncoder()),
  ...below('first_stage_model', vae()),
];

const below = (path: string, tensors: Iterable<KeyAndShape>): KeyAndShape[] =>
  [...tensors].map(({ key, shape }) => ({ key: `${path}.${key}`, shape }));

function* layer(key: string, ...shape: number[]): Generator<KeyAndShape> {
  yield { key: `${key}.weight`, shape };
  yield { key: `${key}.bias`, shape: [shape[0]!] };
}

const conv = (key: string, from: number, to: number, size = 3) => layer(key, to, from, size, size);

function* unet(): Generator<KeyAndShape> {
  const [width, time, context] = [320, 1280, 768];
  const levels = [320, 640, 1280, 1280];
  function* resnet(key: string, from: number, to: number): Generator<KeyAndShape> {
    yield* layer(`${key}.in_layers.0`, from);
    yield* conv(`${key}.in_layers.2`, from, to);
    yield* layer(`${key}.emb_layers.1`, to, time);
    yield* layer(`${key}.out_layers.0`, to);
    yield* conv(`${key}.out_layers.3`, to, to);
    if (from !== to) yield* conv(`${key}.skip_connection`, from, to, 1);
  }
  function* attention(key: string, size: number, from: number): Generator<KeyAndShape> {
    for (const [name, within] of [
      ['to_q', size],
      ['to_k', from],
      ['to_v', from],
    ] as const) {
      yield { key: `${key}.${name}.weight`, shape: [size, within] };
    }
    yield* layer(`${key}.to_out.0`, size, size);
  }
  function* transformer(key: string, size: number): Generator<KeyAndShape> {
    const block = `${key}.transformer_blocks.0`;
    yield* layer(`${key}.norm`, size);
    yield* conv(`${key}.proj_in`, size, size, 1);
    yield* attention(`${block}.attn1`, size, size);
    yield* layer(`${block}.ff.net.0.proj`, 8 * size, size);
    yield* layer(`${block}.ff.net.2`, size, 4 * size);
    yield* attention(`${block}.attn2`, size, context);
    for (const norm of ['norm1', 'norm2', 'norm3']) yield* layer(`${block}.${norm}`, size);
    yield* conv(`${key}.proj_out`, size, size, 1);
  }

  yield* layer('time_embed.0', time, width);
  yield* layer('time_embed.2', time, time);
  yield* conv('input_blocks.0.0', 4, width);
  const skips = [width];
  let channels = width;
  let at = 1;
  for (const [level, size] of levels.entries()) {
    for (let i = 0; i < 2; i++, at++) {
      yield* resnet(`input_blocks.${at}.0`, channels, size);
      if (level < 3) yield* transformer(`input_blocks.${at}.1`, size);
      skips.push((channels = size));
    }
    if (level < 3) {
      yield* conv(`input_blocks.${at++}.0.op`, channels, channels);
      skips.push(channels);
    }
  }
  yield* resnet('middle_block.0', channels, channels);
  yield* transformer('middle_block.1', channels);
  yield* resnet('middle_block.2', channels, channels);
  at = 0;
  for (const [level, size] of [...levels.entries()].reverse()) {
    for (let i = 0; i < 3; i++, at++) {
      yield* resnet(`output_blocks.${at}.0`, channels + skips.pop()!, size);
      if (level < 3) yield* transformer(`output_blocks.${at}.1`, size);
      channels = size;
      if (i === 2 && level > 0) yield* conv(`output_blocks.${at}.${level < 3 ? 2 : 1}.conv`, channels, channels);
    }
  }
  yield* layer('out.0', width);
  yield* conv('out.2', width, 4);
}

function* textEncoder(): Generator<KeyAndShape> {
  const width = 768;
  yield { key: 'embeddings.position_ids', shape: [1, 77] };
  yield { key: 'embeddings.token_embedding.weight', shape: [49_408, width] };
  yield { key: 'embeddings.position_embedding.weight', shape: [77, width] };
  for (let i = 0; i < 12; i++) {
    const block = `encoder.layers.${i}`;
    for (const name of ['k_proj', 'v_proj', 'q_proj', 'out_proj'])
      yield* layer(`${block}.self_attn.${name}`, width, width);
    yield* layer(`${block}.layer_norm1`, width);
    yield* layer(`${block}.mlp.fc1`, 4 * width, width);
    yield* layer(`${block}.mlp.fc2`, width, 4 * width);
    yield* layer(`${block}.layer_norm2`, width);
  }
  yield* layer('final_layer_norm', width);
}

function* vae(): Generator<KeyAndShape> {
  const levels = [128, 256, 512, 512];
  function* resnet(key: string, from: number, to: number): Generator<KeyAndShape> {
    yield* layer(`${key}.norm1`, from);
    yield* conv(`${key}.conv1`, from, to);
    yield* layer(`${key}.norm2`, to);
    yield* conv(`${key}.conv2`, to, to);
    if (from !== to) yield* conv(`${key}.nin_shortcut`, from, to, 1);
  }
  function* middle(key: string, size: number): Generator<KeyAndShape> {
    yield* resnet(`${key}.block_1`, size, size);
    yield* layer(`${key}.attn_1.norm`, size);
    for (const name of ['q', 'k', 'v', 'proj_out']) yield* conv(`${key}.attn_1.${name}`, size, size, 1);
    yield* resnet(`${key}.block_2`, size, size);
  }

  yield* conv('encoder.conv_in', 3, levels[0]!);
  let channels = levels[0]!;
  for (const [level, size] of levels.entries()) {
    for (let i = 0; i < 2; i++, channels = size) yield* resnet(`encoder.down.${level}.block.${i}`, channels, size);
    if (level < 3) yield* conv(`encoder.down.${level}.downsample.conv`, channels, channels);
  }
  yield* middle('encoder.mid', channels);
  yield* layer('encoder.norm_out', channels);
  yield* conv('encoder.conv_out', channels, 8);

  yield* conv('decoder.conv_in', 4, channels);
  yield* middle('decoder.mid', channels);
  for (const [level, size] of [...levels.entries()].reverse()) {
    for (let i = 0; i < 3; i++, channels = size) yield* resnet(`decoder.up.${level}.block.${i}`, channels, size);
    if (level > 0) yield* conv(`decoder.up.${level}.upsample.conv`, channels, channels);
  }
  yield* layer('decoder.norm_out', channels);
  yield* conv('decoder.conv_out', channels, 3);
  yield* conv('quant_conv', 8, 8, 1);
  yield* conv('post_quant_conv', 4, 4, 1);
}
