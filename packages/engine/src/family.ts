import type { Graph } from './graph/value.ts';
import type { Condition, Evidence } from './weights/evidence.ts';
import type { SectionId } from './weights/keys/sections.ts';
import type { TensorEntry, TensorIndex } from './weights/tensor-index.ts';
import type { Words } from './words.ts';

/**
 * What is known of a model family by its files: enough to recognise one, and what fits it. One file of `families/` each;
 * nobody asks which family it is, the family answers. A family that can be drawn with is a `Family`.
 */
export interface KnownFamily {
  readonly id: string;
  /** Name for people. */
  readonly title: string;
  /** The ways in which its files name their tensors. */
  readonly layouts: readonly KeyLayout[];
  /** Models of the family that differ by what they take in, most special first; none of them is the plain one. */
  readonly variants?: readonly FamilyVariant[];
  /** Parts that a checkpoint needs to draw by itself. */
  readonly needs: readonly SectionId[];
  /** Width and height in pixels that the original model was trained at. */
  readonly nativeSize: number;
  /** What the denoiser predicts unless the file says otherwise; undefined when only the file could say. */
  readonly prediction: PredictionType | 'flow' | undefined;
  /** How a file says otherwise, first that holds. */
  readonly predictions?: readonly { readonly type: PredictionType; readonly sign: Evidence }[];
  /** Channels of its latents, where it has a VAE of its own for still pictures. */
  readonly latentChannels?: number;
  /** Whether its denoiser is built as SD's UNet: whatever then is missing is damage. */
  readonly hasUnet?: boolean;
  /** Lists of like blocks in another denoiser: a hole in one is damage. */
  readonly lists?: readonly BlockList[];
  /** By what an add-on that was made for it is known. */
  readonly addOns?: AddOnSigns;
  /** Beginnings of what trainers and model cards call it in their notes, in lower case. */
  readonly claims: readonly string[];
}

/** One way to name the tensors of a family's files; all of the evidence must hold. */
export interface KeyLayout {
  /** A whole checkpoint, the denoiser alone under the same names, or as the diffusers library names it, alone or in a whole folder. */
  readonly id: 'checkpoint' | 'bare' | 'diffusers' | 'folder';
  readonly evidence: readonly Evidence[];
}

/** Numbered blocks that all hold the same tensors, but for some. */
export interface BlockList {
  readonly at: string;
  /** Beginnings of names within a block that not every block has. */
  readonly varies?: readonly string[];
}

/** A model of a family that takes in or does something of its own. */
export interface FamilyVariant {
  readonly id: string;
  readonly title: Words;
  readonly when: Condition;
  /** What it is good for. */
  readonly use: Words;
}

/** Sizes and names by which add-ons are known to be for a family. */
export interface AddOnSigns {
  /** Width of the text vectors that the denoiser attends to. */
  readonly contextWidth?: number;
  /** Whether its transformers are entered by convolutions. */
  readonly entersByConvolution?: boolean;
  /** Widths of the text encoders that embeddings are for, in their order. */
  readonly textWidths?: readonly number[];
  /** Pieces of module names, dots written as underscores, that only this family's denoiser has; `^` asks for the beginning. */
  readonly modules?: readonly string[];
  /** Widths of the denoiser's blocks, where names of modules are shared with another family. */
  readonly widths?: readonly number[];
  /** How kohya's scripts write an add-on for it; absent where they do not. */
  readonly kohya?: KohyaWays;
}

/** How kohya's scripts write add-ons for a family. */
export interface KohyaWays {
  /** Their `ss_base_model_version`. */
  readonly version: string;
  /** Whose names the denoiser's layers have: the diffusers library's, or those that they are stored by. */
  readonly layers: 'diffusers' | 'stored';
  /** What keys begin with, by text encoder. */
  readonly text: readonly string[];
}

/**
 * A family that can be drawn with: how its hyper-parameters are read off tensor shapes, which parts it is made of, and
 * the facts that a sampler needs.
 */
export interface Family extends KnownFamily {
  readonly latent: LatentSpace;
  /** What the denoiser predicts unless the file says otherwise; undefined where running it once has to tell. */
  readonly prediction: PredictionType | undefined;
  readonly noise: NoiseTable;
  readonly defaults: Defaults;
  /** Width and height in pixels by what the denoiser predicts, where models of the family differ in both. */
  readonly nativeSizes?: Readonly<Record<PredictionType, number>>;
  /** Whether an empty negative prompt is zeros rather than its encoding. */
  readonly zeroesEmptyNegative?: boolean;
  /**
   * The `vector` of the denoiser for a text; undefined where there is none, or nothing that can be told.
   * @param pooled what the text encoders made of the whole text.
   */
  vector?(pooled: Float32Array, told: ToldNumbers): Float32Array;
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
  /** The tiny autoencoder that was made for these latents. */
  readonly tiny: 'taesd' | 'taesdxl';
}

/** Numbers that SDXL is told beside the text; sizes in pixels. */
export interface ToldNumbers {
  readonly width: number;
  readonly height: number;
  readonly cropTop: number;
  readonly cropLeft: number;
  /** How beautiful the picture shall be, 1 to 10. */
  readonly aestheticScore: number;
}

/** β = linspace(√from, √to, steps)², ᾱ = cumprod(1 − β): the table that a family was trained with. */
export interface NoiseTable {
  readonly from: number;
  readonly to: number;
  readonly steps: number;
  /** Which of the published lists of "Align Your Steps" fits. */
  readonly alignedFor: 'sd' | 'sdxl';
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
  /** Whether the file asks for noise levels that end in pure noise. */
  readonly zeroTerminalSnr: boolean;
  /** What the denoiser predicts by the file, with the reason; undefined where the file does not say. */
  readonly prediction: { readonly type: PredictionType; readonly because: Words } | undefined;
  /** The text encoders whose outputs are joined along the width, in order; one for SD 1.x and SD 2.x, two for SDXL. */
  textEncoders(): readonly TextEncoderPart[];
  denoiser(): DenoiserPart;
  vae(): VaePart;
}

/** A text encoder: token ids to one vector per token. */
export interface TextEncoderPart {
  readonly tokenizer: 'clip' | 'open-clip';
  /** Number of ids that it has a vector for. */
  readonly vocabulary: number;
  /** Tokens of one chunk with its start and end token. */
  readonly tokens: number;
  readonly width: number;
  /** Number of transformer layers: the largest CLIP skip there is. */
  readonly layers: number;
  readonly clipSkip: ClipSkipRule;
  /** Numbers in `pooled`; undefined where the family takes no pooled vector from this encoder. */
  readonly pooledWidth: number | undefined;
  /**
   * Inputs: `ids` int64 [batch, 77]; `replacement` [batch, 77, width], vectors that stand in for token embeddings
   * (textual inversion); `replaced` [batch, 77, 1], 1 where they do and 0 elsewhere (feed zeros for both where there are none);
   * with a pooled width also `pooledAt` [batch, 77, 1], 1 at the end token and 0 elsewhere.
   * Outputs: `encoding` [batch, 77, width], and `pooled` [batch, pooledWidth] where there is one.
   * @param clipSkip 1 is the last layer; n takes hidden state −n, then the final layer norm where the family has it so.
   * @throws bad-value when clipSkip is not between 1 and `layers`.
   */
  graph(clipSkip: number): Graph;
}

/** Which layer of a text encoder is read. */
export interface ClipSkipRule {
  /** The CLIP skip that the family's models were trained with. */
  readonly usual: number;
  /** Whether the CLIP skip that is asked for counts: always, with A1111's option of this name, or never. */
  readonly follows: 'always' | 'sdxl_clip_l_skip' | 'never';
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
  /** Channels of its latents, which are the family's. */
  readonly latentChannels: number;
  /** Input: `latent` [batch, channels, height, width]. Output: `image` [batch, 3, height·factor, width·factor], about −1…1. */
  decoder(): Graph;
  /**
   * Input: `image` [batch, 3, H, W] in −1…1, H and W multiples of the factor. Outputs: `latent` [batch, channels, H/factor,
   * W/factor], the mean; for `kl` also `deviation` of that shape: a sample is latent + deviation · normal noise.
   */
  encoder(): Graph;
}
