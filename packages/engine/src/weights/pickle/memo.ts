import type { PickleValue } from './values.ts';

/** What a pickle remembers by numbers. Those that count up from 0 stand in a row; a hostile pickle may take any others. */
export class Memo {
  readonly #row: PickleValue[] = [];
  readonly #others = new Map<number, PickleValue>();

  get size(): number {
    return this.#row.length + this.#others.size;
  }

  set(index: number, value: PickleValue): void {
    if (index < this.#row.length) this.#row[index] = value;
    else if (index === this.#row.length && !this.#others.has(index)) this.#row.push(value);
    else this.#others.set(index, value);
  }

  get(index: number): PickleValue | undefined {
    return index < this.#row.length ? this.#row[index] : this.#others.get(index);
  }
}
