import { remember } from '../weights/remember.ts';
import type { TensorEntry, TensorIndex } from '../weights/tensor-index.ts';
import type { AddOnLayout, Algorithm } from './add-on.ts';
import { algorithms } from './algorithms/index.ts';
import type { TargetId } from './identification.ts';
import { layouts } from './layouts/index.ts';
import { ModuleShapes } from './module-shapes.ts';
import { splitKey } from './split-key.ts';

/** A layer that an add-on changes. */
export interface AddOnModule {
  /** As its keys have it. */
  readonly name: string;
  /** Without the beginning that says which network it is in, dots as underscores; empty where the layout only counts. */
  readonly path: string;
  readonly target: TargetId;
  readonly algorithm: Algorithm;
  readonly shapes: ModuleShapes;
}

/** A LoRA or one of its kin, taken apart. */
export interface ReadAddOn {
  readonly layout: AddOnLayout;
  readonly modules: readonly AddOnModule[];
  /** Modules with tensors of no algorithm. */
  readonly unknown: readonly string[];
  /** Words whose embeddings come along. */
  readonly embeddings: readonly string[];
  /** Keys that belong to no module. */
  readonly strangers: readonly string[];
}

/** What the first LoRA files note for the words they bring along. */
const EMBEDDING_NOTE = '<embed>';

/** After so many keys without a factor a file is none. */
const PATIENCE = 300;
const inOrder: readonly Algorithm[] = Object.values(algorithms).sort((a, b) => a.order - b.order);
const allLayouts: readonly AddOnLayout[] = Object.values(layouts);

/** Takes a LoRA file of any layout apart; undefined when the file is none. */
export function readAddOn(index: TensorIndex): ReadAddOn | undefined {
  // Only where the notes mark embeddings does more count than the list of tensors.
  for (const note of index.metadata.values())
    if (note === EMBEDDING_NOTE) return takeApart(index.tensors, index.metadata);
  return withoutNotes(index.tensors);
}

type Tensors = TensorIndex['tensors'];

const takeApart = (tensors: Tensors, notes: TensorIndex['metadata']): ReadAddOn | undefined =>
  readKeys(tensors, notes) ?? readList(tensors);

const withoutNotes = remember((tensors: Tensors) => takeApart(tensors, new Map()));

function readKeys(tensors: Tensors, notes: TensorIndex['metadata']): ReadAddOn | undefined {
  const shapes = new Map<string, ModuleShapes>();
  /** One key of a factor for every stretch of a module's keys. */
  const factorKeys: string[] = [];
  const embeddings = new Set<string>();
  const strangers: string[] = [];
  let seen = 0;
  let last: { name: string | undefined; shapes: ModuleShapes; hasFactor: boolean } = {
    name: undefined,
    shapes: new ModuleShapes(),
    hasFactor: false,
  };
  for (const [key, entry] of tensors) {
    if (++seen > PATIENCE && factorKeys.length === 0) return undefined;
    const split = splitKey(key);
    if (split === undefined) {
      const word = embeddingOf(key, entry, notes);
      if (word !== undefined) embeddings.add(word);
      else strangers.push(key);
      continue;
    }
    // Mostly the tensors of a module follow each other.
    if (split.module !== last.name)
      last = { name: split.module, shapes: shapesOf(shapes, split.module), hasFactor: false };
    last.shapes.set(split.role, entry.shape);
    if (split.isFactor && !last.hasFactor) {
      last.hasFactor = true;
      factorKeys.push(key);
    }
  }
  if (factorKeys.length === 0 || strangers.length > tensors.size / 2) return undefined;
  const layout = layoutOf(factorKeys);
  return layout === undefined ? undefined : { ...sort(layout, shapes), embeddings: [...embeddings], strangers };
}

function shapesOf(shapes: Map<string, ModuleShapes>, module: string): ModuleShapes {
  const known = shapes.get(module);
  if (known !== undefined) return known;
  const fresh = new ModuleShapes();
  shapes.set(module, fresh);
  return fresh;
}

/** The word of an embedding inside a LoRA file. */
function embeddingOf(key: string, entry: TensorEntry, notes: TensorIndex['metadata']): string | undefined {
  const bundled = /^bundle_emb\.(.+?)\.(?:string_to_param\.|emb_params|clip_[lg]$)/.exec(key);
  if (bundled !== null) return bundled[1];
  return notes.get(key) === EMBEDDING_NOTE || (/^<.*>$/.test(key) && entry.shape.length <= 2) ? key : undefined;
}

const BEGINNING_CHARACTERS = 12;

/** The layout that the keys of factors are written in; of several the one that has the others as well. */
function layoutOf(keys: Iterable<string>): AddOnLayout | undefined {
  const found = new Set<AddOnLayout>();
  let last = '';
  for (const key of keys) {
    // Keys that begin alike are of one layout.
    if (last !== '' && key.startsWith(last)) continue;
    last = key.slice(0, BEGINNING_CHARACTERS);
    const layout = allLayouts.find((one) => one.key.test(key));
    if (layout !== undefined) found.add(layout);
  }
  const [first] = found;
  const mixing = [...found].find((layout) =>
    [...found].every((one) => one === layout || layout.mixes?.includes(one.id)),
  );
  return mixing ?? first;
}

function sort(layout: AddOnLayout, shapes: ReadonlyMap<string, ModuleShapes>) {
  const modules: AddOnModule[] = [];
  const unknown: string[] = [];
  for (const [name, own] of shapes) {
    const algorithm = inOrder.find((one) => one.matches(own));
    if (algorithm === undefined) unknown.push(name);
    else {
      const target = layout.targets.find(({ start }) => name.startsWith(start));
      const path = name.slice(target?.start.length ?? 0).replaceAll('.', '_');
      const isCounted = name.includes(':');
      modules.push({ name, path: isCounted ? '' : path, target: target?.id ?? 'denoiser', algorithm, shapes: own });
    }
  }
  return { layout, modules, unknown };
}

/** A plain list: up, down, up, down, … in the order of the network's layers. */
function readList(tensors: Tensors): ReadAddOn | undefined {
  const { size } = tensors;
  if (size < 2 || size % 2 === 1 || !tensors.has(String(size - 1))) return undefined;
  const shapes = new Map<string, ModuleShapes>();
  for (let i = 0; i < size; i += 2) {
    const [up, down] = [tensors.get(String(i)), tensors.get(String(i + 1))];
    if (up?.shape.length !== 2 || down?.shape.length !== 2 || up.shape[1] !== down.shape[0]) return undefined;
    shapes.set(String(i / 2), new ModuleShapes().set('lora_up', up.shape).set('lora_down', down.shape));
  }
  const { modules, ...rest } = sort(layouts.cloneofsimoList, shapes);
  const target = isTextEncoder(modules) ? 'text-encoder-1' : 'denoiser';
  return {
    ...rest,
    modules: modules.map((module) => ({ ...module, path: '', target })),
    embeddings: [],
    strangers: [],
  };
}

/** The layers of a text encoder are all as wide as each other; those of a UNet are not. */
const isTextEncoder = (modules: readonly AddOnModule[]): boolean =>
  new Set(modules.map(({ algorithm, shapes }) => algorithm.inputWidth(shapes))).size === 1;
