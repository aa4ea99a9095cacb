import type { UnusableEmbedding, WordVectors } from './embeddings/embedding.ts';
import type { WordMatcher } from './embeddings/word-matcher.ts';
import type { PromptOptions } from './prompt-options.ts';
import { isBreak, parseEmphasis } from './prompt/emphasis.ts';
import { quote } from './prompt/prompt-note.ts';
import type { PromptNote } from './prompt/prompt-note.ts';
import type { Tokenizer } from './tokenizers/tokenizer.ts';

/** One run of the text encoder over a part of a prompt: start token, text, end token, padding. */
export interface PromptChunk {
  readonly ids: readonly number[];
  /** The weight of each id; 1 for start, end and padding. */
  readonly weights: readonly number[];
  /** Where vectors of embeddings stand in place of ids. */
  readonly embeddings: readonly PlacedEmbedding[];
}

/** Vectors of an embedding that take the places from `at` on in a chunk's ids. */
export interface PlacedEmbedding {
  readonly embedding: WordVectors;
  readonly at: number;
  /** How many of its vectors. */
  readonly vectorCount: number;
}

/** How the text of a prompt becomes chunks. */
export interface Chunking {
  readonly tokenizer: Tokenizer;
  /** Ids of a chunk with its start and end token: 77. */
  readonly tokens: number;
  readonly options: Pick<PromptOptions, 'emphasis' | 'commaPaddingBacktrack'>;
  readonly findEmbedding?: WordMatcher<WordVectors>;
  /** Finds words that would stand for vectors if they could be used. */
  readonly findUnusable?: WordMatcher<UnusableEmbedding>;
}

/** What the places of an embedding hold until its vectors replace them. */
const placeholderId = 0;

/**
 * Cuts a text into chunks as A1111 does: `BREAK` ends a chunk; where a chunk is full, what follows its last comma, if near enough, moves
 * to the next; an embedding is never split. Always at least one chunk. Never throws.
 * @returns also the tokens of the text, full chunks counted whole.
 */
export function chunkPrompt(
  text: string,
  { tokenizer, tokens, options, findEmbedding, findUnusable }: Chunking,
): { chunks: PromptChunk[]; tokenCount: number; notes: PromptNote[] } {
  const parsed = options.emphasis === 'None' ? { segments: [{ text, weight: 1 }], notes: [] } : parseEmphasis(text);
  const writer = new ChunkWriter(tokenizer, tokens, options.commaPaddingBacktrack);
  for (const segment of parsed.segments) {
    if (isBreak(segment)) {
      writer.endChunk();
      continue;
    }
    const ids = tokenizer.encode(segment.text);
    for (let position = 0; position < ids.length;) {
      const id = ids[position] ?? placeholderId;
      writer.makeRoom(id);
      const match = findEmbedding?.(ids, position);
      if (match === undefined) {
        writer.addId(id, segment.weight);
        const unusable = findUnusable?.(ids, position)?.value;
        if (unusable !== undefined) writer.notes.push(noteUnusable(unusable));
      } else writer.addEmbedding(match.value, segment.weight);
      position += match?.idCount ?? 1;
    }
  }
  const { chunks, tokenCount } = writer.finish();
  return { chunks, tokenCount, notes: [...parsed.notes, ...writer.notes] };
}

/** The chunk of an empty text, which fills up shorter texts among longer ones. */
export const emptyChunk = (tokenizer: Tokenizer, tokens: number): PromptChunk =>
  closeChunk({ ids: [], weights: [], embeddings: [] }, tokenizer, tokens);

const noteUnusable = ({ name, why }: UnusableEmbedding): PromptNote => ({
  code: 'embedding-unusable',
  message: `${quote(name)} is no more than its words here: ${why}.`,
});

interface OpenChunk {
  ids: number[];
  weights: number[];
  /** `at` counts without the start token here. */
  embeddings: PlacedEmbedding[];
}

/** Writes ids into chunks. */
class ChunkWriter {
  readonly notes: PromptNote[] = [];
  readonly #tokenizer: Tokenizer;
  readonly #tokens: number;
  readonly #backtrack: number;
  readonly #chunks: PromptChunk[] = [];
  #open: OpenChunk = { ids: [], weights: [], embeddings: [] };
  #lastComma: number | undefined;

  constructor(tokenizer: Tokenizer, tokens: number, backtrack: number) {
    this.#tokenizer = tokenizer;
    this.#tokens = tokens;
    this.#backtrack = backtrack;
  }

  /** Ids of text that fit into a chunk: 75. */
  get #capacity(): number {
    return this.#tokens - 2;
  }

  get #isFull(): boolean {
    return this.#open.ids.length === this.#capacity;
  }

  /** Ends the chunk if it is full, and keeps a comma's position; to be called with every id of the text before it is added. */
  makeRoom(id: number): void {
    if (id === this.#tokenizer.commaId) this.#lastComma = this.#open.ids.length;
    else if (this.#isFull && this.#lastComma !== undefined && this.#capacity - this.#lastComma <= this.#backtrack) {
      this.#moveTail(this.#lastComma + 1);
    }
    if (this.#isFull) this.endChunk();
  }

  addId(id: number, weight: number): void {
    this.#open.ids.push(id);
    this.#open.weights.push(weight);
  }

  addEmbedding(embedding: WordVectors, weight: number): void {
    const wanted = embedding.vectors.shape[0]!;
    const vectorCount = Math.min(wanted, this.#capacity);
    if (vectorCount < wanted) {
      const message = `The embedding ${quote(embedding.name)} has ${wanted} vectors; a chunk holds ${vectorCount}, so the rest is left out.`;
      this.notes.push({ code: 'embedding-cut', message });
    }
    if (this.#open.ids.length + vectorCount > this.#capacity) this.endChunk();
    this.#open.embeddings.push({ embedding, at: this.#open.ids.length, vectorCount });
    for (let i = 0; i < vectorCount; i++) this.addId(placeholderId, weight);
  }

  endChunk(): void {
    this.#chunks.push(closeChunk(this.#open, this.#tokenizer, this.#tokens));
    this.#open = { ids: [], weights: [], embeddings: [] };
    this.#lastComma = undefined;
  }

  finish(): { chunks: PromptChunk[]; tokenCount: number } {
    const lastLength = this.#open.ids.length;
    const tokenCount = this.#chunks.length * this.#capacity + lastLength;
    if (lastLength > 0 || this.#chunks.length === 0) this.endChunk();
    return { chunks: this.#chunks, tokenCount };
  }

  /** Ends the chunk before a position and begins the next one with what stood there. */
  #moveTail(start: number): void {
    const { ids, weights, embeddings } = this.#open;
    const isTail = ({ at }: PlacedEmbedding): boolean => at >= start;
    const tail: OpenChunk = {
      ids: ids.splice(start),
      weights: weights.splice(start),
      embeddings: embeddings.filter(isTail).map((placed) => ({ ...placed, at: placed.at - start })),
    };
    this.#open.embeddings = embeddings.filter((placed) => !isTail(placed));
    this.endChunk();
    this.#open = tail;
    for (const { embedding } of tail.embeddings) {
      const message = `The embedding ${quote(embedding.name)} moves to the next chunk with the text after the last comma; A1111 leaves it behind.`;
      this.notes.push({ code: 'embedding-moved', message });
    }
  }
}

function closeChunk({ ids, weights, embeddings }: OpenChunk, tokenizer: Tokenizer, tokens: number): PromptChunk {
  const { startId, endId, padId } = tokenizer;
  const padding = tokens - 2 - ids.length;
  // The end token that counts is the first one, even one that was written in the prompt.
  const closed = [startId, ...ids, endId];
  const end = closed.indexOf(endId);
  const padded = [...closed, ...Array.from({ length: padding }, () => padId)];
  return {
    ids: padId === endId ? padded : padded.map((id, i) => (i > end ? padId : id)),
    weights: [1, ...weights, ...Array.from({ length: padding + 1 }, () => 1)],
    embeddings: embeddings.map((placed) => ({ ...placed, at: placed.at + 1 })),
  };
}
