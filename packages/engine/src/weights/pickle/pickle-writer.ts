/** Writes values in pickle protocol 2, which every Python since 2.3 reads. Only data: names of functions are the caller's. */
export class PickleWriter {
  readonly #chunks: Uint8Array[] = [];
  /** Number under which a global or text was kept to be written again in two bytes. */
  readonly #kept = new Map<string, number>();

  constructor() {
    this.op('\x80\x02');
  }

  /** Opcodes as Latin text, such as `(` to mark the beginning of a tuple and `t` to end it. */
  op(codes: string): void {
    this.#chunks.push(Uint8Array.from(codes, (code) => code.charCodeAt(0)));
  }

  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.op('X');
    this.#u32(bytes.length);
    this.#chunks.push(bytes);
  }

  /** A text that comes often. */
  label(value: string): void {
    this.#once(`text ${value}`, () => this.text(value));
  }

  global(module: string, name: string): void {
    this.#once(`global ${module} ${name}`, () => this.op(`c${module}\n${name}\n`));
  }

  /** A whole number that is not negative. */
  whole(value: number): void {
    if (value < 1 << 8) this.op(`K${String.fromCharCode(value)}`);
    else if (value < 2 ** 31) {
      this.op('J');
      this.#u32(value);
    } else {
      // Up to 2^53 in eight bytes, whose highest bit is never set.
      this.op('\x8a\x08');
      this.#u32(value % 2 ** 32);
      this.#u32(Math.floor(value / 2 ** 32));
    }
  }

  wholes(values: readonly number[]): void {
    this.op('(');
    for (const value of values) this.whole(value);
    this.op('t');
  }

  /** The pickle, ended. */
  end(): Uint8Array<ArrayBuffer> {
    this.op('.');
    const bytes = new Uint8Array(this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }

  #once(key: string, write: () => void): void {
    const known = this.#kept.get(key);
    if (known !== undefined) {
      this.op(`h${String.fromCharCode(known)}`);
      return;
    }
    write();
    // Numbers of one byte are enough: 256 different names do not occur.
    if (this.#kept.size === 256) return;
    this.op(`q${String.fromCharCode(this.#kept.size)}`);
    this.#kept.set(key, this.#kept.size);
  }

  #u32(value: number): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    this.#chunks.push(bytes);
  }
}
