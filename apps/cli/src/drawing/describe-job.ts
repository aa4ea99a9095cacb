import type { Messages } from '../messages/index.ts';
import { printDuration } from './duration.ts';

/** The parts of a receipt that a person wants to see at once. */
interface ShortReceipt {
  readonly checkpoint: { readonly name: string };
  readonly refiner?: { readonly name: string };
  readonly vae: { readonly name: string; readonly why: string };
  readonly parameters: {
    readonly samplerName: string;
    readonly scheduler: string;
    readonly steps: number;
    readonly cfgScale: number;
    readonly seed: string;
    readonly size: { readonly width: number; readonly height: number };
  };
}

/** What drew a picture and how, in one line, and which VAE decoded it where that is not the checkpoint's own. */
export function describeJob(receipt: string, seconds: number, { drawing }: Messages): string[] {
  const { checkpoint, refiner, vae, parameters } = JSON.parse(receipt) as ShortReceipt;
  const { samplerName, scheduler, steps, cfgScale, seed, size } = parameters;
  const parts = [
    refiner === undefined ? checkpoint.name : `${checkpoint.name} → ${refiner.name}`,
    `${samplerName} ${scheduler}`,
    drawing.steps(steps),
    `CFG ${cfgScale}`,
    `${size.width}x${size.height}`,
    drawing.seed(seed),
  ];
  const summary = drawing.summary(parts, printDuration(seconds));
  return vae.name === 'built-in' ? [summary] : [drawing.vae(vae.name, vae.why), summary];
}
