import type { AdapterFile, FileModule } from './adapter-file.ts';
import type { BaseModule, BaseModules, BasePart } from './base-modules.ts';

/** The layers of a transformer block in the order in which cloneofsimo's lora walks them, with and without the feed-forward. */
const BLOCK = [
  'attn1_to_q',
  'attn1_to_k',
  'attn1_to_v',
  'attn1_to_out_0',
  'attn2_to_q',
  'attn2_to_k',
  'attn2_to_v',
  'attn2_to_out_0',
];
const BLOCK_WITH_FEED_FORWARD = BLOCK.toSpliced(4, 0, 'ff_net_0_proj');

/** The same for a layer of a text encoder: the order in which the transformers library makes them. */
const TEXT = ['self_attn_k_proj', 'self_attn_v_proj', 'self_attn_q_proj', 'self_attn_out_proj'];

/** The middle block is made last. */
const STAGES = ['down_blocks.', 'up_blocks.', 'mid_block.'];

/**
 * The layers of an adapter whose modules have no names but numbers (`unet:12:up`), in the order of the network that they were
 * taken from; undefined for an adapter with names. Empty for a part that has not as many layers.
 */
export function countedModules(
  { modules }: AdapterFile,
  base: BaseModules,
): ReadonlyMap<FileModule, BaseModule> | undefined {
  if (modules.some(({ path }) => path !== '')) return undefined;
  const found = new Map<FileModule, BaseModule>();
  for (const part of ['denoiser', 'text-encoder-1'] as const) {
    const counted = modules.filter(({ target }) => target === part).sort((a, b) => numberOf(a) - numberOf(b));
    const layers = orders(part, base).find(({ length }) => length === counted.length);
    layers?.forEach((layer, i) => {
      const module = base.find(part, layer);
      if (module !== undefined) found.set(counted[i]!, module);
    });
  }
  return found;
}

const byNumber = (a: string | undefined, b: string | undefined): number =>
  a!.localeCompare(b!, 'en', { numeric: true });

const numberOf = ({ name }: FileModule): number => Number(/\d+$/.exec(name)?.[0]);

function orders(part: BasePart, base: BaseModules): string[][] {
  const names = base.all.filter((module) => module.part === part).map(({ name }) => name);
  if (part !== 'denoiser') {
    const layers = new Set(names.map((name) => /^encoder\.layers\.\d+/.exec(name)?.[0]));
    layers.delete(undefined);
    return [[...layers].sort(byNumber).flatMap((layer) => TEXT.map((one) => `${layer}_${one}`.replaceAll('.', '_')))];
  }
  const blocks = new Set(names.map((name) => /^.*transformer_blocks\.\d+/.exec(name)?.[0]));
  blocks.delete(undefined);
  const inOrder = STAGES.flatMap((stage) => [...blocks].filter((block) => block!.startsWith(stage)).sort(byNumber));
  return [BLOCK_WITH_FEED_FORWARD, BLOCK].map((layers) =>
    inOrder.flatMap((block) => layers.map((layer) => `${block}_${layer}`.replaceAll('.', '_'))),
  );
}
