import { DanqingError } from '../errors.ts';
import type { GenerationParameters } from './generation-parameters.ts';
import type { Pixels } from './pixels.ts';
import type { ReadReceipt } from './receipt.ts';

/** One thing that differs between two runs, named so that a person can act on it. */
export interface Difference {
  /** For example `checkpoint` or `engine`. */
  readonly what: string;
  readonly before: string;
  readonly now: string;
}

/** What `verify` finds: the same bits, a picture that looks the same, or another one, because of these differences. */
export type Verdict =
  | { readonly kind: 'same-bits' }
  | { readonly kind: 'looks-the-same'; readonly psnrDb: number; readonly differences: readonly Difference[] }
  | {
      readonly kind: 'differs';
      /** Absent when the sizes differ. */
      readonly psnrDb?: number;
      /** Empty when nothing that is recorded explains it. */
      readonly differences: readonly Difference[];
    };

/** One side of a comparison. */
export interface Rendering {
  readonly pixels: Pixels;
  readonly parameters?: GenerationParameters;
  readonly receipt?: ReadReceipt;
}

/** From this peak signal-to-noise ratio on, nobody sees a difference. */
export const SAME_LOOK_DB = 45;

/**
 * Compares a picture with its rendering anew.
 * @param before as read from its file.
 * @param now just rendered, with a receipt; for a file with lossy compression, encoded and decoded in the same way.
 * @param isLossy whether the file keeps other pixels than were made; then the hash in its receipt speaks for them.
 */
export function comparePictures(before: Rendering, now: Rendering, isLossy = false): Verdict {
  const recorded = before.receipt?.pixelSha256;
  const isHashEqual = recorded !== undefined && recorded === now.receipt?.pixelSha256;
  if (isLossy && isHashEqual) return { kind: 'same-bits' };
  const isSize = before.pixels.width === now.pixels.width && before.pixels.height === now.pixels.height;
  const psnrDb = isSize ? psnr(before.pixels, now.pixels) : undefined;
  if (psnrDb === Infinity && !isLossy) return { kind: 'same-bits' };
  const differences: Difference[] = isHashEqual
    ? [{ what: 'file', before: 'changed since it was made', now: 'as it was made' }]
    : findDifferences(before, now);
  if (psnrDb === undefined) return { kind: 'differs', differences };
  return { kind: psnrDb >= SAME_LOOK_DB ? 'looks-the-same' : 'differs', psnrDb, differences };
}

/**
 * Peak signal-to-noise ratio of red, green and blue of two pictures, in decibels; infinite for equal ones.
 * @throws bad-shape when the sizes differ.
 */
export function psnr(a: Pixels, b: Pixels): number {
  if (a.width !== b.width || a.height !== b.height) {
    throw new DanqingError('bad-shape', {
      where: 'comparison of pictures',
      expected: `${a.width}x${a.height} pixels`,
      found: `${b.width}x${b.height}`,
    });
  }
  const count = a.width * a.height;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    for (let channel = 0; channel < 3; channel++) {
      const difference = a.data[i * a.channels + channel]! - b.data[i * b.channels + channel]!;
      squares += difference * difference;
    }
  }
  return squares === 0 ? Infinity : 10 * Math.log10((255 * 255 * 3 * count) / squares);
}

/** The verdict in one line for people. */
export function describeVerdict(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'same-bits':
      return 'Same bits.';
    case 'looks-the-same':
      return `Looks the same (PSNR ${verdict.psnrDb.toFixed(1)} dB)${because(verdict.differences)}.`;
    case 'differs': {
      const reason =
        verdict.differences.length > 0 ? because(verdict.differences) : '; nothing that is recorded explains it';
      return verdict.psnrDb === undefined
        ? `Differs${reason}.`
        : `Differs (PSNR ${verdict.psnrDb.toFixed(1)} dB)${reason}.`;
    }
  }
}

const because = (differences: readonly Difference[]): string =>
  differences.length === 0
    ? ''
    : `, because of: ${differences.map(({ what, before, now }) => `${what} (${before}, now ${now})`).join('; ')}`;

/** What is known of both sides and differs, the likeliest cause first; what one side does not say is named as unknown. */
function findDifferences(before: Rendering, now: Rendering): Difference[] {
  const [a, b] = [before.receipt, now.receipt];
  const [p, q] = [before.parameters, now.parameters];
  const differences: Difference[] = [];
  const compare = (what: string, was: unknown, is: unknown): void => {
    if (was === undefined || is === undefined || show(was) === show(is)) return;
    differences.push({ what, before: show(was), now: show(is) });
  };
  compare('size', sizeOf(before.pixels), sizeOf(now.pixels));
  compareCheckpoint(before, now, compare);
  compareVae(before, now, differences, compare);
  compareRefiner(a, b, compare);
  compareAddOns(a, b, compare);
  compare('noise source', p?.rng === 'GPU' ? undefined : p?.rng, q?.rng);
  if (p?.rng === 'GPU')
    differences.push({ what: 'noise source', before: "a graphics card's own", now: q?.rng ?? 'NV' });
  compare('engine', a?.engine ?? p?.version, b?.engine ?? q?.version);
  compare('runtime', a?.runtime?.name, b?.runtime?.name);
  compare('provider', a?.runtime?.provider, b?.runtime?.provider);
  compare('mode', a?.runtime?.mode, b?.runtime?.mode);
  for (const name of COMPARED) compare(LABELS[name], p?.[name], q?.[name]);
  compare('scheduler', resolved(before), resolved(now));
  compare('settings', p && sorted(p.settings), q && sorted(q.settings));
  compare('CLIP skip', a?.text?.clipSkip ?? p?.clipSkip, b?.text?.clipSkip ?? q?.clipSkip);
  compare('ignored tags', a?.text?.ignoredTags, b?.text?.ignoredTags);
  return differences;
}

type Compare = (what: string, was: unknown, is: unknown) => void;

const COMPARED = [
  'prompt',
  'negativePrompt',
  'steps',
  'samplerName',
  'cfgScale',
  'seed',
  'variation',
  'seedResizeFrom',
  'denoisingStrength',
  'tiling',
  'hires',
] as const satisfies readonly (keyof GenerationParameters)[];

const LABELS: Readonly<Record<(typeof COMPARED)[number], string>> = {
  prompt: 'prompt',
  negativePrompt: 'negative prompt',
  steps: 'steps',
  samplerName: 'sampler',
  cfgScale: 'CFG scale',
  seed: 'seed',
  variation: 'variation',
  seedResizeFrom: 'seed resize',
  denoisingStrength: 'denoising strength',
  tiling: 'tiling',
  hires: 'second pass',
};

/** By whole hash where both have it, then by the hash of the tensors, then by the short hash of an infotext. */
function compareCheckpoint(before: Rendering, now: Rendering, compare: Compare): void {
  const [a, b] = [before.receipt?.checkpoint, now.receipt?.checkpoint];
  if (a?.tensorSha256 !== undefined && a.tensorSha256 === b?.tensorSha256) return;
  if (a?.sha256 !== undefined && b?.sha256 !== undefined) {
    compare('checkpoint', `${a.name} ${a.sha256.slice(0, 10)}`, `${b.name} ${b.sha256.slice(0, 10)}`);
    return;
  }
  const short = before.parameters?.model?.hash?.slice(0, 10);
  const full = b?.sha256 ?? now.parameters?.model?.hash;
  if (short !== undefined && full !== undefined) compare('checkpoint', short, full.slice(0, short.length));
}

function compareVae(before: Rendering, now: Rendering, differences: Difference[], compare: Compare): void {
  const [a, b] = [before.receipt?.vae, now.receipt?.vae];
  if (a !== undefined) {
    compare('VAE', a.sha256 ?? a.name, b?.sha256 ?? b?.name);
    return;
  }
  const recorded = before.parameters?.vae;
  const used = now.parameters?.vae;
  if (recorded?.hash !== undefined) compare('VAE', recorded.hash, used?.hash ?? 'the one inside the checkpoint');
  else if (recorded?.name !== undefined) compare('VAE', recorded.name, used?.name ?? 'the one inside the checkpoint');
  // Old programs did not record it, so its absence says nothing.
  else if (before.parameters && before.parameters.version === undefined) {
    differences.push({
      what: 'VAE',
      before: 'not recorded',
      now: used?.name ?? b?.name ?? 'the one inside the checkpoint',
    });
  }
}

function compareRefiner(a: ReadReceipt | undefined, b: ReadReceipt | undefined, compare: Compare): void {
  const told = (receipt: ReadReceipt | undefined): string | undefined => {
    if (receipt === undefined) return undefined;
    const { refiner } = receipt;
    return refiner === undefined
      ? 'none'
      : `${refiner.sha256?.slice(0, 10) ?? refiner.name} from ${refiner.switchAt} on`;
  };
  compare('refiner', told(a), told(b));
}

function compareAddOns(a: ReadReceipt | undefined, b: ReadReceipt | undefined, compare: Compare): void {
  const list = (receipt: ReadReceipt | undefined): string[] | undefined =>
    receipt?.addOns?.map(
      (addOn) => `${addOn.name}:${addOn.weight} ${(addOn.tensorSha256 ?? addOn.sha256 ?? '').slice(0, 12)}`,
    );
  compare('add-ons', list(a), list(b));
}

const sizeOf = ({ width, height }: Pixels): string => `${width}x${height}`;

/** The scheduler that ran, as far as it is told. */
const resolved = ({ receipt, parameters }: Rendering): string | undefined =>
  receipt?.sampling?.scheduler ?? (parameters?.scheduler === 'Automatic' ? undefined : parameters?.scheduler);

const sorted = (record: Readonly<Record<string, unknown>>): [string, unknown][] =>
  Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));

const show = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner)) || 'none';
