import type { Parts, VaePart } from '@danqing/engine/family';
import type { Bindings } from '@danqing/engine/graph/dim';
import type { PlannedNetwork } from './memory-plan.ts';

/** What a job asks of its networks at most at once. */
export interface LargestRun {
  readonly width: number;
  readonly height: number;
  /** Pictures that are drawn together. */
  readonly pictures: number;
  /** Parts of a prompt, as `AND` joins them. */
  readonly promptParts: number;
  /** Whether the negative prompt runs along with them. */
  readonly isGuided: boolean;
}

/** Chunks of text that a prompt is reckoned with; more of them change next to nothing. */
const CHUNKS = 2;

/** The networks of a job on a checkpoint, in the order in which they are opened. */
export function plannedNetworks(
  {
    parts,
    vae,
    previewVae,
  }: { readonly parts: Parts; readonly vae: VaePart; readonly previewVae: VaePart | undefined },
  run: LargestRun,
): PlannedNetwork[] {
  const { factor } = parts.family.latent;
  const textEncoders = parts.textEncoders();
  const sizesOf = (batch: number): Bindings =>
    new Map([
      ['batch', batch],
      ['height', run.height / factor],
      ['width', run.width / factor],
      ['tokens', CHUNKS * (textEncoders[0]?.tokens ?? 1)],
    ]);
  const decoder = (part: VaePart) => ({ graph: part.decoder(), sizes: sizesOf(1) });
  return [
    ...textEncoders.map((part): PlannedNetwork => {
      return { opening: 'open text encoder', running: 'encode prompt', graph: part.graph(1), sizes: sizesOf(1) };
    }),
    {
      opening: 'open denoiser',
      running: 'sample',
      graph: parts.denoiser().graph(),
      sizes: sizesOf(run.pictures * (run.promptParts + (run.isGuided ? 1 : 0))),
    },
    ...(previewVae === undefined
      ? []
      : [{ opening: 'sample', running: 'sample', isBeside: true, ...decoder(previewVae) } as const]),
    { opening: 'open VAE', running: 'decode', ...decoder(vae) },
  ];
}
