import type { AppliedAddOn, FileRecord, ReadReceipt } from './receipt.ts';

/** What was really applied, as labelled lines for people; what a receipt of another version does not say is left out. */
export function describeReceipt(receipt: ReadReceipt): [label: string, value: string][] {
  const { checkpoint, refiner, vae, addOns = [], text, sampling, runtime, notes = [] } = receipt;
  const lines: [string, string | undefined][] = [
    ['Checkpoint', checkpoint && printFile(checkpoint)],
    ['Refiner', refiner && `${printFile(refiner)}, from ${refiner.switchAt} on`],
    ['VAE', vae && `${printFile(vae)}: ${vae.why}`],
    ...addOns.map((addOn): [string, string] => [addOn.kind, `${printFile(addOn)}, ${printUse(addOn)}`]),
    ['Prompt', text && printPrompt(text.prompt)],
    ['Negative prompt', text && printPrompt(text.negativePrompt)],
    ['CLIP skip', text && String(text.clipSkip)],
    ['Ignored tags', text && text.ignoredTags.length > 0 ? text.ignoredTags.join(' ') : undefined],
    ['Sampler', sampling && `${sampling.samplerName}, ${sampling.scheduler}, ${sampling.sigmas} noise levels`],
    ['Noise', sampling && sampling.noise.toUpperCase()],
    ['Options', sampling && printOptions(sampling.options)],
    ['Engine', receipt.engine],
    ['Runtime', runtime && `${runtime.name}, ${runtime.provider}, ${runtime.mode}`],
    ['Pixels', receipt.pixelSha256],
    ['Latent', receipt.latentSha256],
    ...notes.map((note): [string, string] => ['Note', note]),
  ];
  return lines.filter((line): line is [string, string] => line[1] !== undefined);
}

const printFile = ({ name, sha256, tensorSha256 }: FileRecord): string =>
  [name, sha256 && `SHA-256 ${sha256}`, tensorSha256 && `tensors ${tensorSha256}`].filter(Boolean).join(', ');

const printUse = ({ weight, matchedKeys, totalKeys, vectors, usedIn = [] }: AppliedAddOn): string =>
  vectors === undefined
    ? `weight ${weight}, ${matchedKeys} of ${totalKeys} keys applied`
    : `vectors: ${vectors}, called in the ${usedIn.join(' and the ')}`;

const printPrompt = ({ tokens, chunks }: { tokens: number; chunks: number }): string =>
  `${tokens} token${tokens === 1 ? '' : 's'} in ${chunks} chunk${chunks === 1 ? '' : 's'}`;

function printOptions(options: Readonly<Record<string, unknown>>): string | undefined {
  const entries = Object.entries(options);
  return entries.length === 0 ? undefined : entries.map(([name, value]) => `${name} ${String(value)}`).join(', ');
}
