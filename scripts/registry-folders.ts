/** A folder in which one file is one thing, found through a generated `index.ts`. */
export interface RegistryFolder {
  /** Folder from the root of the repository. */
  readonly path: string;
  /**
   * With a suffix, a file may hold one close family: every export whose name ends so belongs to the registry. Without
   * one, each file exports the thing that is named like the file, in camel case.
   */
  readonly suffix?: string;
}

/** Every registry of the product. A folder that does not exist yet is passed over. */
export const registryFolders: readonly RegistryFolder[] = [
  { path: 'packages/engine/src/graph/ops', suffix: 'Op' },
  { path: 'packages/engine/src/sampling/samplers' },
  { path: 'packages/engine/src/sampling/schedules' },
  { path: 'packages/engine/src/sampling/predictions' },
  { path: 'packages/engine/src/weights/formats', suffix: 'Format' },
  { path: 'packages/engine/src/families' },
  { path: 'packages/engine/src/identify/kinds' },
  { path: 'packages/engine/src/identify/signatures' },
  { path: 'packages/engine/src/identify/layouts' },
  { path: 'packages/engine/src/identify/algorithms' },
  { path: 'packages/engine/src/adapters/kinds' },
  { path: 'packages/engine/src/training/trainers' },
  { path: 'packages/engine/src/training/optimizers' },
  { path: 'packages/node/src/runtime/runtimes' },
  { path: 'packages/studio/src/downloads/sources' },
  { path: 'packages/server/src/routes' },
  { path: 'apps/cli/src/commands' },
];
