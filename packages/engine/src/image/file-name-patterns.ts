import { formatDate } from './date-format.ts';
import type { GenerationParameters } from './generation-parameters.ts';
import { printPython } from './python-text.ts';

/** What a file name can speak of. */
export interface NamingContext {
  readonly parameters: GenerationParameters;
  /** Size of the picture in pixels. */
  readonly width: number;
  readonly height: number;
  /** The scheduler that `Automatic` stood for, if it stood for one. */
  readonly resolvedScheduler?: string;
  /** Place of the picture in its job; counts from 0. */
  readonly batch: { readonly size: number; readonly index: number; readonly count: number; readonly iteration: number };
  /** Seeds of the first and last picture of the job. */
  readonly firstSeed: bigint;
  readonly lastSeed: bigint;
  /** Styles that were applied: name and text. */
  readonly styles: readonly { readonly name: string; readonly prompt: string }[];
  /** The clock. */
  readonly now: Date;
  /** When the job began. */
  readonly jobStarted: Date;
  /** An IANA time zone; the machine's own without one. */
  readonly timeZone?: string;
  readonly user?: string;
  /** Name in front of the number, for grids. */
  readonly basename?: string;
  /** SHA-256 of the bytes of a text, in hexadecimal digits. */
  readonly hashText: (text: string) => string;
  /** SHA-256 of the pixels, in hexadecimal digits. */
  readonly pixelSha256: string;
}

/** Takes the place of a value that says nothing here: the text in front of it is left out too. */
export const SKIP = Symbol('skip');

/** The value of one pattern, with the arguments behind its name in angle brackets; undefined leaves the pattern as it is. */
export type NamePattern = (context: NamingContext, ...args: string[]) => string | typeof SKIP | undefined;

/** Patterns of A1111 v1.10.1, by the name in square brackets. */
export const NAME_PATTERNS: Readonly<Record<string, NamePattern>> = {
  basename: (c) => c.basename || 'img',
  seed: (c) => c.parameters.seed?.toString() ?? '',
  seed_first: (c) => (c.batch.size === 1 ? c.parameters.seed?.toString() : c.firstSeed.toString()),
  seed_last: (c) => (c.batch.size === 1 ? SKIP : c.lastSeed.toString()),
  steps: (c) => print(c.parameters.steps),
  cfg: (c) => print(c.parameters.cfgScale),
  width: (c) => String(c.width),
  height: (c) => String(c.height),
  styles: (c) => sanitizePart(c.styles.map((style) => style.name).join(', ') || 'None', false),
  sampler: (c) => sanitizePart(c.parameters.samplerName, false),
  sampler_scheduler: (c) =>
    sanitizePart(c.parameters.samplerName && `${c.parameters.samplerName} ${scheduler(c)}`, false),
  scheduler: (c) => sanitizePart(scheduler(c), false),
  model_hash: (c) => c.parameters.model?.hash,
  model_name: (c) => sanitizePart(c.parameters.model?.name, false),
  date: (c) => formatDate(c.now, '%Y-%m-%d', c.timeZone),
  datetime: (c, format, zone) => sanitizePart(dateTime(c, format, zone), false),
  job_timestamp: (c) => formatDate(c.jobStarted, JOB_FORMAT, c.timeZone),
  prompt_hash: (c, length) => hash(c, c.parameters.prompt, length),
  negative_prompt_hash: (c, length) => hash(c, c.parameters.negativePrompt, length),
  full_prompt_hash: (c, length) => hash(c, `${c.parameters.prompt} ${c.parameters.negativePrompt}`, length),
  prompt: (c) => sanitizePart(c.parameters.prompt),
  prompt_no_styles: (c) => sanitizePart(withoutStyles(c), false),
  prompt_spaces: (c) => sanitizePart(c.parameters.prompt, false),
  prompt_words: (c) => sanitizePart(words(c.parameters.prompt), false),
  batch_number: (c) => (c.batch.size === 1 ? SKIP : String(c.batch.index + 1)),
  batch_size: (c) => String(c.batch.size),
  generation_number: (c) =>
    c.batch.size === 1 && c.batch.count === 1 ? SKIP : String(c.batch.iteration * c.batch.size + c.batch.index + 1),
  hasprompt: (c, ...choices) => sanitizePart(hasPrompt(c.parameters.prompt, choices)),
  clip_skip: (c) => print(c.parameters.clipSkip),
  denoising: (c) => (c.parameters.denoisingStrength ? print(c.parameters.denoisingStrength) : SKIP),
  user: (c) => sanitizePart(c.user, false),
  vae_filename: (c) => sanitizePart(c.parameters.vae?.name ?? 'NoneType', false),
  image_hash: (c, length) => c.pixelSha256.slice(0, lengthOf(length, 64)),
  none: () => '',
};

/** The longest part that a value may have, in characters. */
const MAX_PART_LENGTH = 128;
const MAX_PROMPT_WORDS = 8;
const JOB_FORMAT = '%Y%m%d%H%M%S';

/**
 * Makes a value fit for a file name: characters that a system forbids become `_`, spaces too unless they are kept, blanks
 * in front and blanks and dots behind go, and it is cut to 128 characters.
 */
export function sanitizePart(text: string | undefined, replaceSpaces = true): string | undefined {
  if (text === undefined) return undefined;
  const spaced = replaceSpaces ? text.replaceAll(' ', '_') : text;
  // Control characters beyond A1111's three: a zero would end the name.
  const allowed = spaced.replace(/[#<>:"/\\|?*\u0000-\u001f\u007f]/g, '_').replace(/^ +/, '');
  return trimBehind(Array.from(allowed).slice(0, MAX_PART_LENGTH).join(''));
}

/** Takes blanks and dots off the end; Windows would do so by itself. */
export function trimBehind(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '.')) end--;
  return text.slice(0, end);
}

const print = (value: number | undefined): string | undefined => (value === undefined ? undefined : printPython(value));

/** First letter large, the others small, as A1111 writes it: `Sgm uniform`. */
function scheduler(context: NamingContext): string {
  const { scheduler: asked } = context.parameters;
  const name = asked === 'Automatic' ? (context.resolvedScheduler ?? asked) : asked;
  return name.charAt(0).toUpperCase() + name.slice(1).toLowerCase();
}

function dateTime(context: NamingContext, format: string | undefined, zone: string | undefined): string | undefined {
  const used = format || JOB_FORMAT;
  return (
    formatDate(context.now, used, zone ?? context.timeZone) ??
    formatDate(context.now, used, context.timeZone) ??
    formatDate(context.now, JOB_FORMAT, context.timeZone)
  );
}

const hash = (context: NamingContext, text: string, length: string | undefined): string =>
  context.hashText(text).slice(0, lengthOf(length, 8));

const lengthOf = (text: string | undefined, usual: number): number =>
  text !== undefined && /^\d{1,2}$/.test(text) ? Number(text) : usual;

/** Words of a prompt: what stands between blanks and ASCII punctuation. */
function words(prompt: string): string {
  const found = prompt.split(/[\s!-/:-@[\]^_`{-~]+/).filter((word) => word !== '');
  return (found.length === 0 ? ['empty'] : found.slice(0, MAX_PROMPT_WORDS)).join(' ');
}

function withoutStyles({ parameters, styles }: NamingContext): string {
  let prompt = parameters.prompt;
  for (const { prompt: style } of styles) {
    for (const part of style.split('{prompt}')) {
      if (part !== '') prompt = trimCommas(prompt.replaceAll(part, '').replaceAll(', ,', ',').trim());
    }
    if (style !== '') prompt = trimCommas(prompt.replaceAll(style, '').trim()).trim();
  }
  return prompt;
}

function trimCommas(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && text[start] === ',') start++;
  while (end > start && text[end - 1] === ',') end--;
  return text.slice(start, end);
}

/** Each choice is `word` or `word|otherwise`: the word if the prompt has it, the other text if not. */
function hasPrompt(prompt: string, choices: readonly string[]): string {
  const lower = prompt.toLowerCase();
  return choices
    .filter((choice) => choice !== '')
    .map((choice) => {
      const [word = '', otherwise = ''] = choice.split('|');
      return lower.includes(word.toLowerCase()) ? word.toLowerCase() : otherwise;
    })
    .join('');
}
