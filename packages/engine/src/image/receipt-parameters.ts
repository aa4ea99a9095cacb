import { UNKNOWN_PARAMETERS } from './generation-parameters.ts';
import type { GenerationParameters } from './generation-parameters.ts';
import { badField, checkFields, listOf, number, object, oneOf, optionalIn, text, truth } from './json-checks.ts';
import type { Check } from './json-checks.ts';
import { asObject, getField, toSeed } from './json.ts';
import type { JsonObject } from './json.ts';

/** Parameters as JSON holds them: seeds have 64 bits and become text. */
export const printParameters = (parameters: GenerationParameters): JsonObject => ({
  ...parameters,
  ...(parameters.seed !== undefined && { seed: parameters.seed.toString() }),
  ...(parameters.variation && { variation: { ...parameters.variation, seed: parameters.variation.seed.toString() } }),
});

/**
 * Reads printed parameters; fields that are not known are left out.
 * @throws bad-file when a known field has not the form that it must have.
 */
export function parseParameters(data: JsonObject, where: string): GenerationParameters {
  const isKnown = ([name, value]: [string, unknown]): boolean => Object.hasOwn(CHECKS, name) && value !== null;
  const known = { ...UNKNOWN_PARAMETERS, ...Object.fromEntries(Object.entries(data).filter(isKnown)) };
  checkFields(known, CHECKS, where);
  const variation = asObject(getField(data, 'variation'));
  const recordedSeed = toSeed(getField(data, 'seed'));
  return {
    ...known,
    ...(recordedSeed !== undefined && { seed: recordedSeed }),
    ...(variation && { variation: { seed: toSeed(variation['seed'])!, strength: variation['strength'] as number } }),
  };
}

const seed: Check = (value, field) => {
  if (toSeed(value) === undefined) throw badField(field, 'a whole number of at most 64 bits', value);
};
const size = object({ width: number, height: number });
const maybeText = optionalIn(text);
const maybeNumber = optionalIn(number);
const file = optionalIn(object({ name: maybeText, hash: maybeText }));
const hashes = listOf(object({ name: text, hash: text }));
const pair: Check = (value, field) => {
  if (!Array.isArray(value) || value.length !== 2) throw badField(field, 'a key and a value', value);
  listOf(text)(value, field);
};
const settings: Check = (value, field) => {
  const found = asObject(value);
  if (!found) throw badField(field, 'an object', value);
  for (const name of Object.keys(found)) {
    if (!['number', 'string', 'boolean'].includes(typeof getField(found, name))) {
      throw badField(`${field} › ${name}`, 'a number, text, true or false', found[name]);
    }
  }
};

const CHECKS: Readonly<Record<keyof GenerationParameters, Check>> = {
  prompt: text,
  negativePrompt: text,
  steps: maybeNumber,
  samplerName: maybeText,
  scheduler: text,
  cfgScale: maybeNumber,
  imageCfgScale: maybeNumber,
  seed: optionalIn(seed),
  faceRestoration: maybeText,
  size: optionalIn(size),
  model: file,
  vae: file,
  variation: optionalIn(object({ seed, strength: number })),
  seedResizeFrom: optionalIn(size),
  denoisingStrength: maybeNumber,
  clipSkip: number,
  initImageHash: maybeText,
  rng: oneOf('GPU', 'CPU', 'NV'),
  tiling: truth,
  hires: optionalIn(
    object({
      upscale: maybeNumber,
      resize: optionalIn(size),
      steps: maybeNumber,
      upscaler: maybeText,
      checkpoint: maybeText,
      samplerName: maybeText,
      scheduler: maybeText,
      prompt: maybeText,
      negativePrompt: maybeText,
    }),
  ),
  mask: optionalIn(
    object({ mode: maybeText, blur: maybeNumber, area: maybeText, padding: maybeNumber, content: maybeText }),
  ),
  refiner: optionalIn(object({ checkpoint: maybeText, switchAt: maybeNumber })),
  loraHashes: hashes,
  tiHashes: hashes,
  settings,
  extra: listOf(pair),
  version: maybeText,
  user: maybeText,
};
