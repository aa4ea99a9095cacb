import { UNKNOWN_PARAMETERS } from '../generation-parameters.ts';
import type { GenerationParameters, NamedFile, Size } from '../generation-parameters.ts';
import { asList, asObject, getField, getNumber, getSeed, getText, parseJsonObject, restOf } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { optional } from './optional.ts';
import type { Reader } from './reader.ts';
import { samplerLabel, schedulerLabel } from './sampler-names.ts';

const USED = 'prompt uc steps sampler seed scale width height noise_schedule signed_hash'.split(' ');

/** NovelAI, versions 1 to 4: fields Software, Source, Description and, as JSON, Comment. */
export const novelaiReader: Reader = {
  read(texts, size) {
    if (texts.get('Software') !== 'NovelAI' || !texts.has('Comment')) return undefined;
    const comment = parseJsonObject(texts.get('Comment')!, 'NovelAI comment');
    const source = texts.get('Source') ?? '';
    const [prompt, characters] = captions(comment, 'v4_prompt', getText(comment, 'prompt') ?? texts.get('Description'));
    const [negativePrompt, negativeCharacters] = captions(comment, 'v4_negative_prompt', getText(comment, 'uc'));
    const sampler = getText(comment, 'sampler');
    const schedule = getText(comment, 'noise_schedule');
    const parameters: GenerationParameters = {
      ...UNKNOWN_PARAMETERS,
      prompt,
      negativePrompt,
      ...optional('steps', getNumber(comment, 'steps')),
      ...optional('samplerName', sampler && (samplerLabel(sampler) ?? sampler)),
      scheduler: (schedule && schedulerLabel(schedule)) || 'Automatic',
      ...optional('cfgScale', getNumber(comment, 'scale')),
      ...optional('seed', getSeed(comment, 'seed')),
      ...optional('size', sizeOf(comment, size)),
      ...optional('model', modelOf(source)),
      ...optional('denoisingStrength', isFromImage(comment) ? getNumber(comment, 'strength') : undefined),
      ...(isFirstVersion(source) && FIRST_VERSION),
    };
    return {
      program: 'NovelAI',
      parameters,
      details: [
        ...characters.map((text): [string, string] => ['Character prompt', text]),
        ...negativeCharacters.map((text): [string, string] => ['Character negative prompt', text]),
        ...restOf(comment, USED),
      ],
      notes: notesOn(prompt, characters, sampler),
    };
  },
};

/** What its first models, of the SD 1.x family, always used; A1111 assumes the same for them. */
const FIRST_VERSION = { clipSkip: 2, settings: { eta_noise_seed_delta: 31337 } } as const;
const isFirstVersion = (source: string): boolean => source === '' || /^Stable Diffusion (?!XL)/.test(source);

/** Version 4 keeps the text in parts: one for the picture, one for each character in it. */
function captions(comment: JsonObject, field: string, plain: string | undefined): [string, string[]] {
  const caption = asObject(getField(asObject(getField(comment, field)), 'caption'));
  const characters = asList(getField(caption, 'char_captions')).flatMap((item) => {
    const text = getText(asObject(item), 'char_caption');
    return text === undefined || text === '' ? [] : [text];
  });
  return [(getText(caption, 'base_caption') ?? plain ?? '').trim(), characters];
}

/** Old comments have no size; the picture itself has the one that was asked for, unless somebody cut it. */
function sizeOf(comment: JsonObject, picture: Size): Size | undefined {
  const width = getNumber(comment, 'width');
  const height = getNumber(comment, 'height');
  if (width !== undefined && height !== undefined) return { width, height };
  return picture.width % 8 === 0 && picture.height % 8 === 0 ? picture : undefined;
}

/** `Stable Diffusion 1D44365E`, `NovelAI Diffusion V4 37442FCA`: name and hash. */
function modelOf(source: string): NamedFile | undefined {
  const match = /\s([0-9A-F]{8})$/.exec(source);
  if (match) return { name: source.slice(0, match.index).trimEnd(), hash: match[1]!.toLowerCase() };
  return source === '' ? undefined : { name: source };
}

const isFromImage = (comment: JsonObject): boolean => /img2img|infill/i.test(getText(comment, 'request_type') ?? '');

function notesOn(prompt: string, characters: readonly string[], sampler: string | undefined): string[] {
  const notes: string[] = [];
  if (/[{}]|\d::/.test(prompt))
    notes.push('NovelAI weighs words with { } and n::…::; the prompt is kept as it is written.');
  if (characters.length > 0)
    notes.push(`${characters.length} character prompts are kept beside the prompt, not in it.`);
  if (sampler !== undefined && samplerLabel(sampler) === undefined)
    notes.push(`There is no sampler "${sampler}" here.`);
  return notes;
}
