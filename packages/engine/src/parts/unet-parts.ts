import { DanqingError } from '../errors.ts';
import type { Family, Parts, TextEncoderPart, VaePart } from '../family.ts';
import { saidPrediction } from '../said-prediction.ts';
import { withOriginalNames } from '../weights/keys/original-names.ts';
import { places, ZERO_TERMINAL_SNR } from '../weights/keys/places.ts';
import { WeightScope } from '../weights/scope.ts';
import type { TensorIndex } from '../weights/tensor-index.ts';
import { type Heads, readUnetConfig, unetGraph } from './denoisers/unet.ts';
import { type ClipTextTraits, findTextEncoder } from './text-encoders/find-text-encoder.ts';
import { checkLatents, findVae } from './vaes/find-vae.ts';

/** What cannot be seen of a family with a UNet in its files. */
export interface UnetFamilyTraits {
  readonly heads: Heads;
  /** In the order in which their encodings are joined. */
  readonly textEncoders: readonly ClipTextTraits[];
  /** Whether a noise table in the file replaces the family's own. */
  readonly takesStoredNoise: boolean;
}

/** The parts of a model of a family with a UNet, CLIP text encoders and a KL VAE, whatever names its files use. */
export function unetParts(index: TensorIndex, family: Family, traits: UnetFamilyTraits): Parts {
  const named = withOriginalNames(index);
  const root = WeightScope.over(named.tensors, family.title);
  const encoders = traits.textEncoders.map((encoder) => findTextEncoder(root, encoder));
  const denoiser = places.denoiser
    .map((place) => root.at(place, 'UNet'))
    .find((scope) => scope.has('input_blocks.0.0.weight'));
  return {
    family,
    has: {
      textEncoder: encoders.every((encoder) => encoder !== undefined),
      denoiser: denoiser !== undefined,
      vae: findVae(root, family.latent) !== undefined,
    },
    alphasCumprod: traits.takesStoredNoise ? named.tensors.get('alphas_cumprod') : undefined,
    zeroTerminalSnr: named.tensors.has(ZERO_TERMINAL_SNR),
    prediction: saidPrediction(index, family),
    textEncoders: () =>
      encoders.map((encoder, i): TextEncoderPart => {
        if (encoder !== undefined) return encoder;
        const what = encoders.length === 1 ? 'a text encoder' : `text encoder ${i + 1} of ${encoders.length}`;
        throw missingPart(index, what, traits.textEncoders[i]!.places);
      }),
    denoiser() {
      if (denoiser === undefined) throw missingPart(index, 'a UNet', places.denoiser);
      const config = readUnetConfig(denoiser, traits.heads);
      return { ...config, graph: () => unetGraph(denoiser, config) };
    },
    vae: () => unetVae(index, family),
  };
}

/**
 * The VAE in a checkpoint or a file of its own.
 * @throws missing when there is none; bad-shape when its latents are of another space.
 */
export function unetVae(index: TensorIndex, { title, latent }: Family): VaePart {
  const found = findVae(WeightScope.over(withOriginalNames(index).tensors, title), latent);
  if (found === undefined) throw missingPart(index, 'a VAE', places.kl);
  checkLatents(found, latent, index.file);
  return found;
}

const missingPart = (index: TensorIndex, part: string, paths: readonly string[]): DanqingError =>
  new DanqingError('missing', {
    where: index.file,
    expected: part,
    found: `none below ${paths.filter((path) => path !== '').join(' or ')}`,
    advice: 'Choose a file for this part, or a checkpoint that holds all parts.',
  });
