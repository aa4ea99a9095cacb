import type { ByteSource } from './tensor-index.ts';

/** Bytes that no file holds: made at the first read, let go once their end was read. */
export class MadeSource implements ByteSource {
  readonly file: string;
  readonly size: number;
  readonly #make: () => Promise<Uint8Array>;
  #made: Promise<Uint8Array> | undefined;

  /** @param size bytes that `make` gives. */
  constructor(file: string, size: number, make: () => Promise<Uint8Array>) {
    this.file = file;
    this.size = size;
    this.#make = make;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#made ??= this.#make();
    const bytes = await this.#made;
    if (offset + length >= this.size) this.#made = undefined;
    return bytes.slice(offset, offset + length);
  }
}
