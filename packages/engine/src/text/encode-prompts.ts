import { DanqingError } from '../errors.ts';
import type { ClipSkipRule } from '../family.ts';
import type { Context, ContextSchedule, ImageConditioning } from '../sampling/guidance/conditioning.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { applyEmphasis } from './apply-emphasis.ts';
import type { WeightedEncoding } from './apply-emphasis.ts';
import { chunkPrompt, emptyChunk } from './chunk-prompt.ts';
import type { Chunking, PromptChunk } from './chunk-prompt.ts';
import { type AppliedClipSkip, applyClipSkip } from './clip-skip.ts';
import type { WordVectors } from './embeddings/embedding.ts';
import type { ChunkEncoding, EncodingCache } from './encoding-cache.ts';
import type { PromptOptions } from './prompt-options.ts';
import type { ParsedPrompts } from './prompt/parse-prompts.ts';
import type { PromptNote } from './prompt/prompt-note.ts';
import { entryIndexAtStep, schedulePrompt } from './prompt/schedule.ts';
import type { ScheduleEntry, ScheduleSpan } from './prompt/schedule.ts';

/** A text encoder in its present state, and how prompts are put to it. */
export interface PromptEncoder extends Omit<Chunking, 'options'> {
  readonly options: PromptOptions;
  /** Number of transformer layers, which bounds the CLIP skip. */
  readonly layers: number;
  readonly clipSkip: ClipSkipRule;
  /** Runs the encoder on chunks [n] at a CLIP skip. */
  encode(chunks: readonly PromptChunk[], clipSkip: number): Promise<TextEncoding>;
  /** Must belong to this state of the encoder. */
  readonly cache: EncodingCache;
  /** Changes the encodings of one chunk of every text of a schedule, after their emphasis. */
  readonly refine?: (
    chunks: readonly EncodedChunk[],
    clipSkip: number,
    signal: AbortSignal | undefined,
  ) => Promise<readonly Float32Array[]>;
}

/** A chunk of one text of a schedule. */
export interface EncodedChunk {
  readonly chunk: PromptChunk;
  /** [tokens, width]. */
  readonly encoding: Float32Array;
  /** How often the text occurs in the schedule. */
  readonly count: number;
}

/** What a text encoder makes of chunks [n]: encodings [n, tokens, width]. */
export interface TextEncoding extends Tensor {
  /** Each chunk as a whole, [n, width], from an encoder that gives it. */
  readonly pooled?: Tensor;
}

/** What a run needs of its prompts. */
export interface EncodedPrompts {
  /** One for each image. */
  readonly conditioning: readonly ImageConditioning[];
  /** The encoding [tokens, width] of an empty prompt, when it was asked for. */
  readonly emptyContext?: Tensor;
  readonly report: TextReport;
}

/** What was really done with the prompts of a run. */
export interface TextReport {
  /** The CLIP skip that was applied; 1 where the model does not let it be changed. */
  readonly clipSkip: number;
  /** Every text that was encoded. */
  readonly texts: readonly TextUse[];
  /** The embeddings of every prompt that has some, in the order of encoding. */
  readonly embeddings: readonly EmbeddingUse[];
  readonly notes: readonly PromptNote[];
}

/** How one text went into the encoder. */
export interface TextUse {
  readonly role: 'prompt' | 'negative prompt';
  readonly text: string;
  /** Tokens without start, end and padding; a chunk ended early counts whole, as A1111 counts. */
  readonly tokens: number;
  readonly chunks: number;
  /** Names of the embeddings in it. */
  readonly embeddings: readonly string[];
}

/** The embeddings in one prompt, each once, in the order in which they come up. */
export interface EmbeddingUse {
  readonly role: TextUse['role'];
  readonly embeddings: readonly Pick<WordVectors, 'name' | 'identity'>[];
}

/** What is asked beside the prompts. */
export interface EncodeRequest extends Omit<ScheduleSpan, 'useOldScheduling'> {
  readonly needsEmptyContext?: boolean;
  /** Whether an empty negative prompt is zeros rather than its encoding. */
  readonly zeroesEmptyNegative?: boolean;
  /** What a model that takes a vector is told with a text; `pooled` is empty where no encoder gives it. */
  readonly vectorOf?: ((pooled: Float32Array, role: TextUse['role']) => Float32Array) | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Encodes the prompts of a batch for a run of so many steps. Each chunk of text runs through each encoder once and alone, so that its
 * encoding does not depend on what else is encoded; the encodings of several encoders are joined along their width.
 * @throws bad-value when prompts and negative prompts differ in number, and what the encoders or the signal throw.
 */
export async function encodePrompts(
  { prompts, negativePrompts, notes: parsingNotes }: ParsedPrompts,
  encoders: readonly PromptEncoder[],
  request: EncodeRequest,
): Promise<EncodedPrompts> {
  if (prompts.length !== negativePrompts.length) {
    throw new DanqingError('bad-value', {
      where: 'negative prompts',
      expected: `${prompts.length}, one for each prompt`,
      found: `${negativePrompts.length}`,
    });
  }
  const run = new EncodingRun(encoders, request);
  const conditioning: ImageConditioning[] = [];
  for (const [i, parts] of prompts.entries()) {
    const encoded = [];
    for (const { text, weight } of parts) encoded.push({ weight, ...(await run.schedule(text, 'prompt')) });
    conditioning.push({ parts: encoded, uncond: await run.schedule(negativePrompts[i] ?? '', 'negative prompt') });
  }
  const emptyContext = request.needsEmptyContext === true ? { emptyContext: await run.emptyContext() } : {};
  return { conditioning, ...emptyContext, report: run.report(parsingNotes) };
}

/** A text of a schedule in chunks, for each encoder. */
interface ChunkedText {
  readonly chunks: readonly (readonly PromptChunk[])[];
  /** How many entries of the schedule have this text. */
  count: number;
}

/** What the encoders make of one text: [tokens, width], and its first chunk as a whole. */
interface WholeEncoding {
  readonly context: Tensor;
  readonly pooled: Float32Array;
}

/** The encoding of one batch; remembers what it has encoded and what there is to say. */
class EncodingRun {
  readonly #encoders: readonly PromptEncoder[];
  readonly #request: EncodeRequest;
  readonly #span: ScheduleSpan;
  readonly #clipSkip: AppliedClipSkip;
  readonly #schedules = new Map<string, ContextSchedule>();
  readonly #texts = new Map<string, TextUse>();
  readonly #embeddings: EmbeddingUse[] = [];
  readonly #notes: PromptNote[] = [];

  constructor(encoders: readonly PromptEncoder[], request: EncodeRequest) {
    this.#encoders = encoders;
    this.#request = request;
    const { options } = encoders[0]!;
    this.#span = { ...request, useOldScheduling: options.useOldScheduling };
    this.#clipSkip = applyClipSkip(options, encoders);
    this.#notes.push(...this.#clipSkip.notes);
  }

  /** A prompt's encodings over the steps; the same prompt twice is the same schedule. */
  async schedule(prompt: string, role: TextUse['role']): Promise<ContextSchedule> {
    const key = `${role} ${prompt}`;
    const known = this.#schedules.get(key);
    if (known !== undefined) return known;
    const { entries, notes } = schedulePrompt(prompt, this.#span);
    this.#notes.push(...notes);
    const texts = this.#chunkTexts(entries, role);
    const used = embeddingsIn(texts.values());
    if (used.length > 0) this.#embeddings.push({ role, embeddings: used });
    const encoded = await this.#encodeTexts(texts);
    const isZero =
      this.#request.zeroesEmptyNegative === true &&
      role === 'negative prompt' &&
      entries.every(({ text }) => text === '');
    const contexts = new Map([...encoded].map(([text, whole]) => [text, this.#contextOf(whole, role, isZero)]));
    const schedule: ContextSchedule = {
      at: (step) => contexts.get(entries[entryIndexAtStep(entries, step)]?.text ?? '') as Context,
    };
    this.#schedules.set(key, schedule);
    return schedule;
  }

  async emptyContext(): Promise<Tensor> {
    const encodings = await Promise.all(
      this.#encoders.map(async (encoder, i) => [
        (await this.#encodeChunk(i, emptyChunk(encoder.tokenizer, encoder.tokens))).encoding,
      ]),
    );
    return joinEncoders(encodings.map((chunks, i) => joinChunks(chunks, this.#encoders[i]!.tokens)));
  }

  report(parsingNotes: readonly PromptNote[]): TextReport {
    const byMessage = new Map([...parsingNotes, ...this.#notes].map((note) => [note.message, note]));
    return {
      clipSkip: this.#clipSkip.clipSkip,
      texts: [...this.#texts.values()],
      embeddings: this.#embeddings,
      notes: [...byMessage.values()],
    };
  }

  #contextOf({ context, pooled }: WholeEncoding, role: TextUse['role'], isZero: boolean): Context {
    const { vectorOf } = this.#request;
    const seen = isZero ? { ...context, data: new Float32Array(context.data.length) } : context;
    return vectorOf === undefined
      ? seen
      : { ...seen, vector: vectorOf(isZero ? new Float32Array(pooled.length) : pooled, role) };
  }

  #chunkTexts(entries: readonly ScheduleEntry[], role: TextUse['role']): Map<string, ChunkedText> {
    const chunked = new Map<string, ChunkedText>();
    for (const { text } of entries) {
      const known = chunked.get(text);
      if (known === undefined) {
        const chunkings = this.#encoders.map((encoder) => chunkPrompt(text, encoder));
        this.#notes.push(...chunkings.flatMap(({ notes }) => notes));
        const [{ chunks, tokenCount }] = chunkings as [(typeof chunkings)[number]];
        const names = chunkings.flatMap((one) => one.chunks.flatMap(({ embeddings }) => embeddings));
        const embeddings = [...new Set(names.map(({ embedding }) => embedding.name))];
        this.#texts.set(`${role} ${text}`, { role, text, tokens: tokenCount, chunks: chunks.length, embeddings });
        chunked.set(text, { chunks: chunkings.map((one) => one.chunks), count: 1 });
      } else known.count++;
    }
    return chunked;
  }

  /** Encodings by text, all of one length; the texts of a schedule get their emphasis together. */
  async #encodeTexts(texts: ReadonlyMap<string, ChunkedText>): Promise<Map<string, WholeEncoding>> {
    const all = [...texts.values()];
    const chunkCount = Math.max(...all.flatMap(({ chunks }) => chunks.map(({ length }) => length)));
    const joined: Tensor[][] = all.map(() => []);
    const pooled: Float32Array[] = all.map(() => new Float32Array());
    for (const [e, { tokenizer, tokens, refine }] of this.#encoders.entries()) {
      const filler = emptyChunk(tokenizer, tokens);
      const encodings: Float32Array[][] = all.map(() => []);
      for (let i = 0; i < chunkCount; i++) {
        const batch = [];
        for (const [text, { chunks, count }] of all.entries()) {
          const chunk = chunks[e]![i] ?? filler;
          const encoded = await this.#encodeChunk(e, chunk);
          if (i === 0 && encoded.pooled !== undefined) pooled[text] = encoded.pooled;
          batch.push({ chunk, encoding: encoded.encoding, weights: chunk.weights, count });
        }
        const emphasized = this.#emphasize(batch);
        const refined = await refine?.(
          batch.map(({ chunk, count }, text) => ({ chunk, count, encoding: emphasized[text]! })),
          this.#clipSkip.clipSkips[e]!,
          this.#request.signal,
        );
        (refined ?? emphasized).forEach((encoding, text) => encodings[text]!.push(encoding));
      }
      encodings.forEach((chunks, text) => joined[text]!.push(joinChunks(chunks, tokens)));
    }
    return new Map(
      [...texts.keys()].map((text, i) => [text, { context: joinEncoders(joined[i]!), pooled: pooled[i]! }]),
    );
  }

  #emphasize(batch: readonly WeightedEncoding[]): readonly Float32Array[] {
    const { emphasis } = this.#encoders[0]!.options;
    const emphasized = applyEmphasis(emphasis, batch);
    if (emphasized !== undefined) return emphasized;
    const message = 'The weights of a prompt bring the mean of its encoding to zero, so the mean was not restored.';
    this.#notes.push({ code: 'mean-not-restored', message });
    return applyEmphasis('No norm', batch) ?? [];
  }

  async #encodeChunk(encoder: number, chunk: PromptChunk): Promise<ChunkEncoding> {
    this.#request.signal?.throwIfAborted();
    const { cache, tokens, encode } = this.#encoders[encoder]!;
    const clipSkip = this.#clipSkip.clipSkips[encoder]!;
    const placed = chunk.embeddings.map(({ embedding, at, vectorCount }) => [embedding.identity, at, vectorCount]);
    const key = JSON.stringify([clipSkip, chunk.ids, placed]);
    const known = cache.get(key);
    if (known !== undefined) return known;
    const { shape, data, pooled } = await encode([chunk], clipSkip);
    if (shape.length !== 3 || shape[0] !== 1 || shape[1] !== tokens) {
      const [expected, found] = [`[1, ${tokens}, width]`, `[${shape.join(', ')}]`];
      throw new DanqingError('bad-shape', { where: 'output of the text encoder', expected, found });
    }
    const encoding = { encoding: data, pooled: pooled?.data };
    cache.set(key, encoding);
    return encoding;
  }
}

/** The embeddings of texts that are encoded together: those of all first chunks, then those of all second ones, and so on. */
function embeddingsIn(texts: Iterable<ChunkedText>): WordVectors[] {
  const found = new Map<string, WordVectors>();
  const chunks = [...texts].map((text) => text.chunks[0]!);
  for (let i = 0; chunks.some(({ length }) => i < length); i++) {
    for (const own of chunks) {
      for (const { embedding } of own[i]?.embeddings ?? []) found.set(embedding.identity, embedding);
    }
  }
  return [...found.values()];
}

function joinChunks(chunks: readonly Float32Array[], tokens: number): Tensor {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const data = new Float32Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    data.set(chunk, offset);
    offset += chunk.length;
  }
  const rows = chunks.length * tokens;
  return { shape: [rows, length / rows], data };
}

/** Encodings [rows, width] of several encoders side by side: [rows, sum of widths]. */
function joinEncoders(encodings: readonly Tensor[]): Tensor {
  if (encodings.length === 1) return encodings[0]!;
  const rows = encodings[0]!.shape[0]!;
  const width = encodings.reduce((sum, { shape }) => sum + shape[1]!, 0);
  const data = new Float32Array(rows * width);
  let start = 0;
  for (const { shape, data: own } of encodings) {
    const ownWidth = shape[1]!;
    for (let row = 0; row < rows; row++) {
      data.set(own.subarray(row * ownWidth, (row + 1) * ownWidth), row * width + start);
    }
    start += ownWidth;
  }
  return { shape: [rows, width], data };
}
