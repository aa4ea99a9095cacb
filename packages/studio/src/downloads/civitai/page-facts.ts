import type { CivitaiFile, CivitaiImage, CivitaiModel, CivitaiVersion } from '@danqing/contract/civitai';
import { at } from '../sites.ts';
import { isForEverybody } from './choose-preview.ts';
import { kindOfType } from './model-types.ts';
import { plainText } from './plain-text.ts';

/** What the page of a model on Civitai shows (DL-07). What Civitai does not say is absent. */
export interface PageFacts {
  readonly modelId: number;
  readonly versionId: number;
  readonly name: string;
  readonly versionName: string;
  /** In Civitai's words. */
  readonly type?: string;
  /** In ours. */
  readonly kind?: string;
  readonly creator?: string;
  readonly downloads?: number;
  /** ISO date of the version. */
  readonly uploaded?: string;
  readonly baseModel?: string;
  readonly triggerWords: readonly string[];
  readonly file?: FileFacts;
  readonly reviews: { readonly up?: number; readonly down?: number; readonly comments?: number };
  readonly description?: string;
  readonly tags: readonly string[];
  readonly page: string;
  readonly download: string;
  readonly earlyAccess: boolean;
  readonly images: readonly ExampleImage[];
  readonly versions: readonly { readonly id: number; readonly name: string; readonly baseModel?: string }[];
}

export interface FileFacts {
  readonly name: string;
  readonly sizeBytes?: number;
  /** Ten capital digits, as the page prints it. */
  readonly autoV2?: string;
  readonly sha256?: string;
  readonly safeTensor: boolean;
  /** Whether the site's scans for pickles and viruses found nothing. */
  readonly verified: boolean;
  readonly precision?: string;
}

export interface ExampleImage {
  readonly url: string;
  readonly width?: number;
  readonly height?: number;
  readonly forEverybody: boolean;
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** A model's page with its example pictures and how they were made. */
export interface ModelPage {
  readonly facts: PageFacts;
  /** `infotext` is what the WebUI would write; absent where a picture does not say. */
  readonly examples: readonly { readonly url: string; readonly infotext?: string }[];
}

/** The facts of a model's version, the newest one by default; undefined for a model without any, or without that one. */
export function pageFacts(model: CivitaiModel, endpoint: URL, versionId?: number): PageFacts | undefined {
  const version =
    versionId === undefined ? model.modelVersions[0] : model.modelVersions.find(({ id }) => id === versionId);
  if (version === undefined) return undefined;
  const kind = kindOfType(model.type);
  const file = version.files.find(({ primary }) => primary === true) ?? version.files[0];
  const description = plainText(model.description ?? '');
  const uploaded = version.publishedAt ?? version.createdAt;
  return {
    modelId: model.id,
    versionId: version.id,
    name: model.name,
    versionName: version.name,
    ...(model.type !== undefined && { type: model.type }),
    ...(kind !== undefined && { kind }),
    ...(model.creator?.username !== undefined && { creator: model.creator.username }),
    ...(model.stats?.downloadCount !== undefined && { downloads: model.stats.downloadCount }),
    ...(uploaded !== undefined && { uploaded }),
    ...(version.baseModel !== undefined && { baseModel: version.baseModel }),
    triggerWords: triggerWords(version),
    ...(file !== undefined && { file: fileFacts(file) }),
    reviews: reviewsOf(model),
    ...(description !== '' && { description }),
    tags: model.tags,
    page: at(endpoint, `models/${model.id}?modelVersionId=${version.id}`).href,
    download: at(endpoint, `api/download/models/${version.id}`).href,
    earlyAccess: version.availability === 'EarlyAccess',
    images: version.images.filter(({ type }) => (type ?? 'image') === 'image').map(exampleImage),
    versions: model.modelVersions.map(({ id, name, baseModel }) => ({
      id,
      name,
      ...(baseModel !== undefined && { baseModel }),
    })),
  };
}

/** Trigger words of a version, each once; authors put several into one field. */
export function triggerWords({ trainedWords }: Pick<CivitaiVersion, 'trainedWords'>): string[] {
  const words = trainedWords.map((word) => word.trim().replace(/,+$/, '').trim());
  return [...new Set(words.filter((word) => word !== ''))];
}

export function exampleImage({ url, width, height, meta, ...image }: CivitaiImage): ExampleImage {
  return {
    url,
    forEverybody: isForEverybody(image),
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(meta !== undefined && { meta }),
  };
}

function fileFacts(file: CivitaiFile): FileFacts {
  const { name = '', sizeKB, hashes = {}, metadata, pickleScanResult, virusScanResult } = file;
  return {
    name,
    ...(sizeKB !== undefined && { sizeBytes: Math.round(sizeKB * 1024) }),
    ...(hashes['AutoV2'] !== undefined && { autoV2: hashes['AutoV2'].toUpperCase() }),
    ...(hashes['SHA256'] !== undefined && { sha256: hashes['SHA256'].toLowerCase() }),
    ...(metadata?.fp !== undefined && { precision: metadata.fp }),
    safeTensor: metadata?.format === 'SafeTensor',
    verified: pickleScanResult === 'Success' && virusScanResult === 'Success',
  };
}

function reviewsOf({ stats }: CivitaiModel): PageFacts['reviews'] {
  return {
    ...(stats?.thumbsUpCount !== undefined && { up: stats.thumbsUpCount }),
    ...(stats?.thumbsDownCount !== undefined && { down: stats.thumbsDownCount }),
    ...(stats?.commentCount !== undefined && { comments: stats.commentCount }),
  };
}
