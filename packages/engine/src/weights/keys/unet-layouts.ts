import type { KeyLayout } from '../../family.ts';
import type { Condition, Evidence } from '../evidence.ts';

/** What tells the UNets of Stable Diffusion apart, whatever its keys are called. */
export interface UnetSigns {
  /** How its transformers are entered: by 1×1 convolutions, or by linear layers. */
  readonly entry: 'convolutions' | 'linear layers';
  /** Whether it takes a vector beside the timestep: sizes and pooled text. Unsaid where both exist. */
  readonly sized?: boolean;
  /** Width of the text vectors; not asked of a checkpoint, whose text encoder tells more. */
  readonly contextWidth?: number;
}

/** Below this the denoiser of a checkpoint stands. */
const INSIDE = 'model.diffusion_model.';

const SAYS = {
  blocks: { en: 'a UNet with numbered blocks', zh: '有编号块的 UNet' },
  diffusers: { en: 'a UNet with the names of the diffusers library', zh: '按 diffusers 库命名的 UNet' },
  convolutions: {
    en: 'its transformers are entered by convolutions (in SD 2.x and SDXL by linear layers)',
    zh: '其 Transformer 以卷积接入（SD 2.x 与 SDXL 用线性层）',
  },
  'linear layers': {
    en: 'its transformers are entered by linear layers (in SD 1.x by convolutions)',
    zh: '其 Transformer 以线性层接入（SD 1.x 用卷积）',
  },
  sized: { en: 'an embedding of sizes (only SDXL has one)', zh: '带尺寸嵌入（SDXL 才有）' },
  unsized: { en: 'no embedding of sizes (SDXL has one)', zh: '没有尺寸嵌入（SDXL 才有）' },
  still: { en: 'nothing that mixes frames of a video', zh: '没有混合视频帧的层' },
  noControl: { en: 'no ControlNet', zh: '不含 ControlNet' },
  noProjection: { en: 'no projection of foreign text vectors', zh: '没有外来文本向量的投影' },
};

const contextSays = (width: number) => ({
  en: `its text vectors are ${width} wide`,
  zh: `文本向量宽 ${width}`,
});

/**
 * The layouts of a UNet family: whole checkpoint, UNet alone, UNet as the diffusers library names it, alone or in a folder.
 * @param checkpoint what is asked of a whole checkpoint beside its UNet.
 */
export function unetLayouts(signs: UnetSigns, checkpoint: readonly Evidence[]): readonly KeyLayout[] {
  return [
    {
      id: 'checkpoint',
      evidence: [...originalUnet(INSIDE, signs), ...checkpoint, { lacks: 'control_model.*', says: SAYS.noControl }],
    },
    {
      id: 'bare',
      evidence: [
        ...originalUnet('', signs),
        ...contextOf('input_blocks.*.attn2.to_k.weight', signs),
        { lacks: 'input_hint_block.*', says: SAYS.noControl },
      ],
    },
    { id: 'diffusers', evidence: diffusersUnet('', signs) },
    { id: 'folder', evidence: diffusersUnet('unet.', signs) },
  ];
}

function originalUnet(at: string, { entry, sized }: UnetSigns): readonly Evidence[] {
  const sizes = `${at}label_emb.0.0.weight`;
  return [
    { has: `${at}input_blocks.*`, says: SAYS.blocks },
    { has: `${at}*.proj_in.weight`, rank: entry === 'convolutions' ? 4 : 2, says: SAYS[entry] },
    ...(sized === undefined ? [] : [sized ? { has: sizes, says: SAYS.sized } : { lacks: sizes, says: SAYS.unsized }]),
    { lacks: `${at}input_blocks.1.0.time_stack.*`, says: SAYS.still },
  ];
}

function diffusersUnet(at: string, signs: UnetSigns): readonly Evidence[] {
  const sizes = `${at}add_embedding.linear_1.weight`;
  return [
    { has: `${at}down_blocks.*.resnets.*`, says: SAYS.diffusers },
    {
      has: `${at}down_blocks.*.proj_in.weight`,
      rank: signs.entry === 'convolutions' ? 4 : 2,
      says: SAYS[signs.entry],
    },
    ...(signs.sized === undefined
      ? []
      : [signs.sized ? { has: sizes, says: SAYS.sized } : { lacks: sizes, says: SAYS.unsized }]),
    ...contextOf(`${at}down_blocks.*.attn2.to_k.weight`, signs),
    { lacks: `${at}controlnet_*`, says: SAYS.noControl },
    { lacks: `${at}down_blocks.*.temporal_*`, says: SAYS.still },
    { lacks: `${at}encoder_hid_proj.*`, says: SAYS.noProjection },
  ];
}

const contextOf = (has: string, { contextWidth }: UnetSigns): readonly Evidence[] =>
  contextWidth === undefined ? [] : [{ has, sizes: { 1: contextWidth }, says: contextSays(contextWidth) }];

/** That a checkpoint's UNet attends to text vectors of this width. */
export const attendsTo = (width: number): Condition => ({
  has: `${INSIDE}*.attn2.to_k.weight`,
  sizes: { 1: width },
});

/** That the UNet takes in so many channels: 4 for latents alone, 9 with a mask and masked latents, 8 with an image to edit. */
export const takesChannels = (channels: number): Condition => ({
  anyOf: [`${INSIDE}input_blocks.0.0.weight`, 'input_blocks.0.0.weight', 'conv_in.weight', 'unet.conv_in.weight'].map(
    (has) => ({
      has,
      sizes: { 1: channels },
    }),
  ),
});

/** That a tensor of this name stands in the denoiser, wherever that stands. */
export const inDenoiser = (name: string, sizes?: Readonly<Record<number, number>>): Condition => ({
  anyOf: [`${INSIDE}${name}`, name, `unet.${name}`, `transformer.${name}`].map((has) =>
    sizes === undefined ? { has } : { has, sizes },
  ),
});
