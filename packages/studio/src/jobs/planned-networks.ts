import type { Parts, VaePart } from '@danqing/engine/family';
import type { Bindings } from '@danqing/engine/graph/dim';
import type { Graph } from '@danqing/engine/graph/value';
import type { Preparation } from '@danqing/engine/runtime';
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
  preparationOf: (graph: Graph) => Preparation,
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
  const network = (graph: Graph, batch: number) => ({
    graph,
    sizes: sizesOf(batch),
    preparation: preparationOf(graph),
  });
  const rows = run.pictures * (run.promptParts + (run.isGuided ? 1 : 0));
  return [
    ...textEncoders.map((part): PlannedNetwork => {
      return { opening: 'open text encoder', running: 'encode prompt', ...network(part.graph(1), 1) };
    }),
    { opening: 'open denoiser', running: 'sample', ...network(parts.denoiser().graph(), rows) },
    ...(previewVae === undefined
      ? []
      : [{ opening: 'sample', running: 'sample', isBeside: true, ...network(previewVae.decoder(), 1) } as const]),
    { opening: 'open VAE', running: 'decode', ...network(vae.decoder(), 1) },
  ];
}
