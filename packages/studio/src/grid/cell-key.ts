import { resolve } from 'node:path';
import type { Recipe } from '@danqing/contract/recipe';
import { DanqingError } from '@danqing/engine/errors';
import { PROGRAM } from '@danqing/engine/version';
import { AdapterFolders } from '../adapters/find-adapter.ts';
import { starterCheckpoint } from '../folders.ts';
import type { OutputPlace } from '../gallery/output-place.ts';
import { identifyFile } from '../jobs/open-models.ts';
import { chooseVae } from '../library/choose-vae.ts';
import { findHomeFolders } from '../library/home-folders.ts';
import { memoryKey } from './grid-memory.ts';

/** The name that a tag in a prompt asks for. */
const TAGGED = /<\s*\w+\s*:\s*([^:>]+)/g;

/** What files of add-ons may end with; some embeddings are pictures. */
const ENDINGS = ['.safetensors', '.pt', '.ckpt', '.bin', '.png', '.webp'];

/** What a cell is known by. */
export interface CellKey {
  /** Names its pictures: the recipe, the files it uses as they are now, the program, and where they are put. */
  readonly key: string;
  /** Names their latents: cells that have it in common differ in their VAE alone. */
  readonly latentKey: string;
}

/** Names cells. Folders are looked into once. */
export class CellKeys {
  readonly #place: string;
  readonly #vaes = new Map<string, string | undefined>();
  #addOns: Promise<AdapterFolders> | undefined;

  constructor(place: OutputPlace) {
    const root = place.kind === 'file' ? place.path : place.root;
    this.#place = JSON.stringify([resolve(root), place]);
  }

  /** @throws missing for a file that is not there. */
  async keyOf(recipe: Recipe): Promise<CellKey> {
    const { checkpoint = starterCheckpoint, refiner, vae, ...others } = recipe;
    const identified = (used: readonly (string | undefined)[]): string[] =>
      used.flatMap((file) => (file === undefined ? [] : [identify(resolve(file))]));
    const vaes = identified([await this.#vaeOf(checkpoint, vae)]);
    const sampling = identified([checkpoint, refiner?.checkpoint, ...(await this.#addOnsOf(recipe))]);
    const subseed = recipe.subseedStrength === 0 ? 0 : recipe.subseed;
    const sampled = [PROGRAM, { ...others, refiner, subseed }, sampling];
    const key = memoryKey(...sampled, this.#place, vae, vaes);
    // Latents are decoded again on the processor, whose bits are not those of others.
    return { key, latentKey: recipe.runtime === 'cpu' ? memoryKey(...sampled) : key };
  }

  async #vaeOf(checkpoint: string, vae: string): Promise<string | undefined> {
    const question = `${vae} ${checkpoint}`;
    if (!this.#vaes.has(question)) {
      this.#vaes.set(question, vae === 'taesd' ? undefined : (await chooseVae(checkpoint, vae)).file);
    }
    return this.#vaes.get(question);
  }

  /** The files of everything that is chosen, tagged, or named in a prompt as embeddings are. */
  async #addOnsOf(recipe: Recipe): Promise<(string | undefined)[]> {
    const { prompt, negativePrompt, loras, hypernetworks, aesthetic } = recipe;
    const folders = await (this.#addOns ??= foldersOf(recipe));
    const text = `${prompt}\n${negativePrompt}`;
    const chosen = [...loras, ...hypernetworks].map(({ name }) => name);
    if (aesthetic !== undefined) chosen.push(aesthetic.embedding);
    const tagged = [...text.matchAll(TAGGED)].map((match) => match[1]!.trim());
    const folded = text.toLowerCase();
    const named = (await folders.names()).filter((name) => folded.includes(name.toLowerCase()));
    const names = [...new Set([...chosen, ...tagged, ...named])];
    return Promise.all(names.map(async (name) => (await folders.find(name))?.path));
  }
}

async function foldersOf({ loraFolders, hypernetworkFolders, embeddingFolders }: Recipe): Promise<AdapterFolders> {
  const home = (await findHomeFolders())('lora', 'lycoris', 'hypernetwork', 'embedding', 'aesthetic-gradient');
  return new AdapterFolders([...loraFolders, ...hypernetworkFolders, ...embeddingFolders, ...home], ENDINGS);
}

function identify(path: string): string {
  try {
    return identifyFile(path);
  } catch (error) {
    const found = (error as NodeJS.ErrnoException).code ?? 'none';
    throw new DanqingError('missing', { where: path, expected: 'a file', found });
  }
}
