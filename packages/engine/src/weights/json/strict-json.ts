/** A place in a JSON text where the strict grammar is broken. */
export class JsonTrouble extends Error {
  readonly position: number;
  readonly expected: string;
  readonly found: string;

  constructor(text: string, position: number, expected: string, found?: string) {
    const shown = found ?? (position >= text.length ? 'the end' : JSON.stringify(text.slice(position, position + 20)));
    super(`character ${position}: expected ${expected}, found ${shown}`);
    this.position = position;
    this.expected = expected;
    this.found = `${shown} at character ${position}`;
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
/** Nesting that serde_json, the reader of the safetensors reference implementation, allows. */
const DEPTH_LIMIT = 128;

/**
 * Reads JSON piece by piece, without building what nobody asked for. Stricter than `JSON.parse`: a key may occur only
 * once in its object, and half a surrogate pair is no text. Every method throws `JsonTrouble` at the first fault.
 */
export class StrictJson {
  readonly text: string;
  position = 0;
  #depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Reads an object; `onKey` must read exactly the value that follows its key. */
  object(onKey: (key: string) => void): void {
    this.#open('{', 'an object');
    if (this.#closes('}')) return;
    // Most objects are tensors with three keys: looking through a short list is faster than making a set.
    const few: string[] = [];
    let many: Set<string> | undefined;
    do {
      const at = this.#skipSpace();
      const key = this.string();
      if (many === undefined ? few.includes(key) : many.has(key))
        throw new JsonTrouble(this.text, at, 'each key once', `a second ${JSON.stringify(key)}`);
      if (many !== undefined) many.add(key);
      else if (few.push(key) === 8) many = new Set(few);
      this.#take(COLON, "':'");
      onKey(key);
    } while (this.#continues('}'));
  }

  /** Reads an array; `onItem` must read exactly one value. */
  array(onItem: () => void): void {
    this.#open('[', 'a list');
    if (this.#closes(']')) return;
    do onItem();
    while (this.#continues(']'));
  }

  string(): string {
    const { text } = this;
    const start = this.#skipSpace();
    if (text.charCodeAt(start) !== QUOTE) throw new JsonTrouble(text, start, 'a text in quotes');
    let plain = true;
    let end = start + 1;
    for (; ; end++) {
      const code = text.charCodeAt(end);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        plain = false;
        end++;
      } else if (code < 0x20) throw new JsonTrouble(text, end, 'a text without control characters');
      else if (!(code >= 0)) throw new JsonTrouble(text, end, "'\"'");
    }
    this.position = end + 1;
    if (plain) return text.slice(start + 1, end);
    return this.#unescape(start, end + 1);
  }

  /** Reads a whole number that is not negative; beyond 2^53 it is only near. */
  unsigned(): number {
    const { text } = this;
    const start = this.#skipSpace();
    let end = start;
    let value = 0;
    for (let code = text.charCodeAt(end); code >= ZERO && code <= NINE; code = text.charCodeAt(++end)) {
      value = value * 10 + (code - ZERO);
    }
    const next = text[end];
    const leadingZero = end - start > 1 && text.charCodeAt(start) === ZERO;
    if (end === start || leadingZero || next === '.' || next === 'e' || next === 'E') {
      throw new JsonTrouble(text, start, 'a whole number that is not negative');
    }
    this.position = end;
    return value;
  }

  /** Takes exactly these characters if they come next, white space included. */
  literal(characters: string): boolean {
    if (!this.text.startsWith(characters, this.position)) return false;
    this.position += characters.length;
    return true;
  }

  /** Reads `null` if it is there. */
  isNull(): boolean {
    const start = this.#skipSpace();
    if (!this.text.startsWith('null', start)) return false;
    this.position = start + 4;
    return true;
  }

  /** Reads any value and forgets it. */
  skip(): void {
    const { text } = this;
    const start = this.#skipSpace();
    const code = text.charCodeAt(start);
    if (code === QUOTE) this.string();
    else if (text[start] === '{') this.object(() => this.skip());
    else if (text[start] === '[') this.array(() => this.skip());
    else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
      number.lastIndex = start;
      if (!number.test(text)) throw new JsonTrouble(text, start, 'a number');
      this.position = number.lastIndex;
    } else {
      const word = ['true', 'false', 'null'].find((each) => text.startsWith(each, start));
      if (word === undefined) throw new JsonTrouble(text, start, 'a value');
      this.position = start + word.length;
    }
  }

  /** Nothing but white space may follow. */
  end(): void {
    if (this.#skipSpace() < this.text.length) throw new JsonTrouble(this.text, this.position, 'the end');
  }

  #skipSpace(): number {
    const { text } = this;
    let at = this.position;
    for (let code = text.charCodeAt(at); code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;) {
      code = text.charCodeAt(++at);
    }
    this.position = at;
    return at;
  }

  #take(code: number, name: string): void {
    const at = this.#skipSpace();
    if (this.text.charCodeAt(at) !== code) throw new JsonTrouble(this.text, at, name);
    this.position = at + 1;
  }

  #open(bracket: string, name: string): void {
    this.#take(bracket.charCodeAt(0), name);
    if (++this.#depth > DEPTH_LIMIT) {
      throw new JsonTrouble(this.text, this.position, `at most ${DEPTH_LIMIT} levels of nesting`, 'more');
    }
  }

  #closes(bracket: string): boolean {
    const at = this.#skipSpace();
    if (this.text[at] !== bracket) return false;
    this.position = at + 1;
    this.#depth--;
    return true;
  }

  #continues(bracket: string): boolean {
    if (this.#closes(bracket)) return false;
    this.#take(COMMA, `',' or '${bracket}'`);
    return true;
  }

  #unescape(start: number, end: number): string {
    let value: unknown;
    try {
      value = JSON.parse(this.text.slice(start, end));
    } catch {
      throw new JsonTrouble(this.text, start, 'a text with valid escapes');
    }
    // With the u flag a whole pair is one character, so only a lone half can match.
    if (typeof value !== 'string' || /\p{Surrogate}/u.test(value)) {
      throw new JsonTrouble(this.text, start, 'whole characters', 'half a surrogate pair');
    }
    return value;
  }
}
