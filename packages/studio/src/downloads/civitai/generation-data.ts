import { type GenerationParameters, UNKNOWN_PARAMETERS } from '@danqing/engine/image/generation-parameters';
import { parseInfotext, writeInfotext } from '@danqing/engine/image/infotext';
import { samplerLabel, schedulerLabel, splitJoinedSampler } from '@danqing/engine/image/readers/sampler-names';

/** What an example picture says of its making, to be used again (DL-08). */
export interface GenerationData {
  /** As the WebUI writes it, ready to be pasted. */
  readonly infotext: string;
  readonly parameters: GenerationParameters;
  /** Models and add-ons that it names. */
  readonly resources: readonly UsedResource[];
}

export interface UsedResource {
  /** checkpoint, lora, embedding … in the words of whoever wrote it. */
  readonly type: string;
  readonly name?: string;
  readonly hash?: string;
  readonly weight?: number;
  /** Civitai's number of the version. */
  readonly versionId?: number;
}

/**
 * The generation data in the free-form `meta` of a picture on Civitai; undefined when it says nothing of that.
 * Fields of A1111 keep their names; those of the site are translated, objects are left out.
 */
export function generationData(meta: Readonly<Record<string, unknown>> | undefined): GenerationData | undefined {
  if (meta === undefined) return undefined;
  const prompt = textOf(meta['prompt']) ?? '';
  const steps = numberOf(meta['steps']);
  if (prompt === '' && steps === undefined) return undefined;
  const infotext = writeInfotext({
    ...UNKNOWN_PARAMETERS,
    prompt,
    negativePrompt: textOf(meta['negativePrompt']) ?? '',
    ...sampling(meta, steps),
    ...models(meta),
    extra: Object.entries(meta).flatMap(([key, value]) =>
      KNOWN.has(key) || !isScalar(value) ? [] : [[key, String(value)] as const],
    ),
  });
  // Read back, every field of A1111 among the others is understood.
  return { infotext, parameters: parseInfotext(infotext), resources: resourcesOf(meta) };
}

/** Keys that are translated, or that say nothing to another program. */
const KNOWN = new Set(
  (
    'prompt negativePrompt steps sampler Sampler cfgScale seed Size size width height clipSkip Model ' +
    'hashes resources civitaiResources additionalResources comfy workflow Version baseModel extra id draft quantity process ' +
    'scheduler aspectRatio nsfw workflowId engine fluxMode'
  )
    .split(' ')
    .concat([
      'Clip skip',
      'Model hash',
      'Created Date',
      'Schedule type',
      'Denoising strength',
      'CFG scale',
      'Steps',
      'Seed',
    ]),
);

function sampling(meta: Readonly<Record<string, unknown>>, steps: number | undefined): Partial<GenerationParameters> {
  const named = textOf(meta['sampler']) ?? textOf(meta['Sampler']);
  const split = named === undefined ? undefined : splitJoinedSampler(named);
  const samplerName = split && (samplerLabel(split.samplerName) ?? split.samplerName);
  const cfgScale = numberOf(meta['cfgScale']) ?? numberOf(meta['CFG scale']);
  const seed = bigintOf(meta['seed'] ?? meta['Seed']);
  const clipSkip = numberOf(meta['clipSkip'] ?? meta['Clip skip']);
  const denoisingStrength = numberOf(meta['Denoising strength']);
  const scheduled = textOf(meta['Schedule type']) ?? textOf(meta['scheduler']);
  const schedule = split?.scheduler ?? (scheduled && (schedulerLabel(scheduled) ?? scheduled));
  const size = sizeOf(meta);
  return {
    ...(steps !== undefined && { steps }),
    ...(samplerName !== undefined && { samplerName }),
    ...(schedule !== undefined && { scheduler: schedule }),
    ...(cfgScale !== undefined && { cfgScale }),
    ...(seed !== undefined && { seed }),
    ...(size !== undefined && { size }),
    ...(clipSkip !== undefined && clipSkip >= 1 && { clipSkip }),
    ...(denoisingStrength !== undefined && { denoisingStrength }),
  };
}

function models(meta: Readonly<Record<string, unknown>>): Partial<GenerationParameters> {
  const hashes = recordOf(meta['hashes']);
  const name = textOf(meta['Model']);
  const hash = textOf(meta['Model hash']) ?? textOf(hashes['model']);
  const loraHashes = Object.entries(hashes).flatMap(([key, value]) => {
    const lora = /^(?:lora|LORA):(.+)$/.exec(key)?.[1];
    return lora === undefined || typeof value !== 'string' ? [] : [{ name: lora, hash: value }];
  });
  return {
    ...((name ?? hash) !== undefined && {
      model: { ...(name !== undefined && { name }), ...(hash !== undefined && { hash }) },
    }),
    loraHashes,
  };
}

function sizeOf(meta: Readonly<Record<string, unknown>>): { width: number; height: number } | undefined {
  const match = /^\s*(\d+)\s*[x×]\s*(\d+)\s*$/i.exec(textOf(meta['Size']) ?? textOf(meta['size']) ?? '');
  const width = match === null ? numberOf(meta['width']) : Number(match[1]);
  const height = match === null ? numberOf(meta['height']) : Number(match[2]);
  return width === undefined || height === undefined ? undefined : { width, height };
}

function resourcesOf(meta: Readonly<Record<string, unknown>>): UsedResource[] {
  const lists = [meta['resources'], meta['civitaiResources']].filter((list) => Array.isArray(list)) as unknown[][];
  return lists.flat().flatMap((item) => {
    const { type, name, modelVersionName, hash, weight, modelVersionId } = recordOf(item);
    const kind = textOf(type);
    if (kind === undefined) return [];
    const called = textOf(name) ?? textOf(modelVersionName);
    const strength = numberOf(weight);
    const versionId = numberOf(modelVersionId);
    return [
      {
        type: kind,
        ...(called !== undefined && { name: called }),
        ...(textOf(hash) !== undefined && { hash: textOf(hash)! }),
        ...(strength !== undefined && { weight: strength }),
        ...(versionId !== undefined && { versionId }),
      },
    ];
  });
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value : undefined;

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** Seeds may be beyond the exact range of a number; JSON has them rounded then, which cannot be helped. */
function bigintOf(value: unknown): bigint | undefined {
  if (typeof value === 'string' && /^\d{1,20}$/.test(value)) return BigInt(value);
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? BigInt(value) : undefined;
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value) && value !== '';
