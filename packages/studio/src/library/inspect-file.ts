import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { CatalogueEntry } from '@danqing/contract/catalogue';
import type { Identification } from '@danqing/engine/identify/identification';
import { identifyOnnx } from '@danqing/engine/identify/identify-onnx';
import { HEAD_BYTES } from '@danqing/engine/weights/format';
import { recogniseFormat } from '@danqing/engine/weights/open-index';
import type { Words } from '@danqing/engine/words';
import { openFile } from '@danqing/node/files/file-source';
import { readingTrouble } from '@danqing/node/files/reading-trouble';
import { hashModel } from '@danqing/node/hashing/hash-model';
import { homeFolder } from '../folders.ts';
import { inChinese } from '../languages/chinese.ts';
import { readSettings, settingsFile } from '../settings/settings.ts';
import { adviseVae, type VaeAdvice } from './advise-vae.ts';
import { openCatalogue, type Recognition } from './catalogue.ts';
import { chooseVae } from './choose-vae.ts';
import { findFolders } from './find-folders.ts';
import { findSameVae } from './find-same-vae.ts';
import { inspectModel } from './inspect-model.ts';
import { isSafeContainer } from './is-safe-container.ts';
import type { KnownHashes } from './library-model.ts';
import { listVaes } from './list-vaes.ts';
import type { ModelFacts } from './model-facts.ts';
import { isModelName, modelStem } from './model-stem.ts';
import type { Notice } from './notice.ts';
import { findSideNames } from './side-files.ts';

/** Everything that can be said of one model file, wherever it lies. */
export interface FileInspection {
  readonly path: string;
  readonly sizeBytes: number;
  /** Absent where the file cannot be read as a model; the notices say why. */
  readonly identification?: Identification;
  readonly safety: Safety;
  /** What it is called by its maker. */
  readonly title?: string;
  readonly triggerWords: readonly string[];
  /** Words of the captions it was trained on, the most frequent first. */
  readonly tags: readonly string[];
  readonly trainedOn?: string;
  readonly recommended: Recommended;
  readonly known?: { readonly entry: CatalogueEntry; readonly by: Recognition['by'] };
  /** Only when asked for. */
  readonly hashes?: KnownHashes;
  /** With the hashes: path of the VAE file that is the very one inside. */
  readonly sameVae?: string;
  /** Of a checkpoint: path of the VAE that is installed for it, else advice where its own is none or weak. */
  readonly vaeFile?: string;
  readonly vaeAdvice?: VaeAdvice;
  readonly notices: readonly Notice[];
}

/** Whether other programs could be made to run code by a file (FMT-02), and a safer copy where there is one (FMT-03). */
export interface Safety {
  readonly container: 'safe' | 'pickle' | 'other';
  readonly says: Words;
  /** Path of the same model in a container that cannot hold code. */
  readonly saferCopy?: string;
}

/** How the maker, the notes beside the file or the catalogue say to use a model. */
export interface Recommended {
  readonly weight?: number | readonly [number, number];
  readonly clipSkip?: number;
  readonly negativeText?: string;
  readonly vae?: string;
}

/**
 * Looks into a model file or diffusers folder and beside it.
 * @param hashed whether the whole file is read for its hashes.
 * @throws missing or io when there is nothing to look into.
 */
export async function inspectFile(file: string, { hashed = false } = {}): Promise<FileInspection> {
  const path = resolve(file);
  const sizeBytes = sizeOf(path);
  const names = new Set(namesIn(dirname(path)));
  const { facts, sides, notices } = await inspectModel({
    path,
    sizeBytes,
    sides: findSideNames(modelStem(path), names),
  });
  const { triggerWords, tags, trainedOn, title } = facts;
  const isOnnx = facts.identification === undefined && (await formatOf(path)) === 'ONNX';
  const identification = isOnnx
    ? identifyOnnx({ fileName: basename(path), sizeBytes }, [...names])
    : facts.identification;
  const hashes = hashed ? await hashesOf(path) : undefined;
  const sameVae =
    hashed && identification?.bakedVae === true ? await findSameVae(path, await vaesNear(path)) : undefined;
  const kind = identification?.kind ?? 'unknown';
  const known = openCatalogue().recognise({ path, kind, ...(hashes !== undefined && { hashes }) });
  const noted = sides.notes.activationText;
  const words = noted === undefined ? [...(sides.civitai?.trainedWords ?? []), ...triggerWords] : [noted];
  return {
    path,
    sizeBytes,
    ...(identification !== undefined && { identification }),
    safety: await safetyOf(path, facts, names),
    ...(title !== undefined && { title }),
    triggerWords: words.length > 0 ? [...new Set(words)] : (known?.entry.triggerWords ?? []),
    tags,
    ...(trainedOn !== undefined && { trainedOn }),
    recommended: recommendedOf(sides.notes, known?.entry),
    ...(known !== undefined && { known }),
    ...(hashes !== undefined && { hashes }),
    ...(sameVae !== undefined && { sameVae }),
    ...(identification !== undefined && (await vaeOf(path, identification, known?.entry))),
    // What keeps its weights from being read is no trouble with an ONNX model.
    notices: isOnnx ? notices.filter(({ type }) => type !== 'unreadable') : notices,
  };
}

/** The VAE that a checkpoint is drawn with when nothing is asked for (VAE-03), and advice where that is its own. */
async function vaeOf(
  path: string,
  identification: Identification,
  entry: CatalogueEntry | undefined,
): Promise<Pick<FileInspection, 'vaeFile' | 'vaeAdvice'>> {
  if (identification.kind !== 'checkpoint') return {};
  const { file } = await chooseVae(path, 'automatic');
  if (file !== undefined) return { vaeFile: file };
  const advice = adviseVae(identification, entry, openCatalogue());
  return advice === undefined ? {} : { vaeAdvice: advice };
}

/** VAE files of the library and beside a checkpoint. */
async function vaesNear(path: string): Promise<string[]> {
  const { modelRoots } = await readSettings(settingsFile(homeFolder()));
  const { folders } = await findFolders(homeFolder(), modelRoots);
  const root = dirname(path);
  const beside = { path: root, kinds: ['vae', 'checkpoint'], root, deep: false } as const;
  return (await listVaes([...folders, beside])).filter((file) => file !== path);
}

/** The container by its first bytes; undefined for a folder and for what is none. */
async function formatOf(path: string): Promise<string | undefined> {
  if (statSync(path).isDirectory()) return undefined;
  const source = await openFile(path);
  try {
    return recogniseFormat(await source.read(0, Math.min(HEAD_BYTES, source.size)))?.name;
  } finally {
    await source.close();
  }
}

function sizeOf(path: string): number {
  try {
    const stats = statSync(path);
    return stats.isDirectory() ? folderSize(path) : stats.size;
  } catch (error) {
    throw readingTrouble(path, error);
  }
}

/** Bytes of the weights in a diffusers folder, whose parts are folders. */
function folderSize(path: string): number {
  const entries = readdirSync(path, { withFileTypes: true });
  const folders = [path, ...entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${path}/${name}`)];
  return folders
    .flatMap((folder) =>
      namesIn(folder)
        .filter(isModelName)
        .map((name) => `${folder}/${name}`),
    )
    .reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // What lies beside a file may be closed to us without the file being so.
    return [];
  }
}

async function hashesOf(path: string): Promise<KnownHashes> {
  const { old, sha256, data, tensors } = await hashModel(path, ['old', 'sha256', 'data', 'tensors']);
  const hashes = { old, sha256, autoV2: sha256?.slice(0, 10), autoV3: data?.slice(0, 12), tensors };
  return Object.fromEntries(Object.entries(hashes).filter(([, hash]) => hash !== undefined));
}

const PICKLES = /^(?:torch|pickle)/;
const SAFE = /^(?:safetensors|GGUF|picture)/;
const PICKLE_ENDINGS = /\.(?:ckpt|pt|pth|bin|pkl)$/i;

async function safetyOf(
  path: string,
  { identification, foreign }: ModelFacts,
  names: ReadonlySet<string>,
): Promise<Safety> {
  const format = identification?.format;
  if (format !== undefined && SAFE.test(format)) {
    return { container: 'safe', says: { en: `${format}: cannot hold code`, zh: `${inChinese(format)}，无法携带代码` } };
  }
  const isPickle = format === undefined ? PICKLE_ENDINGS.test(path) : PICKLES.test(format);
  if (!isPickle) {
    const says = { en: 'it cannot be read, so nothing is known', zh: '无法读取，无从判断' };
    return { container: 'other', says: format === undefined ? says : { en: format, zh: format } };
  }
  if (foreign.length > 0) {
    const en = 'pickle that names code, which this program never runs, but others do: do not load it there.';
    return { container: 'pickle', says: { en, zh: 'pickle 格式，引用了代码；本程序绝不运行，请勿用其他程序加载。' } };
  }
  const says = {
    en: 'pickle: can hold Python code, which this program never runs, but others do.',
    zh: 'pickle 格式，可能携带 Python 代码；本程序绝不运行，其他程序会运行。',
  };
  const beside = [...names].find((name) => isSafeContainer(name) && modelStem(name) === modelStem(path));
  if (beside === undefined) {
    const convert = { en: 'Convert it: danqing convert.', zh: '可用 danqing convert 转换。' };
    return { container: 'pickle', says: { en: `${says.en} ${convert.en}`, zh: says.zh + convert.zh } };
  }
  const other = resolve(dirname(path), beside);
  if (await isSameModel(other, identification)) {
    const prefer = { en: `Prefer ${beside} beside it.`, zh: `建议改用旁边的 ${beside}。` };
    return { container: 'pickle', says: { en: `${says.en} ${prefer.en}`, zh: says.zh + prefer.zh }, saferCopy: other };
  }
  const differs = {
    en: `${beside} beside it has its name, but is another model.`,
    zh: `旁边的 ${beside} 虽同名，却是另一个模型。`,
  };
  return { container: 'pickle', says: { en: `${says.en} ${differs.en}`, zh: says.zh + differs.zh } };
}

/** Whether another file is recognised as the same: kind, families and number of tensors. */
async function isSameModel(path: string, identification: Identification | undefined): Promise<boolean> {
  const { facts } = await inspectModel({ path, sizeBytes: sizeOf(path), sides: {} });
  const gist = (one: Identification | undefined): string =>
    JSON.stringify([one?.kind, one?.families, one?.parts.reduce((sum, { tensors }) => sum + tensors, 0)]);
  return facts.identification !== undefined && gist(facts.identification) === gist(identification);
}

function recommendedOf(
  notes: Awaited<ReturnType<typeof inspectModel>>['sides']['notes'],
  entry: CatalogueEntry | undefined,
): Recommended {
  const { preferredWeight, clipSkip, negativeText, vae } = notes;
  // A1111 writes 0 where no weight is preferred.
  const weight = preferredWeight === undefined || preferredWeight === 0 ? entry?.recommendedWeight : preferredWeight;
  const skip = clipSkip ?? entry?.clipSkip;
  return {
    ...(weight !== undefined && { weight }),
    ...(skip !== undefined && { clipSkip: skip }),
    ...(negativeText !== undefined && { negativeText }),
    ...(vae !== undefined && { vae }),
  };
}
