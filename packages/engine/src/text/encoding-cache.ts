/** What a text encoder makes of one chunk. */
export interface ChunkEncoding {
  /** [tokens, width]. */
  readonly encoding: Float32Array;
  /** The chunk as a whole, from an encoder that gives it. */
  readonly pooled?: Float32Array | undefined;
}

const bytesOf = ({ encoding, pooled }: ChunkEncoding): number => encoding.byteLength + (pooled?.byteLength ?? 0);

/**
 * Encodings of chunks by content, so that no text is encoded twice. Keep one for each state of a text encoder (checkpoint, adapters,
 * embeddings); what was used longest ago goes when it grows beyond its limit.
 */
export class EncodingCache {
  readonly #limitBytes: number;
  /** From the one used longest ago to the one used last. */
  readonly #encodings = new Map<string, ChunkEncoding>();
  #bytes = 0;

  /** The default holds about 280 chunks of SD 1.x. */
  constructor(limitBytes: number = 64 * 2 ** 20) {
    this.#limitBytes = limitBytes;
  }

  get(key: string): ChunkEncoding | undefined {
    const encoding = this.#encodings.get(key);
    if (encoding === undefined) return undefined;
    this.#encodings.delete(key);
    this.#encodings.set(key, encoding);
    return encoding;
  }

  set(key: string, encoding: ChunkEncoding): void {
    this.#forget(key);
    this.#bytes += bytesOf(encoding);
    this.#encodings.set(key, encoding);
    for (const oldest of this.#encodings.keys()) {
      if (this.#bytes <= this.#limitBytes) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const known = this.#encodings.get(key);
    if (known === undefined) return;
    this.#bytes -= bytesOf(known);
    this.#encodings.delete(key);
  }
}
