import { DanqingError } from '../errors.ts';
import type { Family, LatentSpace, TextEncoderPart } from '../family.ts';
import { readUnetConfig, unetGraph } from '../parts/denoisers/unet.ts';
import { clipTextGraph, readClipTextConfig } from '../parts/text-encoders/clip.ts';
import { checkLatents, findVae } from '../parts/vaes/find-vae.ts';
import { places } from '../weights/keys/places.ts';
import { unetLayouts } from '../weights/keys/unet-layouts.ts';
import { guidanceInside, inpainting, instructPix2pix, vSigns } from '../weights/keys/unet-variants.ts';
import { WeightScope } from '../weights/scope.ts';
import type { TensorIndex } from '../weights/tensor-index.ts';

const TITLE = 'Stable Diffusion 1.x';

/** The same number of attention heads at every level, whatever the width. */
const HEADS = { count: 8 };

const latent: LatentSpace = { channels: 4, scale: 0.18215, factor: 8 };

/** Stable Diffusion 1.x with its inpainting and InstructPix2Pix variants (arXiv:2112.10752). */
export const sd1: Family = {
  id: 'sd1',
  title: TITLE,
  layouts: unetLayouts({ entry: 'convolutions', sized: false }, [
    {
      lacks: 'cond_stage_model.model.*',
      says: { en: 'no OpenCLIP text encoder (SD 2.x has one)', zh: '没有 OpenCLIP 文本编码器（SD 2.x 才有）' },
    },
    {
      lacks: 'cond_stage_model.roberta.*',
      says: {
        en: 'no XLM-RoBERTa text encoder (AltDiffusion has one)',
        zh: '没有 XLM-RoBERTa 文本编码器（AltDiffusion 才有）',
      },
    },
    {
      lacks: 'conditioner.*',
      says: { en: 'no list of text encoders (SDXL has one)', zh: '没有文本编码器列表（SDXL 才有）' },
    },
  ]),
  variants: [inpainting, instructPix2pix, guidanceInside],
  needs: ['denoiser', 'clip-l', 'vae'],
  latent,
  latentChannels: latent.channels,
  nativeSize: 512,
  prediction: 'eps',
  predictions: vSigns,
  addOns: { contextWidth: 768, textWidths: [768], modules: ['motion_modules_'] },
  claims: ['stable-diffusion-v1', 'sd_v1', 'sd_1', 'sd1'],
  noise: { from: 0.000_85, to: 0.012, steps: 1000 },
  defaults: { steps: 20, cfg: 7, clipSkip: 1 },

  parts(index) {
    const root = WeightScope.over(index.tensors, TITLE);
    const textEncoder = places.clipText
      .map((place) => root.at(place, 'text encoder'))
      .find((scope) => scope.has('embeddings.token_embedding.weight'));
    const denoiser = places.denoiser
      .map((place) => root.at(place, 'UNet'))
      .find((scope) => scope.has('input_blocks.0.0.weight'));
    const hasVae = findVae(root, latent) !== undefined;
    return {
      family: sd1,
      has: { textEncoder: textEncoder !== undefined, denoiser: denoiser !== undefined, vae: hasVae },
      alphasCumprod: index.tensors.get('alphas_cumprod'),
      textEncoders() {
        if (textEncoder === undefined) throw missingPart(index, 'a text encoder', places.clipText);
        return [clipPart(textEncoder)];
      },
      denoiser() {
        if (denoiser === undefined) throw missingPart(index, 'a UNet', places.denoiser);
        const config = readUnetConfig(denoiser, HEADS);
        return { ...config, graph: () => unetGraph(denoiser, config) };
      },
      vae: () => sd1.vae(index),
    };
  },

  vae(index) {
    const found = findVae(WeightScope.over(index.tensors, TITLE), latent);
    if (found === undefined) throw missingPart(index, 'a VAE', places.kl);
    checkLatents(found, latent, index.file);
    return found;
  },
};

function clipPart(scope: WeightScope): TextEncoderPart {
  const config = readClipTextConfig(scope, 'quickGelu');
  const { tokens, width, layers } = config;
  return { tokenizer: 'clip', tokens, width, layers, graph: (clipSkip) => clipTextGraph(scope, config, clipSkip) };
}

const missingPart = (index: TensorIndex, part: string, paths: readonly string[]): DanqingError =>
  new DanqingError('missing', {
    where: index.file,
    expected: `${part} below ${paths.filter((path) => path !== '').join(' or ')}`,
    found: 'none',
    advice: 'Choose a file for this part, or a checkpoint that holds all parts.',
  });
