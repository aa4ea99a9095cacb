import type { IntTensor, Tensor } from './tensor/tensor.ts';

/** A tensor that goes into or comes out of a session. */
export type Feed = Tensor | IntTensor;

/** How a runtime trades opening time and memory against speed; see docs/map.md for what each does. */
export type RunMode = 'fast' | 'quick' | 'small';

/** A graph opened by a runtime, ready to be run any number of times. */
export interface Session {
  /** Runs once; `feeds` by graph input name, results by graph output name. */
  run(feeds: Readonly<Record<string, Feed>>): Promise<Record<string, Tensor>>;
  /** Gives the memory back; the session cannot be used afterwards. */
  release(): Promise<void>;
}
