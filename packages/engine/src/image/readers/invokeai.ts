import { UNKNOWN_PARAMETERS } from '../generation-parameters.ts';
import type { GenerationParameters, NamedFile } from '../generation-parameters.ts';
import { asList, asObject, getField, getNumber, getSeed, getText, parseJsonObject, restOf, toNumber } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { modelName, withLoraTags } from './lora-tags.ts';
import type { UsedLora } from './lora-tags.ts';
import { optional } from './optional.ts';
import type { Reader, Reading } from './reader.ts';
import { plainScheduler, samplerLabel } from './sampler-names.ts';

/** InvokeAI in its three forms: `invokeai_metadata` (3 and later), `sd-metadata` (2), `Dream` (1 and 2). */
export const invokeaiReader: Reader = {
  read(texts) {
    const metadata = texts.get('invokeai_metadata');
    if (metadata !== undefined) return readMetadata(parseJsonObject(metadata, 'InvokeAI metadata'));
    const second = texts.get('sd-metadata');
    if (second !== undefined) return readSdMetadata(parseJsonObject(second, 'InvokeAI sd-metadata'));
    const dream = texts.get('Dream') ?? texts.get('dream');
    return dream === undefined ? undefined : readDream(dream);
  },
};

function readMetadata(data: JsonObject): Reading {
  const loras = asList(data['loras']).flatMap((item): UsedLora[] => {
    const entry = asObject(item);
    const name = fileOf(getField(entry, 'model', 'lora'))?.name;
    return name === undefined ? [] : [{ name, weight: getNumber(entry, 'weight') ?? 1 }];
  });
  const sampler = getText(data, 'scheduler');
  const style = getText(data, 'positive_style_prompt') ?? '';
  const prompt = getText(data, 'positive_prompt') ?? '';
  return {
    program: `InvokeAI ${getText(data, 'app_version') ?? ''}`.trim(),
    parameters: {
      ...UNKNOWN_PARAMETERS,
      prompt: withLoraTags(prompt, loras),
      negativePrompt: getText(data, 'negative_prompt') ?? '',
      ...optional('steps', getNumber(data, 'steps')),
      ...samplerOf(sampler),
      ...optional('cfgScale', getNumber(data, 'cfg_scale')),
      ...optional('seed', getSeed(data, 'seed')),
      ...sizeOf(data),
      ...optional('model', fileOf(data['model'])),
      ...optional('vae', fileOf(data['vae'])),
      ...optional('denoisingStrength', getNumber(data, 'strength')),
      // Counts the layers that are left out, where A1111 counts from the end.
      clipSkip: 1 + Math.max(0, getNumber(data, 'clip_skip') ?? 0),
      rng: getText(data, 'rand_device') === 'cpu' ? 'CPU' : 'GPU',
    },
    details: restOf(data, USED_METADATA),
    notes: [
      ...(style === '' || style === prompt
        ? []
        : ['The second text encoder had its own prompt; see positive_style_prompt.']),
      ...notesOn(`${prompt}, ${getText(data, 'negative_prompt') ?? ''}`, sampler),
    ],
  };
}

const USED_METADATA = (
  'positive_prompt negative_prompt width height seed rand_device cfg_scale steps scheduler ' +
  'model vae loras strength clip_skip app_version'
).split(' ');

function readSdMetadata(data: JsonObject): Reading {
  const image = asObject(data['image']) ?? {};
  const prompts =
    typeof image['prompt'] === 'string' ? [{ prompt: image['prompt'] }] : asList(image['prompt']).map(asObject);
  const parts = prompts.map((part) => ({
    ...splitNegative(getText(part, 'prompt') ?? ''),
    weight: getNumber(part, 'weight') ?? 1,
  }));
  const prompt = parts
    .map((part) => (part.weight === 1 ? part.prompt : `${part.prompt} :${part.weight}`))
    .join(' AND ');
  const sampler = getText(image, 'sampler');
  const name = getText(data, 'model_weights');
  const hash = getText(data, 'model_hash');
  return {
    program: `InvokeAI ${getText(data, 'app_version') ?? ''}`.trim(),
    parameters: {
      ...UNKNOWN_PARAMETERS,
      prompt,
      negativePrompt: joinTexts(parts.map((part) => part.negativePrompt)),
      ...optional('steps', getNumber(image, 'steps')),
      ...samplerOf(sampler),
      ...optional('cfgScale', getNumber(image, 'cfg_scale')),
      ...optional('seed', getSeed(image, 'seed')),
      ...sizeOf(image),
      ...((name !== undefined || hash !== undefined) && {
        model: { ...optional('name', name), ...optional('hash', hash) },
      }),
      ...optional('denoisingStrength', getNumber(image, 'strength')),
      tiling: image['seamless'] === true,
    },
    details: [
      ...restOf(data, ['model_weights', 'model_hash', 'image', 'app_id', 'app_version']),
      ...restOf(image, USED_IMAGE),
    ],
    notes: notesOn(prompt, sampler),
  };
}

const USED_IMAGE = 'prompt steps cfg_scale seed sampler width height seamless strength'.split(' ');

/** Options of the old command line that have a place in the parameters; the value follows the option. */
const DREAM_OPTIONS = ['s', 'S', 'W', 'H', 'C', 'A', 'f'];

/** A command line: the prompt in quotes, its negative part in brackets, then options. */
function readDream(text: string): Reading {
  const match = /^\s*"((?:[^"\\]|\\.)*)"(.*)$/s.exec(text);
  const [quoted, rest] = match ? [match[1]!.replaceAll('\\"', '"'), match[2]!] : splitOptions(text);
  const values = new Map<string, string>();
  for (const [, key, value] of rest.matchAll(/(?<=\s|^)--?([A-Za-z]\w*)(?:[ =]+([^\s-]\S*|-\.?\d\S*))?/g)) {
    values.set(key!, value ?? 'yes');
  }
  const number = (key: string): number | undefined => toNumber(values.get(key));
  const sampler = values.get('A');
  return {
    program: 'InvokeAI',
    parameters: {
      ...UNKNOWN_PARAMETERS,
      ...splitNegative(quoted),
      ...optional('steps', number('s')),
      ...samplerOf(sampler),
      ...optional('cfgScale', number('C')),
      ...optional('seed', getSeed(Object.fromEntries(values), 'S')),
      ...sizeOf({ width: values.get('W'), height: values.get('H') }),
      ...optional('denoisingStrength', number('f')),
      tiling: values.has('seamless'),
    },
    details: [...values].filter(([key]) => !DREAM_OPTIONS.includes(key) && key !== 'seamless'),
    notes: notesOn(quoted, sampler),
  };
}

const splitOptions = (text: string): [string, string] => {
  const at = text.search(/\s--?[A-Za-z]/);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at)];
};

/** Old prompts hold their negative parts in brackets: `a cat [dog, mouse]`. */
function splitNegative(text: string): { prompt: string; negativePrompt: string } {
  const negative = [...text.matchAll(/\[([^[\]]*)\]/g)].map((match) => match[1]!);
  return { prompt: joinTexts(text.split(/\[[^[\]]*\]/)), negativePrompt: joinTexts(negative) };
}

const joinTexts = (texts: readonly string[]): string =>
  texts
    .map(trimSeparators)
    .filter((text) => text !== '')
    .join(', ');

function trimSeparators(text: string): string {
  const separator = /[\s,]/;
  let [start, end] = [0, text.length];
  while (start < end && separator.test(text[start]!)) start++;
  while (end > start && separator.test(text[end - 1]!)) end--;
  return text.slice(start, end);
}

/** `dpmpp_2m_k` is DPM++ 2M with Karras sigmas, `dpmpp_2m` the same with the steps of the training. */
function samplerOf(name: string | undefined): Pick<GenerationParameters, 'scheduler' | 'samplerName'> {
  if (name === undefined) return { scheduler: 'Automatic' };
  const isKarras = name.endsWith('_k');
  const samplerName = samplerLabel(isKarras ? name.slice(0, -2) : name) ?? name;
  return { samplerName, scheduler: isKarras ? 'Karras' : plainScheduler(samplerName) };
}

function sizeOf(data: JsonObject): Pick<GenerationParameters, 'size'> {
  const width = getNumber(data, 'width');
  const height = getNumber(data, 'height');
  return width === undefined || height === undefined ? {} : { size: { width, height } };
}

/** A model is a record (`model_name` before version 4, `name` since) or, in very old files, its name alone. */
function fileOf(value: unknown): NamedFile | undefined {
  const record = asObject(value);
  const name = typeof value === 'string' ? value : getText(record, 'name', 'model_name');
  const hash = getText(record, 'hash', 'model_hash');
  if (name === undefined) return undefined;
  return { name: modelName(name), ...optional('hash', hash) };
}

function notesOn(prompt: string, sampler: string | undefined): string[] {
  const notes: string[] = [];
  if (/[\w)][+-]+(?=[\s,)]|$)/.test(prompt))
    notes.push('InvokeAI weighs words with + and −; the prompt is kept as it is written.');
  if (sampler !== undefined && samplerLabel(sampler.replace(/_k$/, '')) === undefined) {
    notes.push(`There is no sampler "${sampler}" here.`);
  }
  return notes;
}
