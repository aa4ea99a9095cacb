import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { identify } from '@danqing/engine/identify/identify';
import type { Embedding, UnusableEmbedding } from '@danqing/engine/text/embeddings/embedding';
import { readVectors, storedWords } from '@danqing/engine/text/embeddings/read-embedding';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import type { TensorIndex } from '@danqing/engine/weights/tensor-index';
import { openModel } from '@danqing/node/files/open-model';
import { listFiles } from '../adapters/find-adapter.ts';
import type { BundledEmbedding } from '../adapters/open-adapters.ts';
import { identifyFile } from '../jobs/open-models.ts';
import type { FileHashes } from '../library/file-hashes.ts';
import { modelStem } from '../library/model-stem.ts';
import { mayCall } from './may-call.ts';
import type { EmbeddingFile, ReadyEmbeddings } from './ready-embeddings.ts';

/** What embeddings may be called by. */
export interface EmbeddingAsk {
  readonly prompt: string;
  readonly negativePrompt: string;
  /** Folders to look in. */
  readonly folders: readonly string[];
  /** What adapters bring along; a file of the same name goes before. */
  readonly bundled: readonly BundledEmbedding[];
}

/** Endings that A1111 takes in these folders; of two files with one name the first counts. */
const WEIGHTS = ['.safetensors', '.pt', '.bin'];
const PICTURES = ['.png', '.webp', '.avif'];

/** What a file was found to be: pictures without an embedding are nothing. */
type Read = { readonly embedding: Embedding; readonly trainedOn?: TrainedOn } | UnusableEmbedding | undefined;

/** The checkpoint that an embedding was trained on, as its file names it. */
export interface TrainedOn {
  readonly name?: string;
  readonly hash?: string;
}

/** Embeddings of one drawing process. Only files whose names the prompts may call are read. */
export class OpenEmbeddings {
  readonly #read = new Map<string, Read>();
  readonly #hashes: Pick<FileHashes, 'sha256'>;

  constructor(hashes: Pick<FileHashes, 'sha256'>) {
    this.#hashes = hashes;
  }

  /** Finds what the prompts may call by name. Never throws for a file: what cannot be used is said where it is called. */
  async prepare({ prompt, negativePrompt, folders, bundled }: EmbeddingAsk): Promise<ReadyEmbeddings> {
    const isCalled = mayCall(`${prompt}\n${negativePrompt}`);
    const usable: Embedding[] = [];
    const unusable: UnusableEmbedding[] = [];
    const files = new Map<string, EmbeddingFile>();
    const notes: string[] = [];
    const places = new Map<string, string>();
    for (const { path, isBeside } of await this.#files(folders, isCalled)) {
      const found = await this.#open(path, isBeside);
      const name = found === undefined ? '' : 'why' in found ? found.name : found.embedding.name;
      if (found === undefined || !isCalled(name)) continue;
      const other = places.get(name.toLowerCase());
      if (other !== undefined) {
        notes.push(`There are several embeddings called "${name}"; ${other} is used, not ${path}.`);
        continue;
      }
      places.set(name.toLowerCase(), path);
      if ('why' in found) {
        unusable.push(found);
        continue;
      }
      const { embedding, trainedOn } = found;
      usable.push(embedding);
      files.set(embedding.identity, {
        path,
        sha256: await this.#hashes.sha256(path),
        vectors: countOf(embedding),
        trainedOn,
      });
    }
    for (const { embedding, path } of bundled) {
      if (places.has(embedding.name.toLowerCase())) {
        notes.push(`"${embedding.name}" is the file of this name, not what ${basename(path)} brings along.`);
        continue;
      }
      usable.push(embedding);
      files.set(embedding.identity, { path, vectors: countOf(embedding) });
    }
    return { embeddings: { usable, unusable }, files, notes };
  }

  /** The files that may be called; `isBeside`: a picture that only shows what the file of its name does, unless it says otherwise. */
  async #files(folders: readonly string[], isCalled: (name: string) => boolean) {
    const all = await listFiles(folders, [...WEIGHTS, ...PICTURES]);
    const weights = new Set(all.filter((path) => WEIGHTS.includes(endingOf(path))).map(withoutEnding));
    return all.flatMap((path) => {
      const name = withoutEnding(path);
      if (WEIGHTS.includes(endingOf(path))) return isCalled(modelStem(path)) ? [{ path, isBeside: false }] : [];
      // A picture is called what is written inside.
      return name.toLowerCase().endsWith('.preview') ? [] : [{ path, isBeside: weights.has(name) }];
    });
  }

  async #open(path: string, isBeside: boolean): Promise<Read> {
    const key = identifyFile(path);
    if (!this.#read.has(key)) this.#read.set(key, await read(path, key, !isBeside));
    return this.#read.get(key);
  }
}

const endingOf = (path: string): string => extname(path).toLowerCase();
const withoutEnding = (path: string): string => join(dirname(path), basename(path, extname(path)));
const countOf = ({ vectors }: Embedding): number => [...vectors.values()][0]!.shape[0]!;

/** @param decodes whether a picture's pixels are looked at, too. */
async function read(path: string, identity: string, decodes: boolean): Promise<Read> {
  const isPicture = PICTURES.includes(endingOf(path));
  const name = basename(path, extname(path));
  const file = basename(path);
  try {
    const { size } = await stat(path);
    if (size === 0) return { name, why: `${file} is empty` };
    const { index, files, close } = await openModel(path, isPicture && decodes ? { decodePicture } : {});
    try {
      const { kind, title } = identify(index, { fileName: file, sizeBytes: size });
      if (kind !== 'embedding' && kind !== 'unknown') return { name, why: `${file} is no embedding but: ${title.en}` };
      const [word, ...others] = storedWords(index);
      if (word === undefined) return { name, why: `${file} holds no vectors for a word` };
      if (others.length > 0) {
        const words = [word, ...others].map((each) => each.word).join(', ');
        return { name, why: `${file} holds several words (${words}), and which is meant cannot be told` };
      }
      const vectors = await readVectors(word, async (entry) => readTensorBytes(index, entry, files));
      const called = isPicture ? (textOf(index, 'name') ?? name) : name;
      return { embedding: { name: called, identity, vectors }, ...readTrainedOn(index) };
    } finally {
      await close();
    }
  } catch (error) {
    if (!(error instanceof DanqingError)) throw error;
    return isPicture ? undefined : { name, why: error.message.replace(/\.$/, '') };
  }
}

/** Loaded when a picture is met, for few people have any. */
async function decodePicture(bytes: Uint8Array) {
  const codec = await import('@danqing/node/image/decode-picture');
  return codec.decodePicture(bytes);
}

function readTrainedOn(index: TensorIndex): { readonly trainedOn?: TrainedOn } {
  const name = textOf(index, 'sd_checkpoint_name');
  const hash = textOf(index, 'sd_checkpoint');
  if (name === undefined && hash === undefined) return {};
  return { trainedOn: { ...(name !== undefined && { name }), ...(hash !== undefined && { hash }) } };
}

function textOf({ extras, metadata }: TensorIndex, key: string): string | undefined {
  const text = extras?.get(key) ?? metadata.get(key);
  return typeof text === 'string' && text !== '' ? text : undefined;
}
