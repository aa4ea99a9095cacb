import { createHash, type Hash } from 'node:crypto';
import type { ByteSource, TensorEntry } from '@danqing/engine/weights/tensor-index';
import type { OpenModel } from '../files/open-model.ts';

/** Bytes of a tensor that are read at once where it does not pass by. */
const CHUNK_BYTES = 4 << 20;

/** A file whose tensors share bytes may have this many times its size to hash; beyond that it is made to keep us busy. */
const SHARING_LIMIT = 4;

/**
 * The hash of a model's tensors, the same in every container: SHA-256 of one line per tensor, sorted by name (UTF-16 code units), each
 * the JSON array of name, dtype, shape and SHA-256 of the bytes, and a line feed. It is computed while the file passes by once.
 */
export class TensorHasher {
  readonly #model: OpenModel;
  readonly #isTooMuch: boolean;
  /** Spans of the passing file by where they begin, the first at the end. */
  readonly #waiting: Span[] = [];
  readonly #running = new Map<Span, Hash>();
  /** SHA-256 by span; tensors that share all their bytes are hashed once. */
  readonly #done = new Map<string, string>();

  /** @param passing the file that passes by; the tensors of others are read at the end. */
  constructor(model: OpenModel, passing: string | undefined) {
    this.#model = model;
    const spans = new Map<string, Span>();
    for (const entry of model.index.tensors.values()) spans.set(keyOf(entry), entry);
    const sizes = { tensors: 0, files: 0 };
    for (const { length } of spans.values()) sizes.tensors += length;
    for (const { size } of model.files) sizes.files += size;
    this.#isTooMuch = sizes.tensors > SHARING_LIMIT * sizes.files;
    if (this.#isTooMuch) return;
    for (const span of spans.values()) if (span.file === passing) this.#waiting.push(span);
    this.#waiting.sort((a, b) => b.offset - a.offset);
  }

  /** Takes the bytes that stand at `position`; they follow those of the call before. */
  update(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    for (let next = this.#waiting.at(-1); next !== undefined && next.offset < end; next = this.#waiting.at(-1)) {
      this.#waiting.pop();
      this.#running.set(next, createHash('sha256'));
    }
    for (const [span, hash] of this.#running) {
      const last = span.offset + span.length;
      hash.update(bytes.subarray(Math.max(0, span.offset - position), Math.max(0, last - position)));
      if (last > end) continue;
      this.#running.delete(span);
      this.#done.set(keyOf(span), hash.digest('hex'));
    }
  }

  /** The hash, 64 hex digits; undefined when there are no tensors, or far more than the files could hold. */
  async digest(): Promise<string | undefined> {
    const { tensors, derived } = this.#model.index;
    if (this.#isTooMuch || tensors.size === 0) return undefined;
    const all = createHash('sha256');
    for (const name of [...tensors.keys()].sort()) {
      const entry = tensors.get(name)!;
      const key = keyOf(entry);
      let sha256 = this.#done.get(key);
      if (sha256 === undefined) {
        const source = derived?.get(entry.file) ?? this.#model.files.find(({ file }) => file === entry.file)!;
        this.#done.set(key, (sha256 = await sha256OfSpan(source, entry)));
      }
      all.update(`${JSON.stringify([name, entry.dtype, entry.shape, sha256])}\n`);
    }
    return all.digest('hex');
  }
}

type Span = Pick<TensorEntry, 'file' | 'offset' | 'length'>;

const keyOf = ({ file, offset, length }: Span): string => `${offset} ${length} ${file}`;

async function sha256OfSpan(source: ByteSource, { offset, length }: Span): Promise<string> {
  const hash = createHash('sha256');
  for (let done = 0; done < length; done += CHUNK_BYTES) {
    hash.update(await source.read(offset + done, Math.min(CHUNK_BYTES, length - done)));
  }
  return hash.digest('hex');
}
