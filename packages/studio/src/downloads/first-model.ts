import { knownModels, type KnownModel } from './known-models.ts';

/** What is offered to somebody who has no checkpoint yet. */
export interface FirstModel {
  /** What to give to `danqing download`. */
  readonly link: string;
  readonly title: string;
  readonly sizeBytes: number;
  readonly licence: string;
  readonly page: string;
}

/**
 * Stable Diffusion 1.5 for the first start (DL-01), as the WebUI fetches it; undefined once there is a checkpoint. It is offered
 * and not fetched unasked: it is 4 GB large.
 */
export function offerFirstModel(checkpointCount: number): FirstModel | undefined {
  if (checkpointCount > 0) return undefined;
  const { names, title, sizeBytes, repository, path } = knownModels[0] as KnownModel & { readonly sizeBytes: number };
  return {
    link: names[0]!,
    title,
    sizeBytes,
    licence: 'CreativeML Open RAIL-M',
    page: `https://huggingface.co/${repository}/blob/main/${path}`,
  };
}
