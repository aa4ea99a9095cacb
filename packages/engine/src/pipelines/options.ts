import { DanqingError } from '../errors.ts';
import { type SamplingOptions, samplingDefaults } from '../sampling/options.ts';
import { type PromptOptions, promptDefaults } from '../text/prompt-options.ts';

export type OptionValue = string | number | boolean;

/** All options of a run, by kind. */
export interface RunOptions {
  readonly sampling: SamplingOptions;
  readonly text: PromptOptions;
}

const RUN_DEFAULTS: RunOptions = { sampling: samplingDefaults, text: promptDefaults };

/** Options that are one of a few words. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  randnSource: ['nv', 'cpu'],
  sdNoiseSchedule: ['Default', 'Zero Terminal SNR'],
  uniPcVariant: ['bh1', 'bh2', 'vary_coeff'],
  uniPcSkipType: ['time_uniform', 'time_quadratic', 'logSNR'],
  emphasis: ['None', 'Ignore', 'Original', 'No norm'],
};

/** Numbers outside these bounds cannot mean anything; others go from 0 up. */
const BOUNDS: Readonly<Record<string, readonly [low: number, high: number]>> = {
  etaNoiseSeedDelta: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  skipEarlyCond: [0, 1],
  uniPcOrder: [1, 50],
  clipSkip: [1, 100],
};

const WHOLE = new Set(['etaNoiseSeedDelta', 'uniPcOrder', 'clipSkip', 'commaPaddingBacktrack']);

/** Names that are not the field's name in snake case. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  clipSkip: 'CLIP_stop_at_last_layers',
  stripComments: 'enable_prompt_comments',
};

/** Every option by its A1111 name: what it belongs to and its default. */
export const optionNames: ReadonlyMap<
  string,
  { readonly kind: keyof RunOptions; readonly field: string; readonly default: OptionValue }
> = new Map(
  (['sampling', 'text'] as const).flatMap((kind) =>
    Object.entries(RUN_DEFAULTS[kind]).map(([field, value]) => [
      OTHER_NAMES[field] ?? field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      { kind, field, default: value as OptionValue },
    ]),
  ),
);

/**
 * The options of a run: the defaults with the given ones, by their A1111 names, put in. Text is understood as the option's type.
 * @throws bad-value for an unknown name or a value that the option cannot have.
 */
export function readOptions(given: Readonly<Record<string, OptionValue>>): RunOptions {
  const result: { sampling: Record<string, OptionValue>; text: Record<string, OptionValue> } = {
    sampling: { ...samplingDefaults },
    text: { ...promptDefaults },
  };
  for (const [name, value] of Object.entries(given)) {
    const option = optionNames.get(name);
    if (option === undefined) throw unknownOption(name);
    result[option.kind][option.field] = readValue(name, option.field, option.default, value);
  }
  return result as unknown as RunOptions;
}

/** Names those that share a word with what was given, of which there are few. */
function unknownOption(given: string): DanqingError {
  const words = new Set(given.toLowerCase().split(/[^a-z\d]+/));
  const close = [...optionNames.keys()].filter((name) => name.split('_').some((word) => words.has(word.toLowerCase())));
  return new DanqingError('bad-value', {
    where: 'option',
    expected: close.length === 0 ? 'an option by its A1111 name' : `one of ${close.sort().join(', ')}`,
    found: `"${given}"`,
    advice: '`danqing options` lists them all.',
  });
}

/** What an option can be, as a phrase: "a number from 0 to 1". @param name one of `optionNames`. */
export function optionValues(name: string): string {
  const { field, default: like } = optionNames.get(name)!;
  if (typeof like === 'boolean') return 'true or false';
  if (typeof like === 'string') return CHOICES[field]!.join(', ');
  const [low, high] = boundsOf(field);
  const kind = WHOLE.has(field) ? 'a whole number' : 'a number';
  return high >= Number.MAX_SAFE_INTEGER
    ? low < 0
      ? kind
      : `${kind} from ${low} on`
    : `${kind} from ${low} to ${high}`;
}

const boundsOf = (field: string): readonly [low: number, high: number] => BOUNDS[field] ?? [0, Number.MAX_VALUE];

function readValue(name: string, field: string, like: OptionValue, value: OptionValue): OptionValue {
  const wrong = (): DanqingError =>
    new DanqingError('bad-value', { where: `option ${name}`, expected: optionValues(name), found: `"${value}"` });
  if (typeof like === 'boolean') {
    const text = String(value).toLowerCase();
    if (text === 'true' || text === 'false') return text === 'true';
    throw wrong();
  }
  if (typeof like === 'string') {
    const chosen = CHOICES[field]!.find((choice) => choice.toLowerCase() === String(value).toLowerCase());
    if (chosen === undefined) throw wrong();
    return chosen;
  }
  const number = typeof value === 'string' && value.trim() === '' ? NaN : Number(value);
  const [low, high] = boundsOf(field);
  const isWhole = Number.isInteger(number) || !WHOLE.has(field);
  if (typeof value === 'boolean' || !isWhole || !(number >= low && number <= high)) throw wrong();
  return number;
}
