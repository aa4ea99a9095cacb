/**
 * Encodings of chunks by content, so that no text is encoded twice. Keep one for each state of a text encoder (checkpoint, adapters,
 * embeddings); what was used longest ago goes when it grows beyond its limit.
 */
export class EncodingCache {
  readonly #limitBytes: number;
  /** From the one used longest ago to the one used last. */
  readonly #encodings = new Map<string, Float32Array>();
  #bytes = 0;

  /** The default holds about 280 chunks of SD 1.x. */
  constructor(limitBytes: number = 64 * 2 ** 20) {
    this.#limitBytes = limitBytes;
  }

  get(key: string): Float32Array | undefined {
    const encoding = this.#encodings.get(key);
    if (encoding === undefined) return undefined;
    this.#encodings.delete(key);
    this.#encodings.set(key, encoding);
    return encoding;
  }

  set(key: string, encoding: Float32Array): void {
    this.#bytes += encoding.byteLength - (this.#encodings.get(key)?.byteLength ?? 0);
    this.#encodings.delete(key);
    this.#encodings.set(key, encoding);
    for (const [oldest, { byteLength }] of this.#encodings) {
      if (this.#bytes <= this.#limitBytes) break;
      this.#encodings.delete(oldest);
      this.#bytes -= byteLength;
    }
  }
}
