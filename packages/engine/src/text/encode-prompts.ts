import { DanqingError } from '../errors.ts';
import type { ContextSchedule, ImageConditioning } from '../sampling/guidance/conditioning.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { applyEmphasis } from './apply-emphasis.ts';
import type { WeightedEncoding } from './apply-emphasis.ts';
import { chunkPrompt, emptyChunk } from './chunk-prompt.ts';
import type { Chunking, PromptChunk } from './chunk-prompt.ts';
import { clampClipSkip } from './clip-skip.ts';
import type { EncodingCache } from './encoding-cache.ts';
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
  /** Runs the encoder on chunks [n] at a CLIP skip: encodings [n, tokens, width]. */
  encode(chunks: readonly PromptChunk[], clipSkip: number): Promise<Tensor>;
  /** Must belong to this state of the encoder. */
  readonly cache: EncodingCache;
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
  /** The CLIP skip that was applied. */
  readonly clipSkip: number;
  /** Every text that was encoded. */
  readonly texts: readonly TextUse[];
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

/** What is asked beside the prompts. */
export interface EncodeRequest extends Omit<ScheduleSpan, 'useOldScheduling'> {
  readonly needsEmptyContext?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Encodes the prompts of a batch for a run of so many steps. Each chunk of text runs through the encoder once and alone, so that its
 * encoding does not depend on what else is encoded.
 * @throws bad-value when prompts and negative prompts differ in number, and what the encoder or the signal throws.
 */
export async function encodePrompts(
  { prompts, negativePrompts, notes: parsingNotes }: ParsedPrompts,
  encoder: PromptEncoder,
  { needsEmptyContext = false, signal, ...span }: EncodeRequest,
): Promise<EncodedPrompts> {
  if (prompts.length !== negativePrompts.length) {
    throw new DanqingError('bad-value', {
      where: 'negative prompts',
      expected: `${prompts.length}, one for each prompt`,
      found: `${negativePrompts.length}`,
    });
  }
  const run = new EncodingRun(encoder, { ...span, useOldScheduling: encoder.options.useOldScheduling }, signal);
  const conditioning: ImageConditioning[] = [];
  for (const [i, parts] of prompts.entries()) {
    const encoded = [];
    for (const { text, weight } of parts) encoded.push({ weight, ...(await run.schedule(text, 'prompt')) });
    conditioning.push({ parts: encoded, uncond: await run.schedule(negativePrompts[i] ?? '', 'negative prompt') });
  }
  const emptyContext = needsEmptyContext ? { emptyContext: await run.emptyContext() } : {};
  return { conditioning, ...emptyContext, report: run.report(parsingNotes) };
}

/** A text of a schedule, in chunks. */
interface ChunkedText {
  readonly chunks: readonly PromptChunk[];
  /** How many entries of the schedule have this text. */
  count: number;
}

/** The encoding of one batch; remembers what it has encoded and what there is to say. */
class EncodingRun {
  readonly #encoder: PromptEncoder;
  readonly #span: ScheduleSpan;
  readonly #signal: AbortSignal | undefined;
  readonly #clipSkip: number;
  readonly #schedules = new Map<string, ContextSchedule>();
  readonly #texts = new Map<string, TextUse>();
  readonly #notes: PromptNote[] = [];

  constructor(encoder: PromptEncoder, span: ScheduleSpan, signal: AbortSignal | undefined) {
    this.#encoder = encoder;
    this.#span = span;
    this.#signal = signal;
    const { clipSkip, notes } = clampClipSkip(encoder.options.clipSkip, encoder.layers);
    this.#clipSkip = clipSkip;
    this.#notes.push(...notes);
  }

  /** A prompt's encodings over the steps; the same prompt twice is the same schedule. */
  async schedule(prompt: string, role: TextUse['role']): Promise<ContextSchedule> {
    const key = `${role} ${prompt}`;
    const known = this.#schedules.get(key);
    if (known !== undefined) return known;
    const { entries, notes } = schedulePrompt(prompt, this.#span);
    this.#notes.push(...notes);
    const contexts = await this.#encodeTexts(this.#chunkTexts(entries, role));
    const schedule: ContextSchedule = {
      at: (step) => contexts.get(entries[entryIndexAtStep(entries, step)]?.text ?? '') as Tensor,
    };
    this.#schedules.set(key, schedule);
    return schedule;
  }

  async emptyContext(): Promise<Tensor> {
    const { tokenizer, tokens } = this.#encoder;
    return joinChunks([await this.#encodeChunk(emptyChunk(tokenizer, tokens))], tokens);
  }

  report(parsingNotes: readonly PromptNote[]): TextReport {
    const byMessage = new Map([...parsingNotes, ...this.#notes].map((note) => [note.message, note]));
    return { clipSkip: this.#clipSkip, texts: [...this.#texts.values()], notes: [...byMessage.values()] };
  }

  #chunkTexts(entries: readonly ScheduleEntry[], role: TextUse['role']): Map<string, ChunkedText> {
    const chunked = new Map<string, ChunkedText>();
    for (const { text } of entries) {
      const known = chunked.get(text);
      if (known === undefined) {
        const { chunks, tokenCount, notes } = chunkPrompt(text, this.#encoder);
        this.#notes.push(...notes);
        const embeddings = [...new Set(chunks.flatMap((chunk) => chunk.embeddings.map(({ name }) => name)))];
        this.#texts.set(`${role} ${text}`, { role, text, tokens: tokenCount, chunks: chunks.length, embeddings });
        chunked.set(text, { chunks, count: 1 });
      } else known.count++;
    }
    return chunked;
  }

  /** Contexts [chunks · tokens, width] by text, all of one length; the texts of a schedule get their emphasis together. */
  async #encodeTexts(texts: ReadonlyMap<string, ChunkedText>): Promise<Map<string, Tensor>> {
    const { tokenizer, tokens } = this.#encoder;
    const all = [...texts.values()];
    const chunkCount = Math.max(...all.map(({ chunks }) => chunks.length));
    const filler = emptyChunk(tokenizer, tokens);
    const encodings: Float32Array[][] = all.map(() => []);
    for (let i = 0; i < chunkCount; i++) {
      const batch = [];
      for (const { chunks, count } of all) {
        const chunk = chunks[i] ?? filler;
        batch.push({ encoding: await this.#encodeChunk(chunk), weights: chunk.weights, count });
      }
      this.#emphasize(batch).forEach((encoding, text) => encodings[text]?.push(encoding));
    }
    return new Map([...texts.keys()].map((text, i) => [text, joinChunks(encodings[i] ?? [], tokens)]));
  }

  #emphasize(batch: readonly WeightedEncoding[]): readonly Float32Array[] {
    const emphasized = applyEmphasis(this.#encoder.options.emphasis, batch);
    if (emphasized !== undefined) return emphasized;
    const message = 'The weights of a prompt bring the mean of its encoding to zero, so the mean was not restored.';
    this.#notes.push({ code: 'mean-not-restored', message });
    return applyEmphasis('No norm', batch) ?? [];
  }

  async #encodeChunk(chunk: PromptChunk): Promise<Float32Array> {
    this.#signal?.throwIfAborted();
    const { cache, tokens } = this.#encoder;
    const placed = chunk.embeddings.map(({ name, at, vectorCount }) => [name, at, vectorCount]);
    const key = JSON.stringify([this.#clipSkip, chunk.ids, placed]);
    const known = cache.get(key);
    if (known !== undefined) return known;
    const { shape, data } = await this.#encoder.encode([chunk], this.#clipSkip);
    if (shape.length !== 3 || shape[0] !== 1 || shape[1] !== tokens) {
      const [expected, found] = [`[1, ${tokens}, width]`, `[${shape.join(', ')}]`];
      throw new DanqingError('bad-shape', { where: 'output of the text encoder', expected, found });
    }
    cache.set(key, data);
    return data;
  }
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
