import { type Example, indexOfShapes, type Shapes } from './example.ts';
import { clipGShapes, clipHShapes, clipLShapes, diffusersUnetShapes, unetShapes } from './networks.ts';

/** A layer that a LoRA changes: its path in the network, and the shape of its weight. */
interface Layer {
  readonly path: string;
  readonly shape: readonly number[];
}

export type Target = 'denoiser' | 'text-encoder-1' | 'text-encoder-2';

/** Which network, and which of its layers, by base. */
interface Network {
  readonly target: Target;
  readonly layers: readonly Layer[];
}

const layersOf = (shapes: Shapes, pattern: RegExp): readonly Layer[] =>
  Object.entries(shapes)
    .filter(([name]) => pattern.test(name) && name.endsWith('.weight'))
    .map(([name, shape]) => ({ path: name.slice(0, -'.weight'.length), shape }));

const ATTENTION = /attn[12]\.to_(?:q|k|v|out\.0)\.|ff\.net\.(?:0\.proj|2)\.|proj_(?:in|out)\./;
const TEXT = /self_attn\.\w+_proj\.|mlp\.fc[12]\./;
const withPath = (path: string, layers: readonly Layer[]): readonly Layer[] =>
  layers.map((layer) => ({ ...layer, path: path + layer.path }));
const textLayers = (shapes: Shapes): readonly Layer[] => withPath('text_model.', layersOf(shapes, TEXT));

/** The networks of a base under the names of the diffusers library. */
const networks = {
  sd1: (): Network[] => [
    { target: 'text-encoder-1', layers: textLayers(clipLShapes()) },
    { target: 'denoiser', layers: layersOf(diffusersUnetShapes('sd1'), ATTENTION) },
  ],
  sd2: (): Network[] => [
    { target: 'text-encoder-1', layers: textLayers(clipHShapes()) },
    { target: 'denoiser', layers: layersOf(diffusersUnetShapes('sd2'), ATTENTION) },
  ],
  sdxl: (): Network[] => [
    { target: 'text-encoder-1', layers: textLayers(clipLShapes()) },
    { target: 'text-encoder-2', layers: textLayers(clipGShapes()) },
    { target: 'denoiser', layers: layersOf(diffusersUnetShapes('sdxl'), ATTENTION) },
  ],
} as const satisfies Record<string, () => Network[]>;

export type Base = 'sd1' | 'sd2' | 'sdxl';

/** SDXL as kohya's scripts name it. */
const kohyaNetworks = (base: Base): Network[] =>
  networks[base]().map((network) =>
    base === 'sdxl' && network.target === 'denoiser'
      ? { ...network, layers: layersOf(unetShapes('sdxl'), ATTENTION) }
      : network,
  );

/** Convolutions of a UNet, for kinds that change them. */
const convolutions = (base: Base): Network => ({
  target: 'denoiser',
  layers: layersOf(
    base === 'sdxl' ? unetShapes('sdxl') : diffusersUnetShapes(base),
    /(?:conv[12]|in_layers\.2|out_layers\.3)\./,
  ),
});

/** Tensors of an algorithm for a weight, by the ends of their names. */
type Factors = (shape: readonly number[], rank: number) => Shapes;

const flat = (shape: readonly number[]): number => shape.slice(1).reduce((a, b) => a * b, 1);
const half = (width: number): number => (width % 16 === 0 ? 16 : 8);

const plain: Factors = ([out, of, ...kernel], rank) => ({
  'lora_down.weight': [rank, of!, ...kernel],
  'lora_up.weight': [out!, rank, ...kernel.map(() => 1)],
  alpha: [],
});

/** As lycoris-lora has them. */
export const factors = {
  lora: plain,
  'lora tucker': ([out, of, ...kernel], rank) => ({
    'lora_down.weight': [rank, of!, ...kernel.map(() => 1)],
    'lora_up.weight': [out!, rank, ...kernel.map(() => 1)],
    'lora_mid.weight': [rank, rank, ...kernel],
    alpha: [],
  }),
  dora: (shape, rank) => ({ ...plain(shape, rank), dora_scale: [shape[0]!, ...shape.slice(1).map(() => 1)] }),
  loha: (shape, rank) => ({
    hada_w1_a: [shape[0]!, rank],
    hada_w1_b: [rank, flat(shape)],
    hada_w2_a: [shape[0]!, rank],
    hada_w2_b: [rank, flat(shape)],
    alpha: [],
  }),
  lokr: ([out, of, ...kernel], rank) => ({
    lokr_w1: [half(out!), half(of!)],
    lokr_w2_a: [out! / half(out!), rank],
    lokr_w2_b: [rank, (of! / half(of!)) * kernel.reduce((a, b) => a * b, 1)],
    alpha: [],
  }),
  'lokr full': ([out, of, ...kernel]) => ({
    lokr_w1: [half(out!), half(of!)],
    lokr_w2: [out! / half(out!), of! / half(of!), ...kernel],
    alpha: [],
  }),
  ia3: ([out, , ...kernel]) => ({ weight: kernel.length === 0 ? [out!] : [1, out!, 1, 1], on_input: [] }),
  full: (shape) => ({ diff: shape, diff_b: [shape[0]!] }),
  glora: (shape, rank) => ({
    'a1.weight': [flat(shape), rank],
    'a2.weight': [rank, flat(shape)],
    'b1.weight': [shape[0]!, rank],
    'b2.weight': [rank, flat(shape)],
    alpha: [],
  }),
  oft: ([out], rank) => ({ oft_blocks: [out! / rank, rank, rank], alpha: [] }),
  boft: ([out], rank) => ({ oft_blocks: [3, out! / rank, rank, rank], alpha: [] }),
} as const satisfies Record<string, Factors>;

/** What the algorithm of a key of `factors` is called in an identification. */
const algorithmOf = (name: string): string => name.replace(/ .*|^dora$/, (part) => (part === 'dora' ? 'lora' : ''));

const KOHYA_TARGETS: Readonly<Record<Base, Readonly<Record<Target, string>>>> = {
  sd1: { denoiser: 'lora_unet_', 'text-encoder-1': 'lora_te_', 'text-encoder-2': '' },
  sd2: { denoiser: 'lora_unet_', 'text-encoder-1': 'lora_te_', 'text-encoder-2': '' },
  sdxl: { denoiser: 'lora_unet_', 'text-encoder-1': 'lora_te1_', 'text-encoder-2': 'lora_te2_' },
};

const DIFFUSERS_TARGETS: Readonly<Record<Target, string>> = {
  denoiser: 'unet.',
  'text-encoder-1': 'text_encoder.',
  'text-encoder-2': 'text_encoder_2.',
};

/** The keys of one layer in one layout. */
type Writer = (target: Target, path: string, tensors: Shapes, base: Base) => Shapes;

const renamed = (tensors: Shapes, name: (end: string) => string | undefined): Shapes =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([end, shape]) => {
      const key = name(end);
      return key === undefined ? [] : [[key, shape]];
    }),
  );

/** How each layout writes a layer; undefined ends are left out. */
export const writers = {
  kohya: (target, path, tensors, base) =>
    renamed(tensors, (end) => `${KOHYA_TARGETS[base][target]}${path.replaceAll('.', '_')}.${end}`),
  lycoris: (_target, path, tensors) => renamed(tensors, (end) => `lycoris_${path.replaceAll('.', '_')}.${end}`),
  'attn-procs': (_target, path, tensors) =>
    renamed(tensors, (end) => {
      const parts = /^(.*)\.(to_\w+?)(?:\.0)?$/.exec(path)!;
      const side = /^lora_(down|up)\.weight$/.exec(end);
      return side === null ? undefined : `${parts[1]}.processor.${parts[2]}_lora.${side[1]}.weight`;
    }),
  diffusers: (target, path, tensors) =>
    renamed(tensors, (end) => {
      const side = /^lora_(down|up)\.weight$/.exec(end)?.[1];
      const middle = target === 'denoiser' ? 'lora' : 'lora_linear_layer';
      return side === undefined ? undefined : `${DIFFUSERS_TARGETS[target]}${path}.${middle}.${side}.weight`;
    }),
  peft: (target, path, tensors) => renamed(tensors, peftEnd(`${DIFFUSERS_TARGETS[target]}${path}`)),
  'peft-model': (_target, path, tensors) => renamed(tensors, peftEnd(`base_model.model.${path}`)),
  'ai-toolkit': (_target, path, tensors) => renamed(tensors, peftEnd(`diffusion_model.${path}`)),
  bare: (_target, path, tensors) => renamed(tensors, (end) => `${path}.${end}`),
} as const satisfies Record<string, Writer>;

const peftEnd =
  (place: string) =>
  (end: string): string | undefined => {
    if (end === 'alpha') return undefined;
    if (end === 'dora_scale') return `${place}.lora_magnitude_vector`;
    return `${place}.${end.replace('lora_down', 'lora_A').replace('lora_up', 'lora_B')}`;
  };

/** A LoRA file: every layer of a base, in a layout, by an algorithm. */
export function addOnShapes(
  base: Base,
  layout: keyof typeof writers,
  algorithm: keyof typeof factors,
  { rank = 8, targets }: { readonly rank?: number; readonly targets?: readonly Target[] } = {},
): Shapes {
  const isConv = ['lora tucker', 'loha', 'lokr', 'full', 'glora'].includes(algorithm) && layout === 'kohya';
  const chosen = layout === 'kohya' ? kohyaNetworks(base) : networks[base]();
  const all = algorithm === 'lora tucker' ? [convolutions(base)] : [...chosen, ...(isConv ? [convolutions(base)] : [])];
  const shapes: Record<string, readonly number[]> = {};
  for (const { target, layers } of all) {
    if (targets !== undefined && !targets.includes(target)) continue;
    for (const { path, shape } of layers) {
      // Attention processors reach the four projections only.
      if (layout === 'attn-procs' && !/attn[12]\.to_/.test(path)) continue;
      Object.assign(shapes, writers[layout](target, path, factors[algorithm](shape, rank), base));
    }
  }
  return shapes;
}

const targetsOf = (base: Base): readonly Target[] => networks[base]().map(({ target }) => target);

const UNET_ONLY = new Set(['lycoris', 'attn-procs', 'peft-model', 'ai-toolkit', 'bare']);

/** LoRA and LyCORIS files of every layout, algorithm and base. */
export function* addOnExamples(): Generator<Example> {
  const bases = Object.keys(networks) as Base[];
  const make = (
    base: Base,
    layout: keyof typeof writers,
    algorithm: keyof typeof factors,
    targets: readonly Target[],
  ): Example => ({
    name: `${base} ${algorithm} as ${layout}, ${targets.join(' and ')}`,
    fileName: 'add-on.safetensors',
    index: indexOfShapes('add-on.safetensors', addOnShapes(base, layout, algorithm, { targets })),
    expected: {
      kind: ['lora', 'dora'].includes(algorithm) ? 'lora' : 'lycoris',
      recognisedBy: layout,
      families: [base],
      algorithms: [algorithmOf(algorithm)],
      ...(['ia3', 'full', 'lokr full', 'boft'].includes(algorithm) ? {} : { rank: 8 }),
      targets,
    },
  });
  for (const base of bases) {
    for (const algorithm of Object.keys(factors) as (keyof typeof factors)[]) {
      const targets = algorithm === 'lora tucker' ? (['denoiser'] as const) : targetsOf(base);
      if (algorithm !== 'lora tucker') yield make(base, 'kohya', algorithm, targets);
    }
    yield make(base, 'kohya', 'lora', ['denoiser']);
    if (base !== 'sdxl') yield make(base, 'kohya', 'lora', ['text-encoder-1']);
    for (const layout of ['lycoris', 'attn-procs', 'diffusers', 'peft', 'peft-model', 'ai-toolkit', 'bare'] as const) {
      yield make(base, layout, 'lora', UNET_ONLY.has(layout) ? ['denoiser'] : targetsOf(base));
    }
    for (const layout of ['peft', 'ai-toolkit', 'bare', 'lycoris'] as const) {
      yield make(base, layout, 'loha', UNET_ONLY.has(layout) ? ['denoiser'] : targetsOf(base));
    }
    yield make(base, 'peft', 'dora', targetsOf(base));
  }
  yield make('sdxl', 'kohya', 'lora', ['text-encoder-1', 'text-encoder-2']);
  yield make('sdxl', 'kohya', 'lora tucker', ['denoiser']);
  yield bundled();
  yield* countedExamples();
  yield* fluxExamples();
}

/** With embeddings inside. */
function bundled(): Example {
  const shapes = {
    ...addOnShapes('sd1', 'kohya', 'lora'),
    'bundle_emb.my.word.string_to_param.*': [4, 768],
    'bundle_emb.other.string_to_param.*': [2, 768],
  };
  return {
    name: 'sd1 LoRA with embeddings inside',
    fileName: 'bundle.safetensors',
    index: indexOfShapes('bundle.safetensors', shapes),
    expected: { kind: 'lora', recognisedBy: 'kohya', families: ['sd1'], rank: 8 },
  };
}

/** cloneofsimo's layouts, which only count the layers. */
function* countedExamples(): Generator<Example> {
  for (const base of ['sd1', 'sd2'] as const) {
    const shapes: Record<string, readonly number[]> = {};
    const list: Record<string, readonly number[]> = {};
    for (const { target, layers } of networks[base]()) {
      const name = target === 'denoiser' ? 'unet' : 'text_encoder';
      for (const [i, { shape }] of layers.filter((layer) => layer.shape.length === 2).entries()) {
        const [up, down] = [
          [shape[0]!, 4],
          [4, shape[1]!],
        ];
        shapes[`${name}:${i}:up`] = up;
        shapes[`${name}:${i}:down`] = down;
        if (target === 'denoiser') Object.assign(list, { [2 * i]: up, [2 * i + 1]: down });
      }
    }
    const expected = { kind: 'lora', families: [base], algorithms: ['lora'], rank: 4 };
    yield {
      name: `${base} LoRA of cloneofsimo`,
      fileName: 'lora.safetensors',
      index: indexOfShapes('lora.safetensors', { '<s1>': [base === 'sd1' ? 768 : 1024], ...shapes }),
      expected: { ...expected, recognisedBy: 'cloneofsimo', targets: ['denoiser', 'text-encoder-1'] },
    };
    yield {
      name: `${base} LoRA of cloneofsimo, a plain list`,
      fileName: 'lora.pt',
      index: indexOfShapes('lora.pt', list, { format: 'torch zip' }),
      expected: { ...expected, recognisedBy: 'cloneofsimo-list', targets: ['denoiser'] },
    };
  }
}

const FLUX_LAYERS: Shapes = {
  'double_blocks.0.img_attn.qkv': [9216, 3072],
  'double_blocks.0.txt_mlp.0': [12_288, 3072],
  'single_blocks.37.linear1': [21_504, 3072],
};
const FLUX_DIFFUSERS_LAYERS: Shapes = {
  'transformer_blocks.0.attn.to_q': [3072, 3072],
  'transformer_blocks.0.attn.add_k_proj': [3072, 3072],
  'single_transformer_blocks.37.proj_out': [3072, 15_360],
};
const SD3_LAYERS: Shapes = {
  'joint_blocks.0.x_block.attn.qkv': [4608, 1536],
  'joint_blocks.0.context_block.mlp.fc1': [6144, 1536],
};

/** LoRAs of transformers, in the layouts of their trainers. */
function* fluxExamples(): Generator<Example> {
  const ends = {
    kohya: ['lora_down.weight', 'lora_up.weight', 'alpha'],
    peft: ['lora_A.weight', 'lora_B.weight'],
    xlabs: ['down.weight', 'up.weight'],
  } as const;
  const all = (layers: Shapes, key: (path: string) => string, style: keyof typeof ends): Shapes =>
    Object.fromEntries(
      Object.entries(layers).flatMap(([path, [out, of]]) =>
        ends[style].map((end, i) => [`${key(path)}.${end}`, i === 0 ? [16, of!] : i === 1 ? [out!, 16] : []]),
      ),
    );
  const underscored = (path: string): string => path.replaceAll('.', '_');
  const te = {
    'lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_down.weight': [16, 768],
    'lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_up.weight': [3072, 16],
  };
  const made: readonly (readonly [name: string, layout: string, family: string, shapes: Shapes])[] = [
    ['kohya', 'kohya', 'flux1', all(FLUX_LAYERS, (path) => `lora_unet_${underscored(path)}`, 'kohya')],
    [
      'kohya with text encoder',
      'kohya',
      'flux1',
      { ...all(FLUX_LAYERS, (path) => `lora_unet_${underscored(path)}`, 'kohya'), ...te },
    ],
    ['ai-toolkit', 'peft', 'flux1', all(FLUX_DIFFUSERS_LAYERS, (path) => `transformer.${path}`, 'peft')],
    ['ComfyUI', 'ai-toolkit', 'flux1', all(FLUX_LAYERS, (path) => `diffusion_model.${path}`, 'peft')],
    ['peft', 'peft-model', 'flux1', all(FLUX_DIFFUSERS_LAYERS, (path) => `base_model.model.${path}`, 'peft')],
    [
      'its own paths, with norms beside',
      'bare',
      'flux1',
      { 'double_blocks.0.img_attn.norm.key_norm.scale': [128], ...all(FLUX_LAYERS, (path) => path, 'peft') },
    ],
    [
      'OneTrainer',
      'one-trainer',
      'flux1',
      { ...te, ...all(FLUX_DIFFUSERS_LAYERS, (path) => `lora_transformer_${underscored(path)}`, 'kohya') },
    ],
    [
      'XLabs',
      'xlabs',
      'flux1',
      all(
        { 'double_blocks.0.processor.qkv_lora1': [9216, 3072], 'double_blocks.0.processor.proj_lora2': [3072, 3072] },
        (path) => path,
        'xlabs',
      ),
    ],
    ['kohya', 'kohya', 'sd3', all(SD3_LAYERS, (path) => `lora_unet_${underscored(path)}`, 'kohya')],
    [
      'kohya',
      'kohya',
      'flux2',
      all({ 'double_blocks.0.img_attn.qkv': [18_432, 6144] }, (path) => `lora_unet_${underscored(path)}`, 'kohya'),
    ],
    [
      'kohya',
      'kohya',
      'qwen-image',
      all(
        { 'transformer_blocks.59.img_mlp.net.0.proj': [12_288, 3072] },
        (path) => `lora_unet_${underscored(path)}`,
        'kohya',
      ),
    ],
    [
      'ComfyUI',
      'ai-toolkit',
      'wan',
      all(
        { 'blocks.0.cross_attn.k': [5120, 5120], 'blocks.0.self_attn.q': [5120, 5120] },
        (path) => `diffusion_model.${path}`,
        'peft',
      ),
    ],
    ['its own paths', 'bare', 'cosmos', all({ 'blocks.0.cross_attn.k_proj': [2048, 2048] }, (path) => path, 'peft')],
  ];
  for (const [name, layout, family, shapes] of made) {
    yield {
      name: `${family} LoRA of ${name}`,
      fileName: 'lora.safetensors',
      index: indexOfShapes('lora.safetensors', shapes),
      expected: { kind: 'lora', recognisedBy: layout, families: [family], algorithms: ['lora'], rank: 16 },
    };
  }
}
