import { DanqingError } from '../errors.ts';
import type { FewSteps } from '../identify/few-steps.ts';
import type { ExtraNetworkTag } from '../text/prompt/extra-networks.ts';
import type { StepRange } from './adapter-use.ts';

/** Types of tags that ask for an adapter; `lyco` is an older name for the same. */
export const adapterTagTypes: readonly string[] = ['lora', 'lyco'];

/** What is asked of an adapter, wherever it was asked: in a tag, by a flag, in a recorded picture. */
export interface AdapterRequest {
  /** Name of a file without its ending, alias, or path. */
  readonly name: string;
  readonly textEncoder: number;
  readonly denoiser: number;
  readonly ranks?: number;
  readonly steps?: StepRange;
}

/**
 * Reads `<lora:NAME:TE:UNET:DYN>` with A1111's defaults (the text encoder's weight is 1, the UNet's that of the text encoder, each also by
 * name: `te=`, `unet=`, `dyn=`), and `start=`, `stop=` and `step=FROM-TO` as LoRA Block Weight has them.
 * @param steps of the run; a step with a dot is a share of them.
 * @throws bad-value for what is no number.
 */
export function readAdapterTag({ positional, named, canonical }: ExtraNetworkTag, steps: number): AdapterRequest {
  const number = (text: string, what: string): number => {
    const value = text === '' ? NaN : Number(text);
    if (Number.isFinite(value)) return value;
    throw new DanqingError('bad-value', { where: canonical, expected: `a number as ${what}`, found: `"${text}"` });
  };
  const pick = (name: string, place: number, otherwise: number): number => {
    const text = named.get(name) ?? positional[place];
    return text === undefined ? otherwise : number(text, name);
  };
  const textEncoder = pick('te', 1, 1);
  const denoiser = pick('unet', 2, textEncoder);
  const ranks = named.get('dyn') ?? positional[3];
  const range = readSteps(named, (text) => {
    const value = number(text, 'a step');
    return text.includes('.') ? Math.round(value * steps) : value;
  });
  return {
    name: positional[0] ?? '',
    textEncoder,
    denoiser,
    ...(ranks !== undefined && { ranks: Math.max(1, Math.floor(number(ranks, 'dyn'))) }),
    ...(range && { steps: range }),
  };
}

function readSteps(named: ReadonlyMap<string, string>, read: (text: string) => number): StepRange | undefined {
  const [from, to] = named.get('step')?.split('-') ?? [named.get('start'), named.get('stop')];
  if (from === undefined && to === undefined) return undefined;
  return { from: from === undefined ? 1 : read(from), to: to === undefined ? Infinity : read(to) };
}

/** The tag that asks for an adapter, as A1111 inserts it when a card is clicked: its author's weight, and its trigger words behind it. */
export function writeAdapterTag(name: string, { preferredWeight, activationText }: AdapterAdvice): string {
  // A1111 takes a weight of 0 for "none noted".
  const tag = `<lora:${name}:${preferredWeight || 1}>`;
  return activationText === undefined || activationText === '' ? tag : `${tag} ${activationText}`;
}

/** What an adapter's author, or its user, says about how to use it. */
export interface AdapterAdvice {
  readonly preferredWeight?: number | undefined;
  /** Words that call for what it was trained on. */
  readonly activationText?: string | undefined;
  readonly negativeText?: string | undefined;
  readonly clipSkip?: number | undefined;
  readonly vae?: string | undefined;
  /** It was made for a few steps. */
  readonly fewSteps?: FewSteps | undefined;
}

/** The advice in a trainer's notes. */
export function adviceIn(metadata: ReadonlyMap<string, string>): AdapterAdvice {
  const clipSkip = Number(metadata.get('ss_clip_skip'));
  const vae = metadata.get('ss_vae_name');
  return {
    activationText: metadata.get('modelspec.trigger_phrase'),
    ...(Number.isInteger(clipSkip) && clipSkip > 1 && { clipSkip }),
    ...(vae !== undefined && vae !== 'None' && { vae }),
  };
}
