import { Memo } from './memo.ts';
import { Built, Global, Instance, Mismatch, type PickleValue, Tuple } from './values.ts';

/** The stack that the opcodes of a pickle work on, and what they do to objects: data is put together, nothing is called. */
export class PickleMachine {
  readonly #stack: PickleValue[] = [];
  /** Stack heights at the marks, lowest first. */
  readonly #marks: number[] = [];
  readonly #memo = new Memo();

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    const value = this.top();
    this.#stack.pop();
    return value;
  }

  top(): PickleValue {
    if (this.#stack.length <= this.#base()) throw new Mismatch('a value on the stack', undefined);
    return this.#stack[this.#stack.length - 1]!;
  }

  /** Begins a group of values. */
  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** Takes the last group of values. */
  popMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new Mismatch('a mark on the stack', undefined);
    const values = this.#stack.slice(mark);
    this.#stack.length = mark;
    return values;
  }

  /** Drops a value; of an empty group its mark. */
  drop(): void {
    if (this.#stack.length > this.#base()) this.#stack.pop();
    else this.popMark();
  }

  /** Makes one tuple of the last values. */
  tuple(length: number): void {
    if (this.#stack.length - this.#base() < length) throw new Mismatch(`${length} values on the stack`, undefined);
    const start = this.#stack.length - length;
    const items = this.#stack.slice(start);
    this.#stack.length = start;
    this.push(new Tuple(items));
  }

  /** Remembers the last value by a number; without one by the next. */
  remember(index = this.#memo.size): void {
    this.#memo.set(index, this.top());
  }

  /** Puts a remembered value on the stack again. */
  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw new Mismatch(`a value remembered as ${index}`, undefined);
    this.push(value);
  }

  /** What a class or function makes of its arguments: data where it is known, else a note of both. */
  call(callee: PickleValue, args: PickleValue): void {
    if (!(args instanceof Tuple)) throw new Mismatch('a tuple of arguments', args);
    if (callee instanceof Global && callee.meaning !== undefined) return this.push(callee.meaning(args.items));
    if (callee instanceof Global || callee instanceof Instance) return this.push(new Instance(callee, args.items));
    throw new Mismatch('a class or function', callee);
  }

  /** Gives the object below its state. */
  build(): void {
    const state = this.pop();
    const target = this.top();
    if (target instanceof Instance) target.state = state;
    else if (target instanceof Built) target.build(state);
    // Attributes of a state dict (`_metadata`: versions of modules) say nothing about the weights.
    else if (!(target instanceof Map)) throw new Mismatch('an object that has a state', target);
  }

  /** Adds to the list on the stack. */
  append(values: PickleValue[]): void {
    const target = this.top();
    const list = target instanceof Instance ? target.items : target;
    if (!Array.isArray(list)) throw new Mismatch('a list to append to', target);
    for (const value of values) list.push(value);
  }

  /** Sets keys and values, one after the other, in the dict on the stack. */
  setItems(items: PickleValue[]): void {
    if (items.length % 2 !== 0) throw new Mismatch('a value for every key', items);
    const target = this.top();
    for (let i = 0; i < items.length; i += 2) this.#setItem(target, items[i]!, items[i + 1]!);
  }

  #setItem(target: PickleValue, key: PickleValue, value: PickleValue): void {
    if (target instanceof Instance) target.entries.set(hashable(key), value);
    else if (target instanceof Map) target.set(hashable(key), value);
    else if (Array.isArray(target) && typeof key === 'number' && key in target) target[key] = value;
    else throw new Mismatch('a dict, or a list with this place', target);
  }

  /** Adds to the set on the stack. */
  addItems(items: PickleValue[]): void {
    const target = this.top();
    if (target instanceof Instance) target.items.push(...items);
    else if (!(target instanceof Set)) throw new Mismatch('a set to add to', target);
    else for (const item of items) target.add(hashable(item));
  }

  /** Height below which the stack belongs to an outer group. */
  #base(): number {
    return this.#marks.at(-1) ?? 0;
  }
}

/** What Python would take as a key. @throws Mismatch for what can change. */
export function hashable(value: PickleValue): PickleValue {
  if (Array.isArray(value) || value instanceof Map || value instanceof Set) {
    throw new Mismatch('a key that does not change', value);
  }
  return value;
}
