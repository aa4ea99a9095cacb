import type { KindId } from '@danqing/engine/identify/identification';

/** A folder in which models are looked for. */
export interface ModelFolder {
  /** Absolute, in the case it has on the disk. */
  readonly path: string;
  /** The kinds that are at home there; empty: any. */
  readonly kinds: readonly KindId[];
  /** The root it belongs to, as it was named. */
  readonly root: string;
  /** Whether the folders in it belong to it too. */
  readonly deep: boolean;
}
