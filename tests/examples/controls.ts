import { recordedLists } from './checkpoints.ts';
import { below, type Example, only, type Shapes } from './example.ts';
import { unfold } from './folded-list.ts';
import { make, recorded } from './make-example.ts';
import { type UnetName, unetShapes, unetSizes } from './networks.ts';

/** A ControlNet under the names of its author: the UNet's first half, an input for hints, outputs. */
export function controlNetShapes(name: UnetName): Shapes {
  const { levels } = unetSizes[name];
  const half = only(/^(?:time_embed|label_emb|input_blocks|middle_block)\./, unetShapes(name));
  const hint = [16, 16, 32, 32, 96, 96, 256, 320];
  const outputs = levels.flatMap(({ channels, down }, i) => [
    ...down.map(() => channels),
    ...(i < levels.length - 1 ? [channels] : []),
  ]);
  return {
    ...half,
    ...Object.fromEntries(
      hint.map((to, i) => [`input_hint_block.${2 * i}.weight`, [to, i === 0 ? 3 : hint[i - 1]!, 3, 3]]),
    ),
    ...Object.fromEntries([320, ...outputs].map((width, i) => [`zero_convs.${i}.0.weight`, [width, width, 1, 1]])),
    'middle_block_out.0.weight': [1280, 1280, 1, 1],
  };
}

/** A FaceID brings more LoRA tensors along than it has of its own. */
const faceLoras: Shapes = Object.fromEntries(
  ['to_q', 'to_k', 'to_v', 'to_out'].flatMap((name) => [
    [`ip_adapter.0.${name}_lora.down.weight`, [128, 320]],
    [`ip_adapter.0.${name}_lora.up.weight`, [320, 128]],
  ]),
);

/** ControlNets and other guides. */
export function* controlExamples(): Generator<Example> {
  for (const name of ['sd1', 'sd2', 'sdxl'] as const) {
    const shapes = controlNetShapes(name);
    const of = { kind: 'controlnet', recognisedBy: 'controlnet', families: [name] };
    yield make(`ControlNet ${name}`, shapes, of);
    yield make(`ControlNet ${name} below its path`, below('control_model.', shapes), of);
    yield recorded(`controlnet ${name}, diffusers`, {
      kind: 'controlnet',
      recognisedBy: 'controlnet-diffusers',
      families: [name],
    });
  }
  yield make(
    'ControlNet with its checkpoint',
    { ...below('control_model.', controlNetShapes('sd1')), ...below('model.diffusion_model.', unetShapes('sd1')) },
    { kind: 'controlnet', recognisedBy: 'controlnet', families: ['sd1'], variant: 'whole' },
  );
  yield make(
    'ControlNet as a difference',
    { ...controlNetShapes('sd1'), difference: [1] },
    { kind: 'controlnet', recognisedBy: 'controlnet', families: ['sd1'], variant: 'difference' },
  );
  yield recorded('controlnet-union sdxl, diffusers', {
    kind: 'controlnet',
    recognisedBy: 'controlnet-diffusers',
    families: ['sdxl'],
    variant: 'union',
  });
  yield recorded('controlnet flux1, diffusers', {
    kind: 'controlnet',
    recognisedBy: 'controlnet-flux',
    families: ['flux1'],
  });
  yield recorded('controlnet sd3, diffusers', {
    kind: 'controlnet',
    recognisedBy: 'controlnet-sd3',
    families: ['sd3'],
  });
  yield recorded('sparse-ctrl sd1, diffusers', { kind: 'controlnet', recognisedBy: 'sparse-ctrl', families: ['sd1'] });
  yield make(
    'Control-LoRA',
    {
      lora_controlnet: [],
      'input_blocks.1.0.in_layers.2.up': [320, 128, 1, 1],
      'input_blocks.1.0.in_layers.2.down': [128, 320, 3, 3],
      'input_hint_block.0.weight': [16, 3, 3, 3],
    },
    { kind: 'controlnet', recognisedBy: 'control-lora', families: ['sdxl'] },
  );
  yield make(
    'LLLite',
    {
      'lllite_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q.down.0.weight': [64, 640],
      'lllite_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q.up.0.weight': [640, 64],
    },
    { kind: 'controlnet', recognisedBy: 'controlnet-lllite', families: ['sdxl'] },
  );
  for (const name of ['sd1', 'sdxl'] as const) {
    const shapes = unfold(recordedLists[`t2i-adapter ${name}, diffusers`]!);
    yield make(`T2I-Adapter ${name}, diffusers`, shapes, {
      kind: 't2i-adapter',
      recognisedBy: 't2i-adapter',
      families: [name],
    });
  }
  yield make(
    'T2I-Adapter sd1',
    {
      'conv_in.weight': [320, 192, 3, 3],
      'body.0.in_conv.weight': [320, 320, 3, 3],
      'body.0.block1.weight': [320, 320, 3, 3],
    },
    { kind: 't2i-adapter', recognisedBy: 't2i-adapter', families: ['sd1'] },
  );
  yield make(
    'T2I-Adapter for style',
    { style_embedding: [1, 8, 1024], proj: [1024, 768], 'transformer_layes.0.attn.in_proj_weight': [3072, 1024] },
    { kind: 't2i-adapter', recognisedBy: 'style-adapter', families: ['sd1'] },
  );
  for (const [family, width] of [
    ['sd1', 768],
    ['sdxl', 2048],
  ] as const) {
    const keys = { 'ip_adapter.1.to_k_ip.weight': [320, width], 'ip_adapter.1.to_v_ip.weight': [320, width] };
    const of = { kind: 'ip-adapter', recognisedBy: 'ip-adapter', families: [family] };
    yield make(`IP-Adapter ${family}`, { 'image_proj.proj.weight': [4 * width, 1024], ...keys }, of);
    yield make(
      `IP-Adapter Plus ${family}`,
      { 'image_proj.latents': [1, 16, width], ...keys },
      { ...of, variant: 'plus' },
    );
    yield make(
      `IP-Adapter FaceID ${family}`,
      {
        'image_proj.proj.0.weight': [1024, 512],
        ...faceLoras,
        ...keys,
      },
      { ...of, variant: 'faceid' },
    );
  }
  yield make(
    'IP-Adapter for Flux.1',
    {
      'double_blocks.0.processor.ip_adapter_double_stream_k_proj.weight': [3072, 4096],
      'ip_adapter_proj_model.proj.weight': [16_384, 768],
    },
    { kind: 'ip-adapter', recognisedBy: 'ip-adapter-flux', families: ['flux1'] },
  );
  yield recorded('motion-module sd1', {
    kind: 'motion-module',
    recognisedBy: 'motion-module',
    families: ['sd1'],
    variant: 'v2',
  });
  yield make(
    'motion module of its authors',
    {
      'down_blocks.0.motion_modules.0.temporal_transformer.norm.weight': [320],
      'down_blocks.3.motion_modules.0.temporal_transformer.norm.weight': [1280],
      'up_blocks.3.motion_modules.0.temporal_transformer.norm.weight': [320],
    },
    { kind: 'motion-module', recognisedBy: 'motion-module', families: ['sd1'] },
  );
}
