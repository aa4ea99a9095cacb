import { UNKNOWN_PARAMETERS } from '../generation-parameters.ts';
import type { GenerationParameters, Size } from '../generation-parameters.ts';
import { getField, parseJsonObject, printValue, toNumber, toSeed } from '../json.ts';
import {
  followFirst,
  followLink,
  graphFromPrompt,
  graphFromWorkflow,
  refuseEmpty,
  valueOf,
  walk,
} from './comfyui-graph.ts';
import type { Graph, GraphNode } from './comfyui-graph.ts';
import { collectPrompts, findClipSkip } from './comfyui-prompts.ts';
import { modelName, withLoraTags } from './lora-tags.ts';
import type { UsedLora } from './lora-tags.ts';
import { optional } from './optional.ts';
import type { Reader } from './reader.ts';
import { samplerLabel, schedulerLabel } from './sampler-names.ts';

/**
 * ComfyUI keeps the graph that it ran. The picture is followed back from where it was saved: through the sampling passes
 * to the first, from each to its prompts, model and size.
 */
export const comfyuiReader: Reader = {
  read(texts, size) {
    const prompt = texts.get('prompt');
    const workflow = texts.get('workflow');
    if (!prompt?.trimStart().startsWith('{') && !workflow?.trimStart().startsWith('{')) return undefined;
    const graph = refuseEmpty(
      prompt?.trimStart().startsWith('{')
        ? graphFromPrompt(parseJsonObject(prompt, 'ComfyUI prompt'))
        : graphFromWorkflow(parseJsonObject(workflow!, 'ComfyUI workflow')),
    );
    const path = findPath(graph, size);
    // The path runs from the picture back; passes are told in the order in which they ran.
    const along = path.filter(isSampler).reverse();
    const inPath = new Set(along);
    const others = [...graph.values()].filter((node) => isSampler(node) && !inPath.has(node));
    const samplers = [...along, ...others].slice(0, MAX_PASSES);
    if (samplers.length === 0)
      return { program: 'ComfyUI', parameters: UNKNOWN_PARAMETERS, details: [], notes: [NO_SAMPLER] };
    const vae = findVae(graph, path);
    const passes = samplers.map((sampler) => readPass(graph, sampler, vae));
    return {
      program: 'ComfyUI',
      parameters: passes[0]!,
      ...(passes.length > 1 && { passes }),
      details: [...graph.values()].filter(isOfInterest).map((node) => [node.type, printValue(node.inputs)] as const),
      notes: notesOn(passes),
    };
  },
};

const NO_SAMPLER = 'The graph has no sampler: the picture was loaded or changed, not generated.';
const MAX_PASSES = 50;
const IMAGE_INPUTS = [
  'images',
  'image',
  'pixels',
  'samples',
  'latent_image',
  'latent',
  'samples_to',
  'samples1',
  'latents',
];
const LATENT_INPUTS = IMAGE_INPUTS.slice(3);
const MODEL_INPUTS = ['model', 'guider', 'MODEL', 'model1', 'base_model', 'pipe', 'basic_pipe'];
const MODEL_NAMES = ['ckpt_name', 'unet_name', 'model_name', 'base_ckpt_name', 'model'];

/** Has steps and guidance of its own, or gets sigmas from elsewhere. */
const isSampler = ({ inputs }: GraphNode): boolean =>
  (getField(inputs, 'steps') !== undefined && getField(inputs, 'cfg') !== undefined) ||
  (Array.isArray(inputs['sigmas']) && getField(inputs, ...LATENT_INPUTS) !== undefined);

const isOfInterest = ({ type }: GraphNode): boolean =>
  /ControlNet|IPAdapter|Upscale|LoadImage|SetArea|unCLIP/i.test(type);

/** Nodes from the place where the picture was saved back to where its latents began. */
function findPath(graph: Graph, size: Size): GraphNode[] {
  const ends = [...graph.values()].filter(({ type }) => /Save|Preview/i.test(type));
  const starts = ends.length > 0 ? ends.slice(0, MAX_PASSES) : [...graph.values()].filter(isSampler).slice(-1);
  const paths = starts.map((start) => [...walk(graph, start, IMAGE_INPUTS)]).filter((path) => path.some(isSampler));
  const fits = (path: readonly GraphNode[]): boolean => {
    const last = path.map((node) => sizeOf(graph, node)).find((found) => found !== undefined);
    return last?.width === size.width && last.height === size.height;
  };
  // A graph can save several pictures; this one is told by its size, if that differs.
  return paths.find(fits) ?? paths[0] ?? [];
}

function readPass(graph: Graph, sampler: GraphNode, vae: string | undefined): GenerationParameters {
  const number = (...names: string[]): number | undefined => toNumber(valueInside(graph, sampler, ...names));
  const name = valueInside(graph, sampler, 'sampler_name');
  const plainName = typeof name === 'string' ? name : undefined;
  const scheduler = valueInside(graph, sampler, 'scheduler');
  const positive = collectPrompts(graph, sampler, 'positive');
  const negative = collectPrompts(graph, sampler, 'negative');
  const { model, loras } = findModel(graph, sampler);
  const begin = findLatentBegin(graph, sampler);
  const denoise = number('denoise');
  const guidance = positive.guidance;
  return {
    ...UNKNOWN_PARAMETERS,
    prompt: withLoraTags(positive.text, loras),
    negativePrompt: negative.text,
    ...optional('steps', number('steps')),
    ...optional('samplerName', plainName && (samplerLabel(plainName) ?? plainName)),
    scheduler: typeof scheduler === 'string' ? (schedulerLabel(scheduler) ?? scheduler) : 'Automatic',
    ...optional('cfgScale', number('cfg') ?? (guidance === undefined ? undefined : 1)),
    ...optional('seed', toSeed(valueInside(graph, sampler, 'seed', 'noise_seed'))),
    ...optional('size', begin && sizeOf(graph, begin)),
    ...optional('model', model),
    ...optional('vae', vae === undefined ? undefined : { name: vae }),
    ...optional('denoisingStrength', denoise === 1 ? undefined : denoise),
    clipSkip: findClipSkip(graph, positive.encoders),
    // Its noise comes from the generator of the CPU, whatever computes the picture.
    rng: 'CPU',
    settings: plainName?.endsWith('_bh2') ? { uni_pc_variant: 'bh2' } : {},
    extra: guidance === undefined ? [] : [['Distilled CFG Scale', String(guidance)]],
  };
}

/** A value of a sampler, or of the parts that the custom sampler takes instead. */
function valueInside(graph: Graph, sampler: GraphNode, ...names: string[]): unknown {
  const own = valueOf(graph, sampler, ...names);
  if (own !== undefined) return own;
  for (const part of ['sampler', 'sigmas', 'noise', 'guider']) {
    for (const node of walk(graph, followFirst(graph, sampler, [part]), ['sigmas', 'sampler'])) {
      const value = valueOf(graph, node, ...names);
      if (value !== undefined) return value;
    }
  }
  return undefined;
}

/** Follows the model through what changes it, LoRAs included, to the file. */
function findModel(graph: Graph, sampler: GraphNode): { model?: { name: string }; loras: UsedLora[] } {
  const loras: UsedLora[] = [];
  for (const node of walk(graph, followFirst(graph, sampler, MODEL_INPUTS), MODEL_INPUTS)) {
    const lora = valueOf(graph, node, 'lora_name');
    if (typeof lora === 'string' && lora !== 'None') {
      loras.unshift({
        name: modelName(lora),
        weight: toNumber(valueOf(graph, node, 'strength_model', 'lora_model_strength')) ?? 1,
      });
    }
    const name = valueOf(graph, node, ...MODEL_NAMES);
    if (typeof name === 'string') return { model: { name: modelName(name) }, loras };
  }
  return { loras };
}

/** The node that the latents of a pass come from, past the passes before it. */
function findLatentBegin(graph: Graph, sampler: GraphNode): GraphNode | undefined {
  const path = [...walk(graph, sampler, LATENT_INPUTS)];
  return path.slice(1).find((node) => sizeOf(graph, node) !== undefined);
}

function sizeOf(graph: Graph, node: GraphNode): Size | undefined {
  const width = toNumber(valueOf(graph, node, 'width', 'empty_latent_width'));
  const height = toNumber(valueOf(graph, node, 'height', 'empty_latent_height'));
  return width !== undefined && height !== undefined && width > 0 && height > 0 ? { width, height } : undefined;
}

/** The VAE that decoded the picture, when it is a file of its own. */
function findVae(graph: Graph, path: readonly GraphNode[]): string | undefined {
  for (const node of path) {
    const loader = followLink(graph, getField(node.inputs, 'vae'))?.node;
    const name = loader && valueOf(graph, loader, 'vae_name');
    if (typeof name === 'string' && !/^(?:baked|none|default)/i.test(name)) return modelName(name);
    if (loader) return undefined;
  }
  return undefined;
}

function notesOn(passes: readonly GenerationParameters[]): string[] {
  const notes: string[] = [];
  if (passes.length > 1)
    notes.push(`The graph has ${passes.length} sampling passes; these are the parameters of the first.`);
  if (passes[0]!.prompt.includes('\nAND ')) {
    notes.push('The graph combines several prompts, perhaps for parts of the picture; they are joined with AND here.');
  }
  if (/[()]/.test(passes[0]!.prompt)) notes.push('ComfyUI gives the weights in ( ) a slightly different strength.');
  const unknown = passes.map((pass) => pass.samplerName).find((name) => name !== undefined && /^[a-z]/.test(name));
  if (unknown !== undefined) notes.push(`There is no sampler "${unknown}" here.`);
  return notes;
}
