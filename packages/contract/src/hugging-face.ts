import { z } from 'zod';
import { listOf, optional } from './lenient.ts';

// Shapes of the Hub's API as huggingface_hub reads them (https://huggingface.co/docs/hub/api).

/** A file or folder of a repository, as `/api/models/…/tree/…` lists them. */
export const hubTreeEntry = z.looseObject({
  type: z.enum(['file', 'directory']),
  path: z.string(),
  size: optional(z.number()),
  /** Absent for small files, which are stored in git itself. `oid` is the SHA-256 of the content. */
  lfs: optional(z.looseObject({ oid: z.string(), size: z.number() })),
});

export const hubTree = listOf(hubTreeEntry);

export type HubTreeEntry = z.infer<typeof hubTreeEntry>;
