import type { Graph } from './graph/value.ts';
import type { Evidence } from './weights/evidence.ts';
import type { TensorEntry, TensorIndex } from './weights/tensor-index.ts';

/**
 * A model family: how its files are recognised, how its hyper-parameters are read off tensor shapes, which parts it is
 * made of, and the facts that a sampler needs. One file of `families/` each; nobody asks which family it is, the
 * family answers.
 */
export interface Family {
  readonly id: string;
  /** Name for people. */
  readonly title: string;
  /** What a file of this family has and lacks; all of it must hold. */
  readonly evidence: readonly Evidence[];
  readonly latent: LatentSpace;
  /** Width and height in pixels that the original model was trained at. */
  readonly nativeSize: number;
  /** What the denoiser predicts unless the file says otherwise. */
  readonly prediction: PredictionType;
  readonly noise: NoiseTable;
  readonly defaults: Defaults;
  /** The parts of a checkpoint of this family, its hyper-parameters read off the shapes; nothing but the index is read. */
  parts(index: TensorIndex): Parts;
  /**
   * The VAE in `index`, which may be a checkpoint, a KL VAE of its own or a tiny autoencoder (TAESD).
   * @throws missing when there is none; bad-shape when its latents are of another space.
   */
  vae(index: TensorIndex): VaePart;
}

export type PredictionType = 'eps' | 'v';

/** The space that a family denoises in. */
export interface LatentSpace {
  readonly channels: number;
  /** Latents are the KL VAE's mean times this. */
  readonly scale: number;
  /** Pixels per latent cell along each side. */
  readonly factor: number;
}

/** β = linspace(√from, √to, steps)², ᾱ = cumprod(1 − β): the table that a family was trained with. */
export interface NoiseTable {
  readonly from: number;
  readonly to: number;
  readonly steps: number;
}

/** Good settings where a request says nothing. */
export interface Defaults {
  readonly steps: number;
  readonly cfg: number;
  readonly clipSkip: number;
}

/** The parts of one model file. A method throws `missing`, naming the part and the keys looked for, where the file lacks it. */
export interface Parts {
  readonly family: Family;
  /** Which parts the file holds. */
  readonly has: { readonly textEncoder: boolean; readonly denoiser: boolean; readonly vae: boolean };
  /** ᾱ table stored in the file, which replaces the family's own (values rounded to float32). */
  readonly alphasCumprod: TensorEntry | undefined;
  /** The text encoders whose outputs are joined along the width, in order; one for SD 1.x and SD 2.x, two for SDXL. */
  textEncoders(): readonly TextEncoderPart[];
  denoiser(): DenoiserPart;
  vae(): VaePart;
}

/** A text encoder: token ids to one vector per token. */
export interface TextEncoderPart {
  readonly tokenizer: 'clip';
  /** Tokens of one chunk with its start and end token. */
  readonly tokens: number;
  readonly width: number;
  /** Number of transformer layers: the largest CLIP skip there is. */
  readonly layers: number;
  /**
   * Inputs: `ids` int64 [batch, 77]; `replacement` [batch, 77, width], vectors that stand in for token embeddings
   * (textual inversion); `replaced` [batch, 77, 1], 1 where they do and 0 elsewhere (feed zeros for both where there are none).
   * Output: `encoding` [batch, 77, width].
   * @param clipSkip 1 is the last layer; n takes hidden state −n, then the final layer norm.
   * @throws bad-value when clipSkip is not between 1 and `layers`.
   */
  graph(clipSkip: number): Graph;
}

/** The network that is sampled. */
export interface DenoiserPart {
  /** Channels of `x`: 4 for latents alone, 9 with an inpainting mask and masked latents, 8 with an image to edit. */
  readonly inputChannels: number;
  /** Channels of the prediction. */
  readonly outputChannels: number;
  /** Width of `context`. */
  readonly contextWidth: number;
  /** Width of `vector`, the pooled text and sizes; undefined where the family has no such input. */
  readonly vectorWidth: number | undefined;
  /**
   * Inputs: `x` [batch, inputChannels, height, width]; `timestep` [batch], fractional; `context` [batch, tokens,
   * contextWidth]; `vector` [batch, vectorWidth] where there is one. Output: `prediction` [batch, outputChannels,
   * height, width]. Batch, height, width (latent cells, any size) and tokens are free in every run.
   */
  graph(): Graph;
}

/** The way between pictures (−1…1) and the family's latents (scaled, as the sampler has them). */
export interface VaePart {
  readonly kind: 'kl' | 'taesd';
  /** Input: `latent` [batch, channels, height, width]. Output: `image` [batch, 3, height·factor, width·factor], about −1…1. */
  decoder(): Graph;
  /**
   * Input: `image` [batch, 3, H, W] in −1…1, H and W multiples of the factor. Outputs: `latent` [batch, channels, H/factor,
   * W/factor], the mean; for `kl` also `deviation` of that shape: a sample is latent + deviation · normal noise.
   */
  encoder(): Graph;
}
