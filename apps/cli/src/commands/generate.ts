import type { Recipe, RecipeInput } from '@danqing/contract/recipe';
import type { DrawnPicture } from '@danqing/contract/worker-messages';
import type { SavedComparison } from '@danqing/studio/gallery/save-comparison';
import type { SavedPicture } from '@danqing/studio/gallery/save-picture';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { collectLora } from '../collect-lora.ts';
import { collect } from '../collect.ts';
import type { CliCommand } from '../command.ts';
import { addAestheticOptions, aestheticOf, type TypedAesthetic } from '../drawing/aesthetic-options.ts';
import type { Messages } from '../messages/index.ts';
import { parseNumber } from '../parse-number.ts';

/** The options as they were typed; undefined where nothing was. */
interface Typed extends TypedAesthetic {
  readonly negative?: string;
  readonly model?: string;
  readonly vae?: string;
  readonly sampler?: string;
  readonly scheduler?: string;
  readonly steps?: number;
  readonly cfg?: number;
  readonly seed?: number;
  readonly width?: number;
  readonly height?: number;
  readonly batchSize?: number;
  readonly batchCount?: number;
  readonly clipSkip?: number;
  readonly rng?: 'nv' | 'cpu';
  readonly subseed?: number;
  readonly subseedStrength?: number;
  readonly seedResizeFrom?: [number, number];
  readonly refiner?: string;
  readonly refinerSwitchAt?: number;
  readonly lora?: RecipeInput['loras'];
  readonly loraDir?: readonly string[];
  readonly hypernetwork?: RecipeInput['hypernetworks'];
  readonly hypernetworkDir?: readonly string[];
  readonly embeddingsDir?: readonly string[];
  readonly force?: boolean;
  readonly compareWithout?: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly out?: string;
  readonly format?: 'png' | 'jpeg' | 'webp';
  readonly quality?: number;
  readonly sidecar?: boolean;
  readonly saveLatent?: string;
  readonly grid?: readonly string[];
  readonly mode?: RecipeInput['mode'];
  readonly provider?: RecipeInput['runtime'];
  readonly json?: boolean;
}

/**
 * Draws pictures.
 * @rows GEN-01, GEN-02, GEN-03, GEN-04, GEN-05, GEN-06, GEN-11, GEN-12, GEN-13, GEN-14, GEN-15, PR-01, PR-02, PR-03, PR-04, PR-05, PR-06, PR-07, PR-08, PR-09, PR-10, PR-12, EM-01, EM-02, EM-03, EM-04, EM-05, HN-01, HN-02, HN-03, LO-01, LO-02, LO-04, LO-05, LO-07, LY-01, LY-02, LY-03, AG-01, AG-02, AG-03, CK-01, CK-03, VAE-01, VAE-02, VAE-04
 */
export const generate: CliCommand = {
  name: 'generate',
  order: 10,
  define(command, messages) {
    const say = messages.generate;
    const number = parseNumber(messages);
    command
      .description(say.summary)
      .argument('<prompt...>', say.prompt)
      .option('-n, --negative <text>', say.negative)
      .option('-m, --model <file>', say.model)
      .option('--vae <file>', say.vae)
      .option('--sampler <name>', say.sampler)
      .option('--scheduler <name>', say.scheduler)
      .option('--steps <n>', say.steps, number)
      .option('--cfg <x>', say.cfg, number)
      .option('--seed <n>', say.seed, number)
      .option('--width <pixels>', say.width, number)
      .option('--height <pixels>', say.height, number)
      .option('--batch-size <n>', say.batchSize, number)
      .option('--batch-count <n>', say.batchCount, number)
      .option('--clip-skip <n>', say.clipSkip, number)
      .addOption(new Option('--rng <source>', say.rng).choices(['nv', 'cpu']))
      .option('--subseed <n>', say.subseed, number)
      .option('--subseed-strength <x>', say.subseedStrength, number)
      .option('--seed-resize-from <size>', say.seedResizeFrom, parseSize(messages))
      .option('--refiner <file>', say.refiner)
      .option('--refiner-switch-at <x>', say.refinerSwitchAt, number)
      .option('--lora <file[:weight[:te]]>', say.lora, collectLora(messages))
      .option('--lora-dir <folder>', say.loraDir, collect)
      .option('--hypernetwork <file[:strength]>', say.hypernetwork, collectHypernetwork(messages))
      .option('--hypernetwork-dir <folder>', say.hypernetworkDir, collect)
      .option('--embeddings-dir <folder>', say.embeddingsDir, collect)
      .option('--force', say.force)
      .option('--compare-without <name>', say.compareWithout)
      .option('--set <option=value>', say.set, collectOption(messages))
      .option('-o, --out <path>', say.out)
      .addOption(new Option('--format <format>', say.format).choices(['png', 'jpeg', 'webp']))
      .option('--quality <n>', say.quality, number)
      .option('--sidecar', say.sidecar)
      .option('--save-latent <file>', say.saveLatent)
      .addOption(new Option('--grid <axes>', say.grid).argParser(collect).conflicts('saveLatent'))
      .addOption(new Option('--mode <mode>', say.mode).choices(['auto', 'fast', 'quick', 'small']))
      .addOption(new Option('--provider <provider>', say.provider).choices(['cpu', 'webgpu', 'cuda']))
      .option('--json', messages.help.json);
    addAestheticOptions(command, messages)
      .addHelpText('after', `\n${messages.help.example}\n  ${say.example}\n  ${say.gridExample}`)
      .action(async (words: string[], _options: unknown, self: Command) => {
        const typed = self.opts<Typed>();
        const prompt = await readPrompt(words);
        if (typed.grid === undefined) return draw(prompt, typed, messages);
        const { drawGridPictures } = await import('../drawing/draw-grid-pictures.ts');
        return drawGridPictures(typed.grid.join(';'), recipeOf(prompt, typed), typed, messages);
      });
  },
};

async function draw(prompt: string, typed: Typed, messages: Messages): Promise<void> {
  const { json = false, saveLatent, sidecar = false, compareWithout: name } = typed;
  const { drawPictures } = await import('../drawing/draw-pictures.ts');
  const pictures: (DrawnPicture & { readonly path: string })[] = [];
  let drawn: Recipe | undefined;
  let save: ((picture: DrawnPicture) => Promise<SavedPicture>) | undefined;
  const { notes, timings } = await drawPictures({
    latents: saveLatent !== undefined,
    messages,
    async plan() {
      const { readRecipe } = await import('@danqing/studio/jobs/read-recipe');
      const recipe = readRecipe(recipeOf(prompt, typed));
      if (name !== undefined) (await import('@danqing/studio/jobs/without-add-on')).withoutAddOn(recipe, name);
      drawn = recipe;
      const { checkQuality, checkWritable, readOutputPlace } = await import('@danqing/studio/gallery/output-place');
      const place = await readOutputPlace(typed.out, typed.format);
      const { quality } = typed;
      checkQuality(quality, place.format);
      if (saveLatent !== undefined) await checkWritable(saveLatent);
      const settings = { place, recipe, started: new Date(), sidecar, ...(quality !== undefined && { quality }) };
      // Loads while the first picture is drawn.
      const saving = import('@danqing/studio/gallery/save-picture');
      save = async (picture) => (await saving).savePicture(picture, settings);
      return recipe;
    },
    async onPicture(picture) {
      const saved = await save!(picture);
      pictures.push({ ...picture, path: saved.path });
      if (!json) console.log(saved.path);
      return saved.notes;
    },
  });
  const [first] = pictures;
  if (saveLatent !== undefined && first !== undefined) {
    const { saveLatents } = await import('@danqing/studio/gallery/save-latents');
    await saveLatents(saveLatent, pictures);
  }
  const comparisons: SavedComparison[] = [];
  if (name !== undefined && drawn !== undefined && first !== undefined) {
    const { compareWithout } = await import('../drawing/compare-without.ts');
    comparisons.push(...(await compareWithout(name, { ...drawn, ...seedsOf(first.receipt) }, pictures, messages)));
  }
  for (const { path, psnrDb } of json ? [] : comparisons) {
    console.log(path);
    console.error(messages.drawing.compared(name!, psnrDb));
  }
  if (json) {
    const described = pictures.map(({ path, width, height, infotext, receipt }) => {
      const parsed = JSON.parse(receipt) as { parameters: { seed: string } };
      return { path, seed: Number(parsed.parameters.seed), width, height, infotext, receipt: parsed };
    });
    console.log(
      JSON.stringify({
        pictures: described,
        latent: saveLatent,
        ...(name !== undefined && { comparisons }),
        notes,
        timings,
      }),
    );
  } else if (first !== undefined) {
    const { describeJob } = await import('../drawing/describe-job.ts');
    for (const line of describeJob(first.receipt, timings.total, messages)) console.error(line);
  }
}

/** The seeds that a picture was drawn with. */
function seedsOf(receipt: string): Pick<Recipe, 'seed' | 'subseed'> {
  const { parameters } = JSON.parse(receipt) as {
    parameters: { seed: string; variation?: { seed: string } };
  };
  return { seed: Number(parameters.seed), subseed: Number(parameters.variation?.seed ?? 0) };
}

function recipeOf(prompt: string, typed: Typed): RecipeInput {
  const { negative, model, cfg, set } = typed;
  const { sampler, scheduler, vae, steps, seed, width, height, batchSize, batchCount, clipSkip, rng } = typed;
  const { subseed, subseedStrength, seedResizeFrom, mode, provider } = typed;
  const { refiner, refinerSwitchAt } = typed;
  return {
    prompt,
    negativePrompt: negative,
    checkpoint: model,
    vae,
    sampler,
    scheduler,
    steps,
    cfgScale: cfg,
    seed,
    subseed,
    subseedStrength,
    seedResizeFrom,
    // Without a file there is nothing to switch to, which the check of the recipe says.
    ...((refiner ?? refinerSwitchAt) !== undefined && { refiner: { checkpoint: refiner!, switchAt: refinerSwitchAt } }),
    width,
    height,
    batchSize,
    batchCount,
    clipSkip,
    rng,
    mode,
    runtime: provider,
    loras: typed.lora,
    loraFolders: typed.loraDir?.slice(),
    hypernetworks: typed.hypernetwork,
    hypernetworkFolders: typed.hypernetworkDir?.slice(),
    embeddingFolders: typed.embeddingsDir?.slice(),
    forceAddOns: typed.force,
    aesthetic: aestheticOf(typed),
    options: set,
  };
}

/** Words that were not put in quotes are one prompt all the same; a single - stands for the standard input. */
async function readPrompt(words: readonly string[]): Promise<string> {
  if (words.length !== 1 || words[0] !== '-') return words.join(' ');
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Buffer);
  return Buffer.concat(pieces)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

const parseSize =
  ({ help }: Messages) =>
  (text: string): [number, number] => {
    const match = /^(\d{1,6})x(\d{1,6})$/i.exec(text.trim());
    if (match === null) throw new InvalidArgumentError(help.badSize);
    return [Number(match[1]), Number(match[2])];
  };

/** `FILE` or `FILE:0.8`; colons before the strength belong to the file. */
const collectHypernetwork =
  ({ help }: Messages) =>
  (text: string, before: NonNullable<RecipeInput['hypernetworks']> = []): NonNullable<RecipeInput['hypernetworks']> => {
    const [, name, typed] = /^(.+?)(?::([-+.\deE]+))?$/.exec(text) ?? [];
    const strength = typed === undefined ? undefined : Number(typed);
    if (name === undefined || Number.isNaN(strength)) throw new InvalidArgumentError(help.badHypernetwork);
    return [...before, { name, strength }];
  };

const collectOption =
  ({ help }: Messages) =>
  (text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> => {
    const at = text.indexOf('=');
    if (at < 1) throw new InvalidArgumentError(help.badOption);
    return { ...before, [text.slice(0, at).trim()]: text.slice(at + 1).trim() };
  };
