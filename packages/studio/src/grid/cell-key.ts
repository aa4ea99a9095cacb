import { resolve } from 'node:path';
import type { Recipe } from '@danqing/contract/recipe';
import { DanqingError } from '@danqing/engine/errors';
import { PROGRAM } from '@danqing/engine/version';
import { AdapterFolders } from '../adapters/find-adapter.ts';
import { ownLoraFolders, starterCheckpoint } from '../folders.ts';
import type { OutputPlace } from '../gallery/output-place.ts';
import { identifyFile } from '../jobs/open-models.ts';
import { chooseVae } from '../library/choose-vae.ts';
import { memoryKey } from './grid-memory.ts';

/** The name that a tag in a prompt asks for. */
const TAGGED = /<\s*\w+\s*:\s*([^:>]+)/g;

/**
 * Names cells by all that their pictures depend on: the recipe, the files it uses as they are now, the program, and where they are put.
 * Files of one name are looked up once.
 */
export class CellKeys {
  readonly #place: string;
  readonly #names = new Map<string, string>();

  constructor(place: OutputPlace) {
    const root = place.kind === 'file' ? place.path : place.root;
    this.#place = JSON.stringify([resolve(root), place]);
  }

  /** @throws missing for a file that is not there. */
  async keyOf(recipe: Recipe): Promise<string> {
    const { checkpoint = starterCheckpoint, refiner, vae, loras, loraFolders, prompt } = recipe;
    const chosen = await this.#once(`vae ${vae} ${checkpoint}`, async () =>
      vae === 'taesd' ? undefined : (await chooseVae(checkpoint, vae)).file,
    );
    const folders = [...loraFolders, ...ownLoraFolders()];
    const names = [...loras.map(({ name }) => name), ...[...prompt.matchAll(TAGGED)].map((match) => match[1]!.trim())];
    const addOns = await Promise.all(
      names.map(async (name) =>
        this.#once(`add-on ${name}`, async () => (await new AdapterFolders(folders).find(name))?.path),
      ),
    );
    const files = [checkpoint, refiner?.checkpoint, chosen, ...addOns].map((file) =>
      file === undefined || file === '' ? '' : identify(resolve(file)),
    );
    const subseed = recipe.subseedStrength === 0 ? 0 : recipe.subseed;
    return memoryKey(PROGRAM, this.#place, { ...recipe, subseed }, files);
  }

  async #once(question: string, answer: () => Promise<string | undefined>): Promise<string> {
    const known = this.#names.get(question) ?? (await answer()) ?? '';
    this.#names.set(question, known);
    return known;
  }
}

function identify(path: string): string {
  try {
    return identifyFile(path);
  } catch (error) {
    throw new DanqingError('missing', {
      where: path,
      expected: 'a file',
      found: (error as NodeJS.ErrnoException).code ?? 'none',
    });
  }
}
