import { diffusersNames, originalNames } from '../unet-names.ts';
import { type NamePair, renameInPlace } from './rename-in-place.ts';

/** What the names of a UNet depend on. */
export interface UnetNaming {
  /** Levels, each half as large as the one before. */
  readonly levels: number;
  /** Residual blocks of a level on the way down; there is one more on the way up. */
  readonly blocks: number;
  /** Whether a level has transformers on the way up, from the coarsest on. */
  readonly attends: readonly boolean[];
}

/** Layers of a residual block. */
export const unetResnetNames: readonly NamePair[] = (
  ['norm1', 'conv1', 'time', 'norm2', 'conv2', 'shortcut'] as const
).map((layer) => [diffusersNames.resnet[layer], originalNames.resnet[layer]]);

/** All places of a UNet; residual blocks and transformers as wholes. */
export function unetNames({ levels, blocks, attends }: UnetNaming): NamePair[] {
  const pairs = outerNames();
  for (let level = 0; level < levels; level++) {
    const input = 1 + level * (blocks + 1);
    for (let i = 0; i < blocks; i++) {
      pairs.push(...blockNames(diffusersNames.down(level, i, input + i), originalNames.down(level, i, input + i)));
    }
    const last = input + blocks;
    pairs.push([diffusersNames.downsample(level, last), originalNames.downsample(level, last)]);

    const output = level * (blocks + 1);
    for (let i = 0; i <= blocks; i++) {
      pairs.push(...blockNames(diffusersNames.up(level, i, output + i), originalNames.up(level, i, output + i)));
    }
    // The layer that enlarges stands behind the transformer, or in its place where there is none.
    const enlarges = [level, output + blocks, attends[level] === true] as const;
    pairs.push([diffusersNames.upsample(...enlarges), originalNames.upsample(...enlarges)]);
  }
  return pairs;
}

/**
 * The diffusers library's names of the modules (or tensors) of a UNet of Stable Diffusion, SD 1.x to SDXL, by the original ones; read backwards
 * it is the way from there. What it has no name for is left out.
 * @param names all of the UNet's, since they tell where a level ends.
 */
export function diffusersUnetNames(names: Iterable<string>): ReadonlyMap<string, string> {
  const all = [...names];
  // Where two names stand for one place, the first one is used.
  const places = new Map(unetNames(namingOf(all)).toReversed().map(backwards));
  const layers = new Map(unetResnetNames.map(backwards));
  const renamed = all.map((name) => [name, renameInPlace(name, places, layers)] as const);
  return new Map(renamed.filter((pair): pair is readonly [string, string] => pair[1] !== undefined));
}

const backwards = ([diffusers, original]: NamePair): [string, string] => [original, diffusers];

function namingOf(names: readonly string[]): UnetNaming {
  const beginnings = new Set(names.flatMap((name) => [3, 4].map((words) => name.split('.', words).join('.'))));
  const has = (place: string): boolean => beginnings.has(place);
  let [levels, blocks] = [1, 0];
  for (let block = 1; has(`input_blocks.${block}.0`); block++) {
    if (has(`input_blocks.${block}.0.op`)) levels++;
    else if (levels === 1) blocks++;
  }
  const attends = Array.from({ length: levels }, (_, level) => {
    const block = level * (blocks + 1) + blocks;
    return has(`output_blocks.${block}.2.conv`);
  });
  return { levels, blocks, attends };
}

function outerNames(): NamePair[] {
  const [d, o] = [diffusersNames, originalNames];
  const [middle, originalMiddle] = [d.middle(true), o.middle(true)];
  return [
    [d.start, o.start],
    ...pairwise(d.time, o.time),
    ...d.vector.flatMap((vector) => pairwise(vector, o.vector[0]!)),
    [d.guidance, o.guidance],
    ...pairwise(middle.resnets, originalMiddle.resnets),
    [middle.transformer, originalMiddle.transformer],
    [d.endNorm, o.endNorm],
    [d.end, o.end],
  ];
}

const pairwise = (diffusers: readonly string[], original: readonly string[]): NamePair[] =>
  diffusers.map((name, i) => [name, original[i]!]);

interface BlockPlaces {
  readonly resnet: string;
  readonly transformer: string;
}

const blockNames = (diffusers: BlockPlaces, original: BlockPlaces): NamePair[] => [
  [diffusers.resnet, original.resnet],
  [diffusers.transformer, original.transformer],
];
