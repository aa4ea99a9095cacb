import type { Parts, VaePart } from '../family.ts';
import type { Graph } from '../graph/value.ts';
import type { Session } from '../runtime.ts';
import type { Predict } from '../sampling/guidance/guided-model.ts';
import { predictions } from '../sampling/predictions/index.ts';
import type { SampledModel } from '../sampling/sample-latents.ts';
import { decodeToFloat32 } from '../tensor/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { chunkFeeds } from '../text/chunk-feeds.ts';
import type { PromptEncoder } from '../text/encode-prompts.ts';
import { EncodingCache } from '../text/encoding-cache.ts';
import type { PromptOptions } from '../text/prompt-options.ts';
import { createClipTokenizer } from '../text/tokenizers/clip.ts';
import type { Tokenizer } from '../text/tokenizers/tokenizer.ts';
import type { TensorEntry } from '../weights/tensor-index.ts';

/** The networks that drawing runs. */
export type NetworkName = 'text encoder' | 'denoiser' | 'VAE decoder' | 'preview decoder';

/** What a model needs of the machine. */
export interface ModelHands {
  /**
   * Runs work on the session of a graph, opened now or kept from before; the session is not closed while work runs.
   * @param graph must be the same for the same `name` and `variant` of one model.
   */
  withSession<T>(
    network: { readonly name: NetworkName; readonly variant: string; graph(): Graph },
    work: (session: Session) => Promise<T>,
  ): Promise<T>;
  /** Bytes of a stored tensor. */
  readTensor(entry: TensorEntry): Promise<Uint8Array>;
}

/** A checkpoint with its VAE, ready to draw: networks are opened when they are first needed. */
export interface Model {
  readonly parts: Parts;
  /** How prompts are put to the text encoder. */
  promptEncoder(options: PromptOptions): PromptEncoder;
  /** What is sampled. @throws bad-shape when the checkpoint's own noise table is damaged. */
  sampled(): Promise<SampledModel>;
  /** Scaled latents [n, c, h, w] to pictures [n, 3, h·factor, w·factor], about −1…1. */
  decode(latent: Tensor): Promise<Tensor>;
  /** The same, quick and rough; undefined without a small decoder. */
  readonly preview: ((latent: Tensor) => Promise<Tensor>) | undefined;
}

let madeTokenizer: Tokenizer | undefined;
/** Takes a tenth of a second to make and never changes: there is one. */
const clipTokenizer = (): Tokenizer => (madeTokenizer ??= createClipTokenizer());

/** The files that a model is made of. */
export interface ModelFiles {
  readonly parts: Parts;
  readonly vae: VaePart;
  /** A tiny autoencoder for previews. */
  readonly previewVae: VaePart | undefined;
}

/**
 * Puts a model together from its files; nothing is opened yet.
 * @throws missing when a part is not there.
 */
export function createModel({ parts, vae, previewVae }: ModelFiles, hands: ModelHands): Model {
  const [textEncoder] = parts.textEncoders();
  const denoiser = parts.denoiser();
  const cache = new EncodingCache();

  const decodeWith =
    (name: NetworkName, part: VaePart) =>
    async (latent: Tensor): Promise<Tensor> =>
      hands.withSession({ name, variant: '', graph: () => part.decoder() }, async (session) => {
        const { image } = await session.run({ latent });
        return image!;
      });

  const predict: Predict = async (x, times, context) =>
    hands.withSession({ name: 'denoiser', variant: '', graph: () => denoiser.graph() }, async (session) => {
      const { prediction } = await session.run({ x, timestep: { shape: [times.length], data: times }, context });
      return prediction!;
    });

  return {
    parts,
    promptEncoder: (options) => ({
      tokenizer: clipTokenizer(),
      tokens: textEncoder!.tokens,
      layers: textEncoder!.layers,
      options,
      cache,
      encode: async (chunks, clipSkip) =>
        hands.withSession(
          { name: 'text encoder', variant: `skip ${clipSkip}`, graph: () => textEncoder!.graph(clipSkip) },
          async (session) => {
            const { encoding } = await session.run(chunkFeeds(chunks, textEncoder!.width, () => undefined));
            return encoding!;
          },
        ),
    }),
    async sampled() {
      const stored = parts.alphasCumprod;
      return {
        predict,
        prediction: predictions[parts.family.prediction],
        ...(stored && { alphasCumprod: decodeToFloat32(await hands.readTensor(stored), stored.dtype) }),
      };
    },
    decode: decodeWith('VAE decoder', vae),
    preview: previewVae && decodeWith('preview decoder', previewVae),
  };
}
