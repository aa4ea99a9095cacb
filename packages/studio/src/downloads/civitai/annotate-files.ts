import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { CivitaiModel, CivitaiVersion } from '@danqing/contract/civitai';
import { DanqingError } from '@danqing/engine/errors';
import { writeAtomic } from '@danqing/node/files/write-atomic';
import { decodePicture } from '@danqing/node/image/decode-picture';
import { encodePicture } from '@danqing/node/image/encode-picture';
import type { HttpClient } from '@danqing/node/network/http-client';
import { readBody, troubleOf } from '@danqing/node/network/read-body';
import { changeNotes, type NoteChanges } from '../../library/model-notes.ts';
import { modelStem } from '../../library/model-stem.ts';
import { findSideNames, readSides, type SideNames } from '../../library/side-files.ts';
import { at } from '../sites.ts';
import { choosePreview, smallerUrl } from './choose-preview.ts';
import type { CivitaiClient } from './civitai-client.ts';
import { sdVersionOf } from './model-types.ts';
import { triggerWords } from './page-facts.ts';
import { plainText } from './plain-text.ts';

/** A model file of the library. */
export interface InstalledFile {
  readonly path: string;
  /** 64 hex digits in small letters. */
  readonly sha256: string;
}

/** A version of the same model that is younger than the installed one. */
export interface NewerVersion {
  readonly id: number;
  readonly name: string;
  readonly baseModel?: string;
  readonly published?: string;
  readonly page: string;
}

/** What became of one file. */
export interface Annotation {
  readonly path: string;
  /** `unknown`: Civitai does not know the file. */
  readonly state: 'known' | 'unknown' | 'failed';
  /** Names of files beside it that were written. */
  readonly wrote: readonly string[];
  readonly newer?: NewerVersion;
  /** Why it failed, or what was left out. */
  readonly notes: readonly string[];
}

export interface AnnotateOptions {
  readonly civitai: CivitaiClient;
  readonly http: HttpClient;
  readonly signal?: AbortSignal | undefined;
  /** Told after each file. */
  readonly onDone?: (annotation: Annotation, done: number, count: number) => void;
}

const PREVIEW_LIMIT_BYTES = 32 * 2 ** 20;
const PREVIEW_WIDTH = 450;
const DESCRIPTION_LENGTH = 1000;
/** Files that are written to at the same time. */
const AT_ONCE = 4;

/**
 * Looks all files up on Civitai by their checksums, a hundred in one request, and writes beside each what is not there yet: trigger
 * words and description (`<stem>.json`), a preview, and the answer itself (`<stem>.civitai.info`). What a person wrote stays, and so do
 * fields that nobody here knows. Tells which models have newer versions. A file that fails keeps no other from being done.
 * @throws network when Civitai cannot be asked at all.
 */
export async function annotateFiles(files: readonly InstalledFile[], options: AnnotateOptions): Promise<Annotation[]> {
  const { civitai, signal, onDone } = options;
  const versions = await civitai.versionsByHashes(
    files.map(({ sha256 }) => sha256),
    signal,
  );
  const ids = [...versions.values()].flatMap(({ modelId }) => modelId ?? []);
  const models = await civitai.models(ids, signal);
  const queue = files.entries();
  const done: Annotation[] = [];
  const work = async (): Promise<void> => {
    for (const [i, file] of queue) {
      signal?.throwIfAborted();
      const version = versions.get(file.sha256);
      const model = version?.modelId === undefined ? undefined : models.get(version.modelId);
      done[i] = await annotateFile(file, version, model, options);
      onDone?.(done[i], Object.keys(done).length, files.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return done;
}

/** Writes what Civitai says of one file beside it. Never fails: what goes wrong stands in the answer. */
export async function annotateFile(
  { path }: Pick<InstalledFile, 'path'>,
  version: CivitaiVersion | undefined,
  model: CivitaiModel | undefined,
  options: Pick<AnnotateOptions, 'civitai' | 'http' | 'signal'>,
): Promise<Annotation> {
  if (version === undefined) return { path, state: 'unknown', wrote: [], notes: [] };
  const newer = model && newerVersion(version, model, options.civitai.endpoint);
  const wrote: string[] = [];
  const notes: string[] = [];
  let state: Annotation['state'] = 'known';
  const stem = join(dirname(path), modelStem(path));
  const step = async (write: () => Promise<string | undefined>): Promise<void> => {
    try {
      const name = await write();
      if (name !== undefined) wrote.push(name);
    } catch (error) {
      options.signal?.throwIfAborted();
      state = 'failed';
      notes.push((error as Error).message);
    }
  };
  const sides = findSideNames(modelStem(path), new Set(await readdir(dirname(path)).catch(() => [])));
  await step(() => writeInfo(stem, version, model));
  await step(() => writeNotes(path, stem, sides, version, model));
  if (sides.preview === undefined) await step(() => writePreview(stem, version, options));
  return { path, state, wrote, notes, ...(newer && { newer }) };
}

/** What Civitai answers of the version, over what was there: fields that the answer does not have stay. */
async function writeInfo(
  stem: string,
  version: CivitaiVersion,
  model: CivitaiModel | undefined,
): Promise<string | undefined> {
  const file = `${stem}.civitai.info`;
  const before = await readRecord(file);
  const about = model && {
    name: model.name,
    type: model.type,
    nsfw: model.nsfw,
    description: model.description,
    tags: model.tags,
  };
  const now = { ...before, ...version, model: { ...recordOf(before['model']), ...version.model, ...about } };
  const text = JSON.stringify(now, undefined, 4);
  if (text === JSON.stringify(before, undefined, 4)) return undefined;
  await writeAtomic(file, text);
  return basename(file);
}

/** Fills the notes that are empty. */
async function writeNotes(
  path: string,
  stem: string,
  sides: SideNames,
  version: CivitaiVersion,
  model: CivitaiModel | undefined,
): Promise<string | undefined> {
  const { notes } = readSides(dirname(path), sides).facts;
  const words = triggerWords(version).join(', ');
  const sdVersion = sdVersionOf(version.baseModel);
  const description = plainText(version.description ?? model?.description ?? '').slice(0, DESCRIPTION_LENGTH);
  const changes: NoteChanges = {
    ...(notes.activationText === undefined && words !== '' && { activationText: words }),
    ...(notes.sdVersion === undefined && sdVersion !== undefined && { sdVersion }),
    ...(notes.description === undefined && description !== '' && { description }),
  };
  if (Object.keys(changes).length === 0) return undefined;
  await changeNotes(`${stem}.json`, changes);
  return basename(`${stem}.json`);
}

async function writePreview(
  stem: string,
  { images }: CivitaiVersion,
  { http, signal }: Pick<AnnotateOptions, 'http' | 'signal'>,
): Promise<string | undefined> {
  const image = choosePreview(images);
  if (image === undefined || !URL.canParse(image.url)) return undefined;
  const reply = await http.request(new URL(smallerUrl(image.url, PREVIEW_WIDTH)), { signal });
  if (reply.status !== 200) throw await troubleOf(http, reply);
  // The addresses promise nothing about the format; the file is what its name says.
  const { bytes } = await encodePicture(await decodePicture(await readBody(reply, PREVIEW_LIMIT_BYTES)), {
    format: 'png',
  });
  const file = `${stem}.preview.png`;
  return (await writeAtomic(file, bytes, { overwrite: false })) ? basename(file) : undefined;
}

/** The newest version for the same base model that is younger than this one. */
function newerVersion(version: CivitaiVersion, model: CivitaiModel, endpoint: URL): NewerVersion | undefined {
  const dateOf = ({ publishedAt, createdAt }: CivitaiVersion): string => publishedAt ?? createdAt ?? '';
  const own = dateOf(model.modelVersions.find(({ id }) => id === version.id) ?? version);
  const [newest] = model.modelVersions
    .filter((each) => each.id !== version.id && each.baseModel === version.baseModel && dateOf(each) > own)
    .sort((a, b) => (dateOf(a) < dateOf(b) ? 1 : -1));
  if (newest === undefined) return undefined;
  return {
    id: newest.id,
    name: newest.name,
    ...(newest.baseModel !== undefined && { baseModel: newest.baseModel }),
    ...(newest.publishedAt !== undefined && { published: newest.publishedAt }),
    page: at(endpoint, `models/${model.id}?modelVersionId=${newest.id}`).href,
  };
}

/** What is in a file; empty when there is none. @throws bad-file rather than to lose what is there. */
async function readRecord(file: string): Promise<Readonly<Record<string, unknown>>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  const value = parseJson(text.replace(/^\uFEFF/, ''));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new DanqingError('bad-file', {
    where: file,
    expected: 'a JSON object',
    found: 'something else',
    advice: 'Nothing was written: repair the file, or move it away.',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
