import type { BlockList } from '../family.ts';
import { firstLike, tensorsBelow } from '../weights/evidence.ts';
import type { PlacedStructure, StructureId } from '../weights/keys/structures.ts';
import { remember } from '../weights/remember.ts';
import type { TensorEntry, TensorIndex } from '../weights/tensor-index.ts';
import type { Words } from '../words.ts';
import type { Structure } from './structure.ts';
import { clipText, openClipText } from './structures/clip-text.ts';
import { diffusersKl, kl } from './structures/kl.ts';
import { diffusersUnet, unet } from './structures/unet.ts';

const structures: Readonly<Record<StructureId, { readonly title: Words; readonly of: Structure<unknown> }>> = {
  unet: { title: { en: 'UNet', zh: 'UNet' }, of: unet },
  'diffusers-unet': { title: { en: 'UNet', zh: 'UNet' }, of: diffusersUnet },
  kl: { title: { en: 'VAE', zh: 'VAE' }, of: kl },
  'diffusers-kl': { title: { en: 'VAE', zh: 'VAE' }, of: diffusersKl },
  'clip-text': { title: { en: 'text encoder', zh: '文本编码器' }, of: clipText },
  'openclip-text': { title: { en: 'text encoder', zh: '文本编码器' }, of: openClipText },
};

/** Beginnings of names that quantised files give to numbers beside a weight, whose own shape is then another. */
const QUANTISED = /\.(?:absmax|quant_map|quant_state|nested_absmax|scales|qzeros|qweight|SCB|comfy_quant|weight_scale)/;

/** Compares the networks of a file with the whole lists of their tensors; answers what is wrong, a sentence for each. */
export function findDamage(index: TensorIndex, placed: readonly PlacedStructure[]): Words[] {
  const seen = new Set<string>();
  return placed.flatMap((place) => {
    const key = `${place.id} ${place.at}`;
    if (seen.has(key) || firstLike(index, place.anchor) === undefined) return [];
    seen.add(key);
    return damageAt(place)(index.tensors);
  });
}

const damageAt = remember((place: PlacedStructure) =>
  remember((tensors: TensorIndex['tensors']) => compareAt(tensors, place)),
);

function compareAt(tensors: TensorIndex['tensors'], { id, at }: PlacedStructure): Words[] {
  const { title, of } = structures[id];
  const sizes = of.read((name) => tensors.get(at + name)?.shape);
  if (sizes === undefined) {
    return [
      {
        en: `The ${title.en} lacks its first layer, from which its sizes are read.`,
        zh: `${title.zh} 缺少用于判断尺寸的第一层。`,
      },
    ];
  }
  const wanted = listAt(id, at, sizes);
  const misshapen: { readonly entry: TensorEntry; readonly shape: readonly number[] }[] = [];
  const others: string[] = [];
  let found = 0;
  const here = tensorsBelow({ tensors }, at);
  for (const entry of here) {
    const shape = wanted.get(entry.name);
    if (shape === undefined) others.push(entry.name);
    else {
      found++;
      if (!isSame(entry.shape, shape)) misshapen.push({ entry, shape });
    }
  }
  const missing = found === wanted.size ? [] : [...wanted.keys()].filter((name) => !tensors.has(name));
  // Named as if they were the network's own.
  const strangers = others.filter((name) => of.own.test(name.slice(at.length)) && !QUANTISED.test(name));
  const isQuantised = misshapen.length > 0 && here.some(({ name }) => QUANTISED.test(name));
  return [
    ...(missing.length === 0 ? [] : [missingWords(title, missing, found)]),
    ...(misshapen.length === 0 || isQuantised ? [] : [misshapenWords(title, misshapen)]),
    ...(strangers.length === 0 ? [] : [strangerWords(title, strangers)]),
  ];
}

/** Lists that were made before: most files of a library are of a few sizes. */
const madeLists = new Map<string, ReadonlyMap<string, readonly number[]>>();
const LISTS_KEPT = 64;

/** Every tensor of a network of these sizes below a path. */
function listAt(id: StructureId, at: string, sizes: unknown): ReadonlyMap<string, readonly number[]> {
  const key = JSON.stringify([id, at, sizes]);
  let list = madeLists.get(key);
  if (list === undefined) {
    if (madeLists.size === LISTS_KEPT) madeLists.clear();
    list = new Map([...structures[id].of.list(sizes)].map(([name, shape]) => [at + name, shape]));
    madeLists.set(key, list);
  }
  return list;
}

/** Finds holes in lists of like blocks below a path: numbers that are left out, and blocks that lack what all others have. */
export function findHoles(index: TensorIndex, at: string, lists: readonly BlockList[]): Words[] {
  return lists.flatMap(({ at: list, varies = [] }) => {
    const blocks = new Map<number, Set<string>>();
    const start = `${at}${list}.`;
    for (const { name: key } of tensorsBelow(index, start)) {
      const dot = key.indexOf('.', start.length);
      const number = Number(key.slice(start.length, dot));
      if (dot < 0 || !Number.isInteger(number)) continue;
      const block = blocks.get(number);
      const name = key.slice(dot + 1);
      if (block === undefined) blocks.set(number, new Set([name]));
      else block.add(name);
    }
    return blocks.size < 2 ? [] : holesIn(start, blocks, varies);
  });
}

function holesIn(start: string, blocks: ReadonlyMap<number, ReadonlySet<string>>, varies: readonly string[]): Words[] {
  const counts = new Map<string, number>();
  for (const block of blocks.values()) for (const name of block) counts.set(name, (counts.get(name) ?? 0) + 1);
  const most = [...counts]
    .filter(([name, count]) => count * 2 > blocks.size && !varies.some((beginning) => name.startsWith(beginning)))
    .map(([name]) => name);
  const missing: string[] = [];
  const last = Math.max(...blocks.keys());
  // A number far out belongs to no list.
  for (let number = 0; number <= Math.min(last, 2 * blocks.size + 8); number++) {
    const block = blocks.get(number);
    if (block === undefined) missing.push(`${start}${number}`);
    else missing.push(...most.filter((name) => !block.has(name)).map((name) => `${start}${number}.${name}`));
  }
  return missing.length === 0 ? [] : [missingWords({ en: 'file', zh: '文件' }, missing)];
}

function missingWords(title: Words, missing: readonly string[], found?: number): Words {
  const of = found === undefined ? '' : ` of ${found + missing.length}`;
  const all = found === undefined ? '' : `（共 ${found + missing.length} 个）`;
  return {
    en: `The ${title.en} lacks ${missing.length}${of} tensors: ${some(missing)}.`,
    zh: `${title.zh} 缺少 ${missing.length} 个张量${all}：${some(missing)}。`,
  };
}

function misshapenWords(
  title: Words,
  misshapen: readonly { readonly entry: TensorEntry; readonly shape: readonly number[] }[],
): Words {
  const [{ entry, shape }] = misshapen as [(typeof misshapen)[number]];
  const more = misshapen.length - 1;
  const [is, shall] = [`[${entry.shape.join(', ')}]`, `[${shape.join(', ')}]`];
  return {
    en: `A tensor of the ${title.en} has the wrong shape: ${short(entry.name)} is ${is}, expected ${shall}${more > 0 ? `; so have ${more} more` : ''}.`,
    zh: `${title.zh} 的张量形状不对：${short(entry.name)} 为 ${is}，应为 ${shall}${more > 0 ? `；另有 ${more} 个` : ''}。`,
  };
}

const strangerWords = (title: Words, strangers: readonly string[]): Words => ({
  en: `The ${title.en} has blocks that follow after a gap: ${some(strangers)}.`,
  zh: `${title.zh} 在缺口之后还有块：${some(strangers)}。`,
});

/** A few names, and how many more. */
function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).map(short).join(', ');
  return names.length > 3 ? `${shown}, … (+${names.length - 3})` : shown;
}

const short = (name: string): string => (name.length > 120 ? `${name.slice(0, 120)}…` : name);

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);
