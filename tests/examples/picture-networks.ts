import type { Example, Shapes } from './example.ts';
import { make } from './make-example.ts';

const list = (...names: readonly string[]): Shapes => Object.fromEntries(names.map((name) => [name, [8, 8]]));

/** Residual dense blocks, in the three ways that they are named. */
function esrgan(names: 'old' | 'new' | 'bsrgan', scale: 1 | 2 | 4): Shapes {
  const blocks = Array.from({ length: 3 }, (_, i) => i);
  if (names === 'old') {
    const ups = { 1: 0, 2: 1, 4: 2 }[scale];
    const last = 3 * ups + 4;
    return {
      'model.0.weight': [64, 3, 3, 3],
      ...Object.fromEntries(blocks.map((i) => [`model.1.sub.${i}.RDB1.conv1.0.weight`, [32, 64, 3, 3]])),
      ...Object.fromEntries(Array.from({ length: ups }, (_, i) => [`model.${3 * (i + 1)}.weight`, [64, 64, 3, 3]])),
      [`model.${last - 2}.weight`]: [64, 64, 3, 3],
      [`model.${last}.weight`]: [3, 64, 3, 3],
    };
  }
  const trunk = names === 'new' ? 'body' : 'RRDB_trunk';
  const up = names === 'new' ? ['conv_up1', 'conv_up2'] : scale === 4 ? ['upconv1', 'upconv2'] : ['upconv1'];
  return {
    'conv_first.weight': [64, names === 'new' && scale === 2 ? 12 : 3, 3, 3],
    ...Object.fromEntries(
      blocks.map((i) => [`${trunk}.${i}.${names === 'new' ? 'rdb1' : 'RDB1'}.conv1.weight`, [32, 64, 3, 3]]),
    ),
    [`${names === 'new' ? 'conv_body' : 'trunk_conv'}.weight`]: [64, 64, 3, 3],
    ...Object.fromEntries(up.map((name) => [`${name}.weight`, [64, 64, 3, 3]])),
    'conv_last.weight': [3, 64, 3, 3],
  };
}

/** Upscalers, face restorers, annotators, taggers. */
export function* pictureExamples(): Generator<Example> {
  for (const names of ['old', 'new', 'bsrgan'] as const) {
    for (const scale of [2, 4] as const) {
      yield make(`ESRGAN ×${scale}, ${names} names`, esrgan(names, scale), {
        kind: 'upscaler',
        recognisedBy: 'esrgan',
        variant: `x${scale}`,
      });
    }
  }
  yield make('ESRGAN ×1', esrgan('old', 1), { kind: 'upscaler', recognisedBy: 'esrgan', variant: 'x1' });
  for (const [scale, layers] of [
    [4, 34],
    [2, 34],
    [4, 66],
  ] as const) {
    const shapes = Object.fromEntries(
      Array.from({ length: layers / 2 }, (_, i) => [
        [`body.${2 * i}.weight`, [64, i === 0 ? 3 : 64, 3, 3]],
        [`body.${2 * i + 1}.weight`, [64]],
      ]).flat(),
    ) as Shapes;
    yield make(
      `compact ×${scale}, ${layers}`,
      { ...shapes, [`body.${layers}.weight`]: [3 * scale ** 2, 64, 3, 3] },
      { kind: 'upscaler', recognisedBy: 'srvgg', variant: `x${scale}` },
    );
  }
  // Names that spandrel knows these networks by.
  const others: readonly (readonly [id: string, kind: string, ...keys: string[]])[] = [
    [
      'swinir',
      'upscaler',
      'layers.0.residual_group.blocks.0.attn.qkv.weight',
      'conv_first.weight',
      'conv_after_body.weight',
      'norm.weight',
    ],
    [
      'dat',
      'upscaler',
      'conv_first.weight',
      'before_RG.1.weight',
      'layers.0.blocks.0.attn.spatial_interaction.0.weight',
      'layers.0.blocks.0.attn.qkv.weight',
      'norm.weight',
    ],
    [
      'hat',
      'upscaler',
      'relative_position_index_SA',
      'conv_first.weight',
      'layers.0.residual_group.blocks.0.conv_block.cab.0.weight',
      'layers.0.residual_group.overlap_attn.qkv.weight',
      'conv_last.weight',
    ],
    ['atd', 'upscaler', 'relative_position_index_SA', 'conv_first.weight', 'layers.0.residual_group.td', 'norm.weight'],
    [
      'drct',
      'upscaler',
      'conv_first.weight',
      'layers.0.swin1.attn.qkv.weight',
      'layers.0.adjust1.weight',
      'norm.weight',
    ],
    ['omni-sr', 'upscaler', 'residual_layer.0.residual_layer.0.layer.0.fn.0.weight', 'input.weight', 'up.0.weight'],
    ['span', 'upscaler', 'block_1.c1_r.sk.weight', 'conv_cat.weight', 'upsampler.0.weight'],
    [
      'plksr',
      'upscaler',
      'feats.0.weight',
      'feats.1.lk.conv.weight',
      'feats.1.refine.weight',
      'feats.1.channel_mixer.0.weight',
    ],
    [
      'rgt',
      'upscaler',
      'conv_first.weight',
      'before_RG.1.weight',
      'layers.0.blocks.0.gamma',
      'layers.0.blocks.0.attn.qkv.weight',
      'norm.weight',
    ],
    [
      'grl',
      'upscaler',
      'conv_first.weight',
      'norm_start.weight',
      'norm_end.weight',
      'layers.0.blocks.0.attn.window_attn.attn_transform.logit_scale',
    ],
    ['scunet', 'upscaler', 'm_head.0.weight', 'm_down1.0.trans_block.ln1.weight', 'm_tail.0.weight'],
    [
      'rcan',
      'upscaler',
      'head.0.weight',
      'tail.1.weight',
      'body.0.body.0.body.0.weight',
      'body.0.body.0.body.3.conv_du.0.weight',
    ],
    ['real-cugan', 'upscaler', 'unet1.conv1.conv.0.weight', 'unet2.conv1.conv.0.weight', 'unet2.conv_bottom.weight'],
    ['nafnet', 'upscaler', 'intro.weight', 'ending.weight', 'middle_blks.0.beta', 'middle_blks.0.gamma'],
    ['lama', 'upscaler', 'model.model.1.bn_l.running_mean', 'model.model.2.ffc.convl2l.weight'],
    ['gfpgan', 'face-restorer', 'toRGB.0.weight', 'stylegan_decoder.style_mlp.1.weight', 'conv_body_first.weight'],
    [
      'codeformer',
      'face-restorer',
      'position_emb',
      'idx_pred_layer.1.weight',
      'quantize.embedding.weight',
      'ft_layers.0.self_attn.in_proj_weight',
      'ft_layers.1.self_attn.in_proj_weight',
      'encoder.blocks.0.weight',
    ],
    [
      'restore-former',
      'face-restorer',
      'quantize.embedding.weight',
      'quant_conv.weight',
      'encoder.conv_in.weight',
      'encoder.down.0.block.0.norm1.weight',
      'decoder.up.5.block.0.norm1.weight',
      'decoder.conv_out.weight',
    ],
    [
      'face-detector',
      'face-restorer',
      'BboxHead.0.conv1x1.weight',
      'LandmarkHead.0.conv1x1.weight',
      'body.stage1.0.0.weight',
    ],
    ['face-parser', 'face-restorer', 'out_mask_conv.conv2d.weight', 'encoder.0.conv2d.weight'],
    ['openpose', 'annotator', 'model0.conv1_1.weight', 'model1_1.conv5_1_CPM_L1.weight'],
    ['hed', 'annotator', 'block1.convs.0.weight', 'block5.projection.weight'],
    ['pidinet', 'annotator', 'module.init_block.weight', 'module.attentions.0.conv1.weight'],
    ['depth-estimator', 'annotator', 'scratch.layer1_rn.weight', 'pretrained.model.cls_token'],
    [
      'leres',
      'annotator',
      'depth_model.encoder_modules.encoder.conv1.weight',
      'depth_model.decoder_modules.conv.weight',
    ],
    ['segment-anything', 'annotator', 'image_encoder.pos_embed', 'mask_decoder.iou_token.weight'],
    ['yolo', 'annotator', 'model.model.0.conv.weight', 'model.model.22.cv2.0.0.conv.weight'],
    ['deepbooru', 'tagger', 'n_Conv_0.weight', 'n_Conv_178.weight'],
  ];
  for (const [id, kind, ...keys] of others) yield make(id, list(...keys), { kind, recognisedBy: id });
  yield make(
    'mlsd',
    { 'backbone.features.0.0.weight': [32, 4, 3, 3], 'block15.conv1.0.weight': [64, 64, 1, 1] },
    { kind: 'annotator', recognisedBy: 'mlsd' },
  );
  yield make(
    'line art',
    { 'model0.1.weight': [64, 3, 7, 7], 'model2.0.conv_block.1.weight': [256, 256, 3, 3] },
    { kind: 'annotator', recognisedBy: 'lineart' },
  );
  yield make(
    'WD tagger',
    { 'head.weight': [10_861, 1024], 'patch_embed.proj.weight': [128, 3, 4, 4] },
    { kind: 'tagger', recognisedBy: 'wd-tagger' },
  );
}
