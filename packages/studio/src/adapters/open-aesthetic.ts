import { basename, join } from 'node:path';
import type { Recipe } from '@danqing/contract/recipe';
import {
  AGE_OF_AESTHETICS,
  AestheticGradient,
  tunableEncoder,
  type TuningHands,
} from '@danqing/engine/adapters/aesthetic-gradient/aesthetic-gradient';
import { readAestheticVector } from '@danqing/engine/adapters/aesthetic-gradient/aesthetic-vector';
import { findTextTower, type TextTower } from '@danqing/engine/adapters/aesthetic-gradient/text-tower';
import { DanqingError } from '@danqing/engine/errors';
import type { Parts } from '@danqing/engine/family';
import type { RecordedAesthetic } from '@danqing/engine/image/aesthetic-parameters';
import type { AppliedAddOn } from '@danqing/engine/image/receipt';
import { fileOf } from '@danqing/engine/weights/with-sources';
import { lastingFile } from '@danqing/node/files/lasting-file';
import { readLastingIndex } from '@danqing/node/files/open-model';
import { runtimes } from '@danqing/node/runtime/runtimes/index';
import { homeFolder } from '../folders.ts';
import { findHomeFolders } from '../library/home-folders.ts';
import { AESTHETIC_KINDS } from './aesthetic-kinds.ts';
import { AdapterFolders } from './find-adapter.ts';
import { findClip } from './find-clip.ts';

/** An aesthetic gradient that is ready to draw with, and what there is to say about it. */
export interface ReadyAesthetic {
  readonly gradient: AestheticGradient;
  readonly recorded: RecordedAesthetic;
  /** Files that it is made of. */
  readonly files: readonly string[];
  /** What is put into receipts. @param sha256 of the files, by path. */
  addOns(sha256: ReadonlyMap<string, string>): AppliedAddOn[];
  readonly notes: readonly string[];
  /** Memory that tuning takes beside the networks of the checkpoint. */
  readonly tuningBytes: number;
}

const NAMES_SHOWN = 12;

/**
 * Finds and checks all that an aesthetic gradient takes, before anything is drawn.
 * @param parts of the checkpoint.
 * @throws unsupported as `tunableEncoder`; missing for an embedding or a CLIP that is not there; bad-file, bad-shape and not-a-number as `readAestheticVector`.
 */
export async function openAesthetic(asked: NonNullable<Recipe['aesthetic']>, parts: Parts): Promise<ReadyAesthetic> {
  const { embedding, clip, ...settings } = asked;
  const { width } = tunableEncoder(parts);
  const file = await findEmbedding(embedding);
  const tower = await findClip(clip, {
    where: 'aesthetic gradient',
    expected: `CLIP-L's text encoder (of width ${width}) with its text_projection`,
    find(index) {
      const found = findTextTower(index);
      return found?.config.width === width ? found : undefined;
    },
  });
  const index = await readLastingIndex(file.path);
  const vector = await readAestheticVector(index, tower.featureWidth, hands.readTensor);
  const towerFile = fileOf(tower.tokenTable);
  const kindOf = new Map([
    [file.path, AESTHETIC_KINDS.embedding],
    [towerFile, AESTHETIC_KINDS.clip],
  ]);
  return {
    tuningBytes: tuningBytes(tower),
    gradient: new AestheticGradient(tower, vector, settings, hands),
    recorded: { embedding: file.name, ...settings },
    files: [...kindOf.keys()],
    addOns: (sha256) =>
      [...kindOf].map(([path, kind]) => ({
        name: basename(path),
        kind,
        weight: settings.weight,
        matchedKeys: 1,
        totalKeys: 1,
        ...(sha256.has(path) && { sha256: sha256.get(path)! }),
      })),
    notes: [
      AGE_OF_AESTHETICS,
      ...file.remarks.map(({ en }) => en),
      `${basename(file.path)} (aesthetic gradient): ${basename(towerFile)} is tuned in ${settings.steps} steps for every text.`,
    ],
  };
}

/** Weights, their gradients, what Adam remembers of these, and a quarter as much for the session and for reading; measured by benchmarks/aesthetic.ts. */
function tuningBytes({ config: { layers, width, innerWidth, tokens } }: TextTower): number {
  const values = layers * (4 * width * width + 2 * width * innerWidth + 9 * width + innerWidth) + 2 * tokens * width;
  return 5 * (4 * values);
}

async function findEmbedding(name: string) {
  const home = await findHomeFolders();
  const paths = [...new Set([join(homeFolder(), 'models', 'aesthetic_embeddings'), ...home('aesthetic-gradient')])];
  const folders = new AdapterFolders(paths);
  const found = await folders.find(name);
  if (found !== undefined) return found;
  throw new DanqingError('missing', {
    where: 'aesthetic embedding',
    expected: `a file "${name}", or one of this name in ${paths.join(', ')}`,
    found: (await folders.names()).slice(0, NAMES_SHOWN).join(', ') || 'none there',
  });
}

const hands: TuningHands = {
  open: async (graph) => runtimes.cpu.open(graph, { mode: 'quick' }),
  async readTensor({ source, file, offset, length }) {
    return (source ?? (await lastingFile(file))).read(offset, length);
  },
};
