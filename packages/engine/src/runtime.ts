import type { Graph } from './graph/value.ts';
import type { IntTensor, Tensor } from './tensor/tensor.ts';

/** A tensor that goes into or comes out of a session. */
export type Feed = Tensor | IntTensor;

/** How a runtime trades opening time and memory against speed; see docs/map.md for what each does. */
export type RunMode = 'fast' | 'quick' | 'small';

/** A graph opened by a runtime, ready to be run any number of times. */
export interface Session {
  /**
   * Runs once; `feeds` by graph input name, results by graph output name.
   * @param into memory that results are written to, by name; those that are not in it get memory of their own.
   */
  run(feeds: Readonly<Record<string, Feed>>, into?: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  /** Gives the memory back; the session cannot be used afterwards. */
  release(): Promise<void>;
}

/** Whether a model is kept optimised on the disk: then it opens with next to no time and memory. */
export type Preparation = 'made' | 'possible' | 'none';

export interface OpenOptions {
  readonly mode: RunMode;
  /** Threads that one run uses; as many as there are cores when absent. */
  readonly threads?: number;
  /** Folder where a runtime may keep large models as it has optimised them, so that they open quickly the next time. */
  readonly preparedFolder?: string;
}

/** Why a runtime cannot be used on a machine: a phrase, and what would help, as a sentence. */
export interface RuntimeObstacle {
  readonly found: string;
  readonly advice: string;
}

/** Something that runs graphs: an engine on a kind of device. Another one is one more file of the host's registry. */
export interface Runtime {
  /** Name in settings and on the command line. */
  readonly id: string;
  /** Name for people. */
  readonly title: string;
  /** What this project has not tried about it, as a sentence; absent where it is tested. */
  readonly untested?: string;
  /** Why it cannot be used on this machine; undefined when it can. */
  findObstacle(): Promise<RuntimeObstacle | undefined>;
  /** What `open` in the mode `fast` would find of the graph in a folder of prepared models. */
  preparationOf(graph: Graph, preparedFolder: string): Preparation;
  /** @throws no-memory when there is not enough; unsupported when weights lie where it cannot reach them. */
  open(graph: Graph, options: OpenOptions): Promise<Session>;
}
