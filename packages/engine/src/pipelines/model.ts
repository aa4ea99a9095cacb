import { DanqingError } from '../errors.ts';
import type { Parts, TextEncoderPart, VaePart } from '../family.ts';
import type { Graph } from '../graph/value.ts';
import type { Session } from '../runtime.ts';
import type { Predict } from '../sampling/guidance/guided-model.ts';
import type { SampledModel } from '../sampling/latent-request.ts';
import { predictions } from '../sampling/predictions/index.ts';
import { decodeToFloat32 } from '../tensor/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { chunkFeeds, pooledAt } from '../text/chunk-feeds.ts';
import { applyClipSkip } from '../text/clip-skip.ts';
import {
  type Embeddings,
  fitEmbedding,
  type UnusableEmbedding,
  type WordVectors,
} from '../text/embeddings/embedding.ts';
import { matchWords } from '../text/embeddings/word-matcher.ts';
import type { PromptEncoder } from '../text/encode-prompts.ts';
import { EncodingCache } from '../text/encoding-cache.ts';
import type { PromptOptions } from '../text/prompt-options.ts';
import { createClipTokenizer } from '../text/tokenizers/clip.ts';
import { createOpenClipTokenizer } from '../text/tokenizers/open-clip.ts';
import type { Tokenizer } from '../text/tokenizers/tokenizer.ts';
import type { TensorEntry } from '../weights/tensor-index.ts';
import { findPrediction, type FoundPrediction } from './find-prediction.ts';

/** The networks that drawing runs. */
export type NetworkName = 'text encoder' | 'denoiser' | 'VAE decoder' | 'VAE encoder' | 'preview decoder';

/** A network of a model, and what tells it from others of its name: the CLIP skip of a text encoder. */
export interface ModelNetwork {
  readonly name: NetworkName;
  readonly variant: string;
  graph(): Graph;
}

/** What a model needs of the machine. */
export interface ModelHands {
  /**
   * Runs work on the session of a graph, opened now or kept from before; the session is not closed while work runs.
   * @param graph must be the same for the same `name` and `variant` of one model.
   */
  withSession<T>(network: ModelNetwork, work: (session: Session) => Promise<T>): Promise<T>;
  /** Bytes of a stored tensor. */
  readTensor(entry: TensorEntry): Promise<Uint8Array>;
}

/** A checkpoint with its VAE, ready to draw: networks are opened when they are first needed. */
export interface Model {
  readonly parts: Parts;
  /**
   * How prompts are put to the text encoders, in the order in which their encodings are joined.
   * @param embeddings what prompts may call by name; those that were made for other text encoders are said where they are called.
   */
  promptEncoders(options: PromptOptions, embeddings: Embeddings): readonly PromptEncoder[];
  /** Opens the networks that drawing with these options runs, so that it need not wait for them. */
  open(options: PromptOptions): Promise<void>;
  /** What the denoiser predicts; where neither file nor family says, it is run once. */
  prediction(): Promise<FoundPrediction>;
  /** Width and height in pixels that the original model was trained at. */
  nativeSize(): Promise<number>;
  /** What is sampled. @throws bad-shape when the checkpoint's own noise table is damaged. */
  sampled(): Promise<SampledModel>;
  /** Pictures [n, 3, H, W] in −1…1 to the mean of their scaled latents [n, c, H/factor, W/factor]. */
  encode(image: Tensor): Promise<Tensor>;
  /** Scaled latents [n, c, h, w] to pictures [n, 3, h·factor, w·factor], about −1…1. */
  decode(latent: Tensor): Promise<Tensor>;
  /** The same, quick and rough; undefined without a small decoder. */
  readonly preview: ((latent: Tensor) => Promise<Tensor>) | undefined;
}

const tokenizers: Readonly<Record<TextEncoderPart['tokenizer'], () => Tokenizer>> = {
  clip: createClipTokenizer,
  'open-clip': createOpenClipTokenizer,
};

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
  const textEncoders = parts.textEncoders();
  const caches = textEncoders.map(() => new EncodingCache());
  const denoiser = parts.denoiser();

  const decodeWith =
    (network: ModelNetwork) =>
    async (latent: Tensor): Promise<Tensor> =>
      hands.withSession(network, async (session) => {
        const { image } = await session.run({ latent });
        return image!;
      });

  const predict: Predict = async (x, times, context, vector) =>
    hands.withSession(denoising, async (session) => {
      const timestep = { shape: [times.length], data: times };
      const { prediction } = await session.run({ x, timestep, context, ...(vector && { vector }) });
      return prediction!;
    });

  const textEncoder = (i: number, skip: number): ModelNetwork => ({
    name: 'text encoder',
    variant: `${i + 1}, skip ${skip}`,
    graph: () => textEncoders[i]!.graph(skip),
  });
  const denoising = { name: 'denoiser', variant: '', graph: () => denoiser.graph() } as const;
  const decoding = { name: 'VAE decoder', variant: '', graph: () => vae.decoder() } as const;

  let found: Promise<FoundPrediction> | undefined;
  const prediction = (): Promise<FoundPrediction> => (found ??= findPrediction(parts, predict));

  return {
    parts,
    promptEncoders: (options, embeddings) =>
      textEncoders.map((part, i) => {
        const { tokens, layers, clipSkip } = part;
        const tokenizer = tokenizers[part.tokenizer]();
        checkVocabulary(part, tokenizer);
        return {
          tokenizer,
          ...wordFinders(embeddings, textEncoders, i, tokenizer),
          tokens,
          layers,
          clipSkip,
          options,
          cache: caches[i]!,
          encode: async (chunks, skip) =>
            hands.withSession(textEncoder(i, skip), async (session) => {
              const feeds = chunkFeeds(chunks, part.width);
              const marks = part.pooledWidth === undefined ? {} : { pooledAt: pooledAt(chunks, tokenizer.endId) };
              const { encoding, pooled } = await session.run({ ...feeds, ...marks });
              return { ...encoding!, ...(pooled && { pooled }) };
            }),
        };
      }),
    async open(options) {
      const { clipSkips } = applyClipSkip(options, textEncoders);
      const networks = [...clipSkips.map((skip, i) => textEncoder(i, skip)), denoising, decoding];
      for (const network of networks) await hands.withSession(network, () => Promise.resolve());
    },
    prediction,
    async nativeSize() {
      const { nativeSize, nativeSizes } = parts.family;
      return nativeSizes === undefined ? nativeSize : nativeSizes[(await prediction()).type];
    },
    async sampled() {
      const stored = parts.alphasCumprod;
      return {
        predict,
        prediction: predictions[(await prediction()).type],
        alignedFor: parts.family.noise.alignedFor,
        zeroTerminalSnr: parts.zeroTerminalSnr,
        ...(stored && { alphasCumprod: decodeToFloat32(await hands.readTensor(stored), stored.dtype) }),
      };
    },
    encode: async (image) =>
      hands.withSession({ name: 'VAE encoder', variant: '', graph: () => vae.encoder() }, async (session) => {
        const { latent } = await session.run({ image });
        return latent!;
      }),
    decode: decodeWith(decoding),
    preview: previewVae && decodeWith({ name: 'preview decoder', variant: '', graph: () => previewVae.decoder() }),
  };
}

/** The end token is the last of its vocabulary; a shorter table of vectors has none for the text. */
function checkVocabulary({ vocabulary }: TextEncoderPart, { endId }: Tokenizer): void {
  if (vocabulary > endId) return;
  throw new DanqingError('bad-shape', {
    where: 'text encoder › token embeddings',
    expected: `vectors for ${endId + 1} tokens`,
    found: `${vocabulary}`,
    advice: 'The file is cut down, or for another tokenizer; get the original.',
  });
}

/** Finds embeddings for text encoder `i` of several, and those that are for other ones. */
function wordFinders(
  { usable, unusable }: Embeddings,
  textEncoders: readonly TextEncoderPart[],
  i: number,
  tokenizer: Tokenizer,
): Pick<PromptEncoder, 'findEmbedding' | 'findUnusable'> {
  const fitting: WordVectors[] = [];
  const others: UnusableEmbedding[] = [...unusable];
  for (const embedding of usable) {
    const found = fitEmbedding(embedding, textEncoders);
    if (typeof found === 'string') others.push({ name: embedding.name, why: found });
    else fitting.push(found[i]!);
  }
  const called = <T extends { readonly name: string }>(value: T) => ({ ids: tokenizer.encode(value.name), value });
  return { findEmbedding: matchWords(fitting.map(called)), findUnusable: matchWords(others.map(called)) };
}
