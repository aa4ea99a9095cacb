import { UNKNOWN_PARAMETERS } from '../generation-parameters.ts';
import type { GenerationParameters, Size } from '../generation-parameters.ts';
import { asList, getNumber, getSeed, getText, parseJsonObject, restOf, toNumber } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { modelName, withLoraTags } from './lora-tags.ts';
import type { UsedLora } from './lora-tags.ts';
import { optional } from './optional.ts';
import type { Reader } from './reader.ts';
import { samplerLabel, schedulerLabel } from './sampler-names.ts';

/** Fooocus with its own scheme: a JSON object, in `parameters` of a PNG or in EXIF. Its other scheme is infotext. */
export const fooocusReader: Reader = {
  read(texts) {
    const text = texts.get('parameters') ?? texts.get('UserComment');
    const marked = texts.get('fooocus_scheme') === 'fooocus' || texts.get('MakerNote') === 'fooocus';
    if (text === undefined || !text.trimStart().startsWith('{')) return undefined;
    if (!marked && !/"(?:metadata_scheme|Fooocus[^"]*|software)"|Fooocus v/.test(text)) return undefined;
    const data = parseJsonObject(text, 'Fooocus parameters');
    const sampler = getText(data, 'sampler', 'Sampler', 'sampler_name');
    const scheduler = getText(data, 'scheduler', 'Scheduler');
    const prompt = getText(data, 'prompt', 'Prompt') ?? '';
    const vae = getText(data, 'vae', 'VAE');
    const parameters: GenerationParameters = {
      ...UNKNOWN_PARAMETERS,
      prompt: withLoraTags(prompt, lorasOf(data)),
      negativePrompt: getText(data, 'negative_prompt', 'Negative Prompt', 'Negative') ?? '',
      ...optional('steps', getNumber(data, 'steps', 'Steps')),
      ...optional('samplerName', sampler && (samplerLabel(sampler) ?? sampler)),
      scheduler: (scheduler && (schedulerLabel(scheduler) ?? scheduler)) || 'Automatic',
      ...optional('cfgScale', getNumber(data, 'guidance_scale', 'Guidance Scale', 'cfg')),
      ...optional('seed', getSeed(data, 'seed', 'Seed')),
      ...optional('size', sizeOf(data)),
      ...optional('model', modelOf(data)),
      ...(vae !== undefined && !/^(?:default|none|)\b/i.test(vae) && { vae: { name: modelName(vae) } }),
      clipSkip: getNumber(data, 'clip_skip', 'CLIP Skip') ?? 1,
      // Its noise comes from the generator of the CPU, as in ComfyUI.
      rng: 'CPU',
    };
    return {
      program: getText(data, 'version', 'Version') ?? 'Fooocus',
      parameters,
      details: restOf(data, USED),
      notes: notesOn(data, sampler),
    };
  },
};

const USED = (
  'prompt negative_prompt steps sampler scheduler guidance_scale seed resolution version ' +
  'base_model base_model_hash clip_skip vae loras metadata_scheme'
).split(' ');

/** `(768, 1280)`, a Python tuple as text. */
function sizeOf(data: JsonObject): Size | undefined {
  const match = /^\D*(\d{1,6})\D+(\d{1,6})\D*$/.exec(getText(data, 'resolution', 'Resolution') ?? '');
  if (match) return { width: Number(match[1]), height: Number(match[2]) };
  const width = getNumber(data, 'width');
  const height = getNumber(data, 'height');
  return width !== undefined && height !== undefined ? { width, height } : undefined;
}

function modelOf(data: JsonObject): GenerationParameters['model'] {
  const name = getText(data, 'base_model', 'Base Model', 'base_model_name');
  const hash = getText(data, 'base_model_hash');
  if (name === undefined && hash === undefined) return undefined;
  return { ...optional('name', name && modelName(name)), ...optional('hash', hash) };
}

/** A list of [name, weight, hash]; before that, fields `lora_combined_1` with `name : weight`. */
function lorasOf(data: JsonObject): UsedLora[] {
  const listed = asList(data['loras']).flatMap((item) => {
    const [name, weight] = asList(item);
    return typeof name === 'string' ? [{ name: modelName(name), weight: toNumber(weight) ?? 1 }] : [];
  });
  const combined = Object.entries(data).flatMap(([key, value]) => {
    if (typeof value !== 'string' || !/^(?:lora_combined_|LoRA )\d+$/.test(key)) return [];
    const match = /^(.+) : (-?[\d.]+)$/.exec(value);
    return match ? [{ name: modelName(match[1]!), weight: toNumber(match[2]) ?? 1 }] : [];
  });
  return listed.length > 0 ? listed : combined;
}

function notesOn(data: JsonObject, sampler: string | undefined): string[] {
  const notes: string[] = [];
  const styles = getText(data, 'styles', 'Styles');
  if (styles !== undefined && styles !== '[]') {
    notes.push(`Fooocus added its styles ${styles} to the prompt; the whole text is in the details (full_prompt).`);
  }
  if (sampler !== undefined && samplerLabel(sampler) === undefined)
    notes.push(`There is no sampler "${sampler}" here.`);
  return notes;
}
