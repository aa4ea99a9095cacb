// One small add-on of every kind and layout for a checkpoint, from seeds: everything can be tried without a download.
import { type BaseModule, type BaseModules, baseModules } from '@danqing/engine/adapters/base-modules';
import { decodeToFloat32 } from '@danqing/engine/tensor/dtype';
import { elementCount, type Tensor } from '@danqing/engine/tensor/tensor';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import type { OpenModel } from '@danqing/node/files/open-model';
import { factors as wellKnown, writers } from '../tests/examples/add-ons.ts';
import type { Shapes } from '../tests/examples/example.ts';
import { seededIntegers } from '../tests/seeded-weights.ts';

/** A file that is to be written. */
export interface SmallAddOn {
  /** Without its ending: `kind-loha`, `layout-peft`. */
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly (Tensor & { readonly name: string })[];
}

type Factors = (shape: readonly number[], rank: number) => Shapes;

const cellsOf = (shape: readonly number[]): number => elementCount(shape.slice(1));

/** Tensors of each kind for a weight, by the ends of their names. */
const factors: Readonly<Record<string, Factors>> = {
  ...wellKnown,
  dylora: ([out, within, ...kernel], rank) => ({
    'lora_up.weight': [out!, rank],
    'lora_down.weight': [rank, within!, ...kernel],
    alpha: [],
  }),
  dora: ([out, within, ...kernel], rank) => ({
    ...wellKnown.lora([out!, within!, ...kernel], rank),
    dora_scale: [1, within!, ...kernel.map(() => 1)],
  }),
  'loha tucker': ([out, within, ...kernel], rank) => ({
    hada_t1: [rank, rank, ...kernel],
    hada_w1_a: [rank, out!],
    hada_w1_b: [rank, within!],
    hada_t2: [rank, rank, ...kernel],
    hada_w2_a: [rank, out!],
    hada_w2_b: [rank, within!],
    alpha: [],
  }),
  'lokr tucker': ([out, within, ...kernel], rank) => ({
    lokr_w1: [4, 4],
    lokr_t2: [rank, rank, ...kernel],
    lokr_w2_a: [rank, out! / 4],
    lokr_w2_b: [rank, within! / 4],
    alpha: [],
  }),
  norm: ([size]) => ({ w_norm: [size!], b_norm: [size!] }),
  boft: ([out]) => ({ oft_blocks: [3, out! / 8, 8, 8], alpha: [] }),
};

const ATTENTION = /attn2\.to_/;
const RESIDUAL = /resnets\.\d\.conv2$/;

/** The layers that a kind is shown on: attention, and convolutions where it has a form of its own for them. */
function layersOf(kind: string, { all }: BaseModules): BaseModule[] {
  if (kind === 'norm') return all.filter(({ part, name }) => part === 'denoiser' && /\.norm\d$/.test(name));
  const isWanted = ({ part, name }: BaseModule): boolean => {
    if (kind.endsWith('tucker')) return part === 'denoiser' && RESIDUAL.test(name);
    if (kind === 'locon') return part === 'denoiser' && (ATTENTION.test(name) || RESIDUAL.test(name));
    return part === 'denoiser' ? ATTENTION.test(name) : /self_attn\.[qv]_proj$/.test(name);
  };
  return all.filter(isWanted);
}

/** Largest value, by the end of a name: such that every kind changes weights by some percent. */
const SIZES: readonly (readonly [end: RegExp, size: number])[] = [
  [/^(?:diff|diff_b)$/, 0.01],
  [/^(?:weight|w_norm|b_norm)$/, 0.1],
  [/^oft_blocks$/, 0.02],
  [/^lokr_w1$/, 0.2],
  [/^(?:a1|a2)\.weight$/, 0.1],
  [/./, 0.15],
];

const RANK = 4;

/** All of them. Values depend on names alone; the magnitudes of DoRA on the checkpoint too. */
export async function* smallAddOns({ index, files }: OpenModel): AsyncGenerator<SmallAddOn> {
  const base = baseModules(index);
  const magnitudesOf = async ({ weight }: BaseModule): Promise<Float32Array> => {
    const values = decodeToFloat32(await readTensorBytes(index, weight, files), weight.dtype);
    const [within, cells] = [weight.shape[1]!, cellsOf(weight.shape) / weight.shape[1]!];
    const squares = new Float32Array(within);
    for (let i = 0; i < values.length; i++) squares[Math.floor(i / cells) % within]! += values[i]! ** 2;
    return squares.map((sum, i) => Math.sqrt(sum) * (1 + 0.1 * Math.sin(i)));
  };
  const tensor = async (kind: string, layer: BaseModule, end: string, shape: readonly number[]): Promise<Tensor> => {
    if (end === 'alpha') return { shape, data: Float32Array.of(kind.includes('oft') ? 0 : RANK / 2) };
    if (end === 'on_input') return { shape, data: Float32Array.of(0) };
    if (end === 'dora_scale') return { shape, data: await magnitudesOf(layer) };
    const [, size] = SIZES.find(([pattern]) => pattern.test(end))!;
    const whole = seededIntegers(`${kind} ${layer.part} ${layer.name} ${end}`, elementCount(shape));
    return { shape, data: Float32Array.from(whole, (value) => (value / 1024) * size) };
  };
  const file = async (
    name: string,
    kind: string,
    layers: readonly BaseModule[],
    keyOf: (layer: BaseModule, end: string, i: number) => string | undefined,
  ): Promise<SmallAddOn> => {
    const tensors: SmallAddOn['tensors'][number][] = [];
    for (const [i, layer] of layers.entries()) {
      const shapes = (factors[kind] ?? factors['lora']!)(layer.weight.shape, RANK);
      for (const [end, shape] of Object.entries(shapes)) {
        const key = end === 'diff_b' && layer.bias === undefined ? undefined : keyOf(layer, end, i);
        if (key !== undefined) tensors.push({ name: key, ...(await tensor(kind, layer, end, shape)) });
      }
    }
    return {
      name,
      metadata: { 'modelspec.trigger_phrase': name.replace('-', ' '), ss_output_name: `small ${name}` },
      tensors,
    };
  };
  for (const kind of ['lora', 'locon', ...Object.keys(factors).filter((one) => one !== 'lora')]) {
    const keyOf = (layer: BaseModule, end: string) => keyIn('kohya', layer, end);
    yield await file(`kind-${kind.replaceAll(' ', '-')}`, kind, layersOf(kind, base), keyOf);
  }
  // The same LoRA in every layout; without alpha, which most cannot hold.
  const unet = base.all.filter(({ part, name }) => part === 'denoiser' && /attn[12]\.to_/.test(name));
  for (const layout of Object.keys(writers) as (keyof typeof writers)[]) {
    const keyOf = (layer: BaseModule, end: string) => (end === 'alpha' ? undefined : keyIn(layout, layer, end));
    yield await file(`layout-${layout}`, 'lora', unet, keyOf);
  }
  yield await file('layout-cloneofsimo', 'lora', inWalkingOrder(unet), (_, end, i) => {
    const side = /^lora_(up|down)/.exec(end)?.[1];
    return side && `unet:${i}:${side}`;
  });
}

/** The key of a layer's tensor in a layout; undefined where the layout has no place for it. */
function keyIn(layout: keyof typeof writers, { part, name }: BaseModule, end: string): string | undefined {
  const path = part === 'denoiser' ? name : `text_model.${name}`;
  return Object.keys(writers[layout](part, path, { [end]: [] }, 'sd1'))[0];
}

/** The order in which cloneofsimo's lora numbers layers: on the way down, up, then in the middle; q, k, v, out. */
function inWalkingOrder(layers: readonly BaseModule[]): BaseModule[] {
  const rank = ({ name }: BaseModule): string => {
    const stage = ['down_blocks', 'up_blocks', 'mid_block'].findIndex((start) => name.startsWith(start));
    const part = ['to_q', 'to_k', 'to_v', 'to_out'].findIndex((one) => name.includes(one));
    return `${stage}${name.replace(/to_\w+(?:\.0)?$/, '')}${part}`;
  };
  return [...layers].sort((a, b) => rank(a).localeCompare(rank(b), 'en', { numeric: true }));
}
