import { DanqingError } from '../../errors.ts';
import type { Parts, TextEncoderPart } from '../../family.ts';
import { type Graph, weightRows } from '../../graph/value.ts';
import type { Model } from '../../pipelines/model.ts';
import type { Session } from '../../runtime.ts';
import { decodeToFloat32 } from '../../tensor/dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { pooledAt } from '../../text/chunk-feeds.ts';
import { chunkPrompt, type PromptChunk } from '../../text/chunk-prompt.ts';
import type { EncodedChunk } from '../../text/encode-prompts.ts';
import { createClipTokenizer } from '../../text/tokenizers/clip.ts';
import { Adam } from '../../training/adam.ts';
import type { TensorEntry } from '../../weights/tensor-index.ts';
import { slerpColumns } from './slerp.ts';
import {
  encodingGraph,
  gradientGraph,
  gradientOf,
  refuseIdentity,
  type TextTower,
  TOKEN_ROWS,
  type TowerGraph,
} from './text-tower.ts';

/** How an aesthetic embedding is used, in the terms of A1111's extension. */
export interface AestheticSettings {
  /** How much of the tuned encoding there is in what is drawn with, 0 to 1. */
  readonly weight: number;
  readonly steps: number;
  readonly learningRate: number;
  /** Whether tuned and own encoding are mixed along an arc. */
  readonly slerp: boolean;
  /** Text that the aesthetic vector is turned towards; empty for none. */
  readonly text: string;
  /** Whether it is turned away from the text. */
  readonly textNegative: boolean;
  /** How far it is turned: 0 not at all, 1 all the way. */
  readonly slerpAngle: number;
}

/** What everyone should know who uses or makes aesthetic embeddings. */
export const AGE_OF_AESTHETICS =
  'Aesthetic gradients are an old technique and weaker than the others; a LoRA or an embedding does more.';

/** What tuning needs of the machine. */
export interface TuningHands {
  /** Opens a graph that is run some times and closed again. */
  open(graph: Graph): Promise<Session>;
  /** Bytes of a tensor of the text tower. */
  readTensor(entry: TensorEntry): Promise<Uint8Array>;
}

/**
 * Aesthetic gradients (arXiv:2209.12330) as A1111's extension has them: for every chunk of text a copy of CLIP's text encoder is
 * tuned by Adam until the chunk's features are more like an aesthetic vector, and what the copy then makes of the chunk is
 * mixed into the encoding of the checkpoint. Emphasis and embeddings of the prompt are not known to the copy.
 */
export class AestheticGradient {
  readonly #tower: TextTower;
  /** Of length 1. */
  readonly #vector: Float32Array;
  readonly #settings: AestheticSettings;
  readonly #hands: TuningHands;
  readonly #tokenizer = createClipTokenizer();
  readonly #tuned = new Map<string, Promise<Float32Array>>();
  #aim: Promise<Float32Array> | undefined;

  constructor(tower: TextTower, vector: Float32Array, settings: AestheticSettings, hands: TuningHands) {
    this.#tower = tower;
    this.#vector = vector;
    this.#settings = settings;
    this.#hands = hands;
  }

  /** The model with every prompt tuned. @throws unsupported as `tunableEncoder`; bad-shape when the tower has another width. */
  tune(model: Model): Model {
    const { steps, learningRate, weight } = this.#settings;
    const { width } = tunableEncoder(model.parts);
    if (width !== this.#tower.config.width) {
      throw new DanqingError('bad-shape', {
        where: this.#tower.file,
        expected: `a text encoder with a width of ${width}, as the checkpoint has it`,
        found: `${this.#tower.config.width}`,
      });
    }
    if (steps === 0 || learningRate === 0 || weight === 0) return model;
    return {
      ...model,
      promptEncoders: (options, embeddings) =>
        model.promptEncoders(options, embeddings).map((encoder) => ({
          ...encoder,
          refine: async (chunks, clipSkip, signal) => this.refine(chunks, clipSkip, signal),
        })),
    };
  }

  /** Mixes what the tuned copy makes of chunks, one of each text of a schedule, into their encodings. @throws not-a-number; what the signal throws. */
  async refine(
    chunks: readonly EncodedChunk[],
    clipSkip: number,
    signal: AbortSignal | undefined,
  ): Promise<Float32Array[]> {
    const key = JSON.stringify([clipSkip, chunks.map(({ chunk, count }) => [chunk.ids, count])]);
    let tuned = this.#tuned.get(key);
    if (tuned === undefined) {
      tuned = this.#encodeTuned(chunks, clipSkip, signal);
      this.#tuned.set(key, tuned);
      tuned.catch(() => this.#tuned.delete(key));
    }
    const encodings = await tuned;
    const size = encodings.length / chunks.length;
    return chunks.map(({ encoding }, i) => this.#mix(encoding, encodings.subarray(i * size, (i + 1) * size)));
  }

  #mix(own: Float32Array, tuned: Float32Array): Float32Array {
    const { slerp, weight } = this.#settings;
    // Along the tokens, as the extension does, not along the width.
    if (slerp) return slerpColumns(own, tuned, weight, this.#tower.config.tokens);
    return own.map((value, i) => value * (1 - weight) + tuned[i]! * weight);
  }

  /** Encodings [chunks, tokens, width] of a copy that was tuned for these chunks together. */
  async #encodeTuned(chunks: readonly EncodedChunk[], clipSkip: number, signal?: AbortSignal): Promise<Float32Array> {
    const { steps, learningRate } = this.#settings;
    const total = chunks.reduce((sum, { count }) => sum + count, 0);
    const aim = await (this.#aim ??= this.#findAim());
    const { graph, weights } = gradientGraph(this.#tower);
    const { texts, values } = await this.#feeds(
      chunks.map(({ chunk }) => chunk),
      weights,
    );
    const shares = Float32Array.from(chunks, ({ count }) => count / total);
    const own = { aim: { shape: [aim.length], data: aim }, share: { shape: [chunks.length], data: shares } };
    await this.#using(graph, async (session) => {
      const names = Object.keys(values);
      const gradients = Object.fromEntries(
        names.map((name) => {
          const { shape, data } = values[name]!;
          return [gradientOf(name), { shape, data: new Float32Array(data.length) }] as const;
        }),
      );
      const adam = new Adam(
        names.map((name) => values[name]!.data),
        { learningRate },
      );
      for (let step = 0; step < steps; step++) {
        signal?.throwIfAborted();
        await session.run({ ...texts, ...own, ...values }, gradients);
        adam.step(names.map((name) => gradients[gradientOf(name)]!.data));
      }
    });
    const encoding = encodingGraph(this.#tower, clipSkip);
    return this.#using(encoding.graph, async (session) => {
      const result = await session.run({ ...texts, ...values });
      return finite(result['encoding']!.data, learningRate);
    });
  }

  /** The vector that features shall become like: the aesthetic one, turned towards a text where that is asked for. */
  async #findAim(): Promise<Float32Array> {
    const { projection } = this.#tower;
    refuseIdentity(this.#tower, decodeToFloat32(await this.#hands.readTensor(projection), projection.dtype));
    const { text, textNegative, slerpAngle } = this.#settings;
    if (text === '') return this.#vector;
    const { graph, weights } = encodingGraph(this.#tower, 1);
    const { texts, values } = await this.#feeds([this.#chunkOf(text)], weights);
    const features = await this.#using(graph, async (session) => {
      const result = await session.run({ ...texts, ...values });
      return result['features']!.data;
    });
    // The extension gives only a turned-away text the length 1; pictures depend on it.
    const towards = textNegative ? normalized(this.#vector.map((value, i) => value - features[i]!)) : features;
    return slerpColumns(this.#vector, towards, slerpAngle, this.#vector.length);
  }

  /** The aesthetic text in one chunk, brackets and all. */
  #chunkOf(text: string): PromptChunk {
    const { tokens } = this.#tower.config;
    const options = { emphasis: 'None', commaPaddingBacktrack: 0 } as const;
    const { chunks, tokenCount } = chunkPrompt(text, { tokenizer: this.#tokenizer, tokens, options });
    const [chunk, ...more] = chunks;
    if (chunk !== undefined && more.length === 0) return chunk;
    throw new DanqingError('bad-value', {
      where: 'aesthetic text',
      expected: `at most ${tokens - 2} tokens`,
      found: `${tokenCount}`,
    });
  }

  /** What texts are put in as, and fresh copies of all weights, the vectors of the tokens that occur among them. */
  async #feeds(chunks: readonly PromptChunk[], weights: TowerGraph['weights']) {
    const { tokenTable, config } = this.#tower;
    const ids = [...new Set(chunks.flatMap((chunk) => chunk.ids))];
    const rowOf = new Map(ids.map((id, row) => [id, BigInt(row)]));
    const read = async (entry: TensorEntry): Promise<Float32Array> =>
      decodeToFloat32(await this.#hands.readTensor(entry), entry.dtype);
    const rows = new Float32Array(ids.length * config.width);
    for (const [row, id] of ids.entries()) {
      rows.set(await read(weightRows(tokenTable, id, id + 1).entry), row * config.width);
    }
    const values: Record<string, Tensor> = { [TOKEN_ROWS]: { shape: [ids.length, config.width], data: rows } };
    for (const [name, entry] of weights) values[name] = { shape: entry.shape, data: await read(entry) };
    const texts = {
      ids: {
        shape: [chunks.length, config.tokens],
        data: BigInt64Array.from(chunks.flatMap((chunk) => chunk.ids.map((id) => rowOf.get(id)!))),
      },
      pooledAt: pooledAt(chunks, this.#tokenizer.endId),
    };
    return { texts, values };
  }

  async #using<T>(graph: Graph, work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#hands.open(graph);
    try {
      return await work(session);
    } finally {
      await session.release();
    }
  }
}

/**
 * The text encoder of a checkpoint that aesthetic gradients can be used with.
 * @throws unsupported when it has several, or another than CLIP-L.
 */
export function tunableEncoder(parts: Parts): TextEncoderPart {
  const [own, ...more] = parts.textEncoders();
  if (own?.tokenizer === 'clip' && more.length === 0) return own;
  throw new DanqingError('unsupported', {
    where: 'aesthetic gradient',
    expected: 'a checkpoint of SD 1.x, whose only text encoder is CLIP-L',
    found: `one of ${parts.family.title}`,
    advice: 'For other checkpoints there are LoRAs and embeddings.',
  });
}

function normalized(values: Float32Array): Float32Array {
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

function finite(encoding: Float32Array, learningRate: number): Float32Array {
  if (encoding.every((value) => Number.isFinite(value))) return encoding;
  throw new DanqingError('not-a-number', {
    where: 'aesthetic gradient',
    expected: 'an encoding of finite values',
    found: `others after tuning at a rate of ${learningRate}`,
    advice: 'Choose a lower rate, such as 0.0001, or fewer steps.',
  });
}
