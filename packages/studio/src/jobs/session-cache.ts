import { createHash } from 'node:crypto';
import { graphContent, weightFiles } from '@danqing/engine/graph/content';
import type { Graph } from '@danqing/engine/graph/value';
import type { ModelHands } from '@danqing/engine/pipelines/model';
import type { RunMode, Session } from '@danqing/engine/runtime';

export interface SessionCacheHands {
  open(graph: Graph, settings: SessionSettings): Promise<Session>;
  /** Changes when the content of a file does: path, size, time of the last change. */
  identify(file: string): string;
}

/** How sessions are opened, and how many are kept. */
export interface SessionSettings {
  readonly mode: RunMode;
  /** Where large models may be kept prepared. */
  readonly preparedFolder?: string | undefined;
  /** What open sessions may keep together. */
  readonly budgetBytes: number;
  /** Bytes of anonymous memory that an open session of the graph keeps. */
  sizeOf(graph: Graph, mode: RunMode): number;
}

interface Kept {
  readonly session: Promise<Session>;
  readonly mode: RunMode;
  bytes: number;
  /** What its size was reckoned with. */
  settings: SessionSettings;
  /** Pieces of work that run on it. */
  users: number;
}

/**
 * Open sessions, kept by content: the graph, the identity of its weight files and the mode. Whoever needs the same again
 * gets the same session, whatever model it belongs to. The least recently used ones are closed when a new one would
 * go beyond the memory that is allowed; one that is in use never is.
 */
export class SessionCache {
  /** In order of use, the oldest first. */
  readonly #kept = new Map<string, Kept>();
  readonly #contents = new WeakMap<Graph, { readonly hash: string; readonly files: readonly string[] }>();
  readonly #hands: SessionCacheHands;
  #settings: SessionSettings;

  constructor(hands: SessionCacheHands, settings: SessionSettings) {
    this.#hands = hands;
    this.#settings = settings;
  }

  /** How sessions are opened from now on and how much memory they may keep together; closes what is too much. */
  async configure(settings: SessionSettings): Promise<void> {
    this.#settings = settings;
    await this.#makeRoom();
  }

  /**
   * What one model asks for its sessions: its graphs are built once each.
   * @param mode of all its sessions, whatever job comes in between; absent: that of the job that runs.
   */
  forModel(mode?: RunMode): ModelHands['withSession'] {
    const graphs = new Map<string, Graph>();
    return async ({ name, variant, graph }, work) => {
      const key = `${name} ${variant}`;
      let built = graphs.get(key);
      if (built === undefined) graphs.set(key, (built = graph()));
      return this.use(built, work, mode);
    };
  }

  /** Runs work on the graph's session, opened now or kept from before. @throws what opening throws; it is then tried anew. */
  async use<T>(graph: Graph, work: (session: Session) => Promise<T>, mode = this.#settings.mode): Promise<T> {
    const key = this.#keyOf(graph, mode);
    const kept = this.#kept.get(key) ?? this.#open(key, graph, mode);
    kept.users++;
    if (kept.settings !== this.#settings) {
      // A job with larger runs makes it larger; what it has taken once it keeps.
      kept.settings = this.#settings;
      kept.bytes = Math.max(kept.bytes, this.#settings.sizeOf(graph, kept.mode));
    }
    // Put last: the most recently used.
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    try {
      return await work(await kept.session);
    } finally {
      kept.users--;
    }
  }

  /** Closes everything that is not in use. */
  async clear(): Promise<void> {
    await this.#closeIdle(() => true);
  }

  /** What may still be opened without anything being closed, in bytes. */
  get roomBytes(): number {
    return this.#settings.budgetBytes - this.#total();
  }

  /** Number of sessions that are kept. */
  get size(): number {
    return this.#kept.size;
  }

  #open(key: string, graph: Graph, mode: RunMode): Kept {
    const settings = this.#settings;
    // Later, when this entry is among those that room is made for.
    const session = Promise.resolve().then(async () => {
      await this.#makeRoom();
      return this.#hands.open(graph, { ...settings, mode });
    });
    session.catch(() => this.#kept.delete(key));
    return { session, mode, bytes: settings.sizeOf(graph, mode), settings, users: 0 };
  }

  #total = (): number => [...this.#kept.values()].reduce((sum, kept) => sum + kept.bytes, 0);

  async #makeRoom(): Promise<void> {
    await this.#closeIdle(() => this.roomBytes < 0);
  }

  /** Closes idle sessions, the oldest first, as long as `more` says so. */
  async #closeIdle(more: () => boolean): Promise<void> {
    for (const [key, kept] of this.#kept) {
      if (!more()) return;
      if (kept.users > 0) continue;
      this.#kept.delete(key);
      await (await kept.session).release();
    }
  }

  #keyOf(graph: Graph, mode: RunMode): string {
    let known = this.#contents.get(graph);
    if (known === undefined) {
      known = { hash: createHash('sha256').update(graphContent(graph)).digest('hex'), files: weightFiles(graph) };
      this.#contents.set(graph, known);
    }
    return JSON.stringify([known.hash, mode, ...known.files.map((file) => this.#hands.identify(file))]);
  }
}
