import { familyOf } from '@danqing/engine/detect-family';
import { families } from '@danqing/engine/families/index';
import type { Parts } from '@danqing/engine/family';
import { type Graph, topological } from '@danqing/engine/graph/value';
import { withOriginalNames } from '@danqing/engine/weights/keys/original-names';
import { describe, expect, it } from 'vitest';
import { checkpointShapes, folderShapes } from './examples/checkpoints.ts';
import { indexOfShapes } from './examples/example.ts';
import { diffusersUnetShapes, type UnetName } from './examples/networks.ts';

// Full-size families by keys and shapes alone: recognised, their structure read back, their graphs built, nothing left over.

interface Wanted {
  readonly family: string;
  readonly inputs: number;
  readonly context: number;
  readonly vector?: number;
  /** Width, layers, usual CLIP skip and pooled width of each text encoder in a checkpoint. */
  readonly text: readonly (readonly [width: number, layers: number, skip: number, pooled?: number])[];
  /** Attention heads at the levels of the UNet. */
  readonly heads: readonly number[];
}

const sd1 = { family: 'sd1', context: 768, text: [[768, 12, 1]], heads: [8] } as const;
const sd2 = { family: 'sd2', context: 1024, text: [[1024, 24, 2]], heads: [5, 10, 20] } as const;
const sdxl = {
  family: 'sdxl',
  context: 2048,
  vector: 2816,
  text: [
    [768, 12, 2],
    [1280, 32, 2, 1280],
  ],
  heads: [10, 20],
} as const;

const wanted: Readonly<Record<Exclude<UnetName, 'sd1 lcm' | 'sdxl ssd-1b'>, Wanted>> = {
  sd1: { ...sd1, inputs: 4 },
  'sd1 inpainting': { ...sd1, inputs: 9 },
  'sd1 instruct-pix2pix': { ...sd1, inputs: 8 },
  sd2: { ...sd2, inputs: 4 },
  'sd2 inpainting': { ...sd2, inputs: 9 },
  'sd2 depth': { ...sd2, inputs: 5 },
  'sd2 unclip': { ...sd2, inputs: 4, vector: 2048 },
  sdxl: { ...sdxl, inputs: 4 },
  'sdxl inpainting': { ...sdxl, inputs: 9 },
  'sdxl-refiner': {
    family: 'sdxl-refiner',
    inputs: 4,
    context: 1280,
    vector: 2560,
    text: [[1280, 32, 2, 1280]],
    heads: [12, 24],
  },
};
const names = Object.keys(wanted) as (keyof typeof wanted)[];

const partsOf = (shapes: Readonly<Record<string, readonly number[]>>): Parts => {
  const index = indexOfShapes('model.safetensors', shapes);
  return familyOf(index, families).parts(index);
};

const graphsOf = (parts: Parts): Graph[] => [
  parts.denoiser().graph(),
  ...parts.textEncoders().map((part) => part.graph(part.clipSkip.usual)),
  parts.vae().encoder(),
  parts.vae().decoder(),
];

/** Names of the tensors that graphs take, whole or in rows. */
function takenBy(graphs: readonly Graph[]): Set<string> {
  const values = topological(graphs.flatMap(({ outputs }) => Object.values(outputs)));
  const entries = values.flatMap((value) => (value.kind === 'weight' ? [value.entry.name] : []));
  return new Set(entries.map((name) => name.replace(/\[\d+:\d+\]$/, '')));
}

/** What a checkpoint holds that drawing does not need: layers that are never read, and what training kept. */
const LEFT_OVER =
  /position_ids$|logit_scale$|^(?:alphas_cumprod|betas|sqrt_)|^embedder\.|^noise_augmentor\.|^depth_model\.|cond_stage_model\.model\.(?:text_projection|transformer\.resblocks\.23\.)|^conditioner\.embedders\.0\.transformer\.text_model\.(?:final_layer_norm|encoder\.layers\.11)\./;

describe.each(names)('%s at full size', (name) => {
  const { family, inputs, context, vector, text, heads } = wanted[name];

  it('GEN-13: is read back from a checkpoint and used up', () => {
    const shapes = checkpointShapes(name);
    const parts = partsOf(shapes);
    expect(parts.family.id).toBe(family);
    expect(parts.has).toEqual({ textEncoder: true, denoiser: true, vae: true });
    // SDXL is always drawn with the family's own noise levels.
    expect(parts.alphasCumprod === undefined).toBe(family.startsWith('sdxl'));
    const { inputChannels, outputChannels, contextWidth, vectorWidth } = parts.denoiser();
    expect([inputChannels, outputChannels, contextWidth, vectorWidth]).toEqual([inputs, 4, context, vector]);
    const found = parts
      .textEncoders()
      .map(({ width, layers, clipSkip, pooledWidth }) => [width, layers, clipSkip.usual, pooledWidth]);
    expect(found).toEqual(text.map(([width, layers, skip, pooled]) => [width, layers, skip, pooled]));
    const taken = takenBy(graphsOf(parts));
    expect(Object.keys(shapes).filter((key) => !taken.has(key) && !LEFT_OVER.test(key))).toEqual([]);
  });

  it('has the attention heads that its authors gave it', () => {
    const { graph } = partsOf(checkpointShapes(name)).denoiser();
    const found = topological(Object.values(graph().outputs)).flatMap((value) =>
      value.kind === 'result' && value.op.name === 'attention' ? [value.attributes['heads'] as number] : [],
    );
    expect([...new Set(found)].sort((a, b) => a - b)).toEqual(heads);
  });

  it('GEN-13: is read back from a diffusers folder, with the same UNet and VAE', () => {
    const shapes = folderShapes(name);
    const parts = partsOf(shapes);
    expect(parts.family.id).toBe(family);
    expect(parts.has.denoiser && parts.has.vae).toBe(true);
    const graphs = [parts.denoiser().graph(), parts.vae().encoder(), parts.vae().decoder()];
    const named = withOriginalNames(indexOfShapes('model.safetensors', shapes)).tensors;
    const own = [...named.keys()].filter((key) => !key.startsWith('cond') && !key.startsWith('text'));
    const taken = takenBy(graphs);
    expect(own.filter((key) => !taken.has(key))).toEqual([]);
    const whole = takenBy(graphsOf(partsOf(checkpointShapes(name))));
    const networks = /^(?:model\.diffusion_model|first_stage_model)\./;
    expect([...taken].sort()).toEqual([...whole].filter((key) => networks.test(key)).sort());
  });

  it('has a denoiser in a file of its own, as diffusers names it', () => {
    const parts = partsOf(diffusersUnetShapes(name));
    expect(parts.family.id).toBe(family);
    expect(parts.has).toEqual({ textEncoder: false, denoiser: true, vae: false });
    expect(parts.denoiser().graph().inputs[0]!.shape[1]).toBe(inputs);
  });
});
