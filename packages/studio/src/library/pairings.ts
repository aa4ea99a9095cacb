import type { KindId } from '@danqing/engine/identify/identification';
import type { Words } from '@danqing/engine/words';

/** What a catalogue says about what goes with what. */
export interface PairedEntry {
  readonly id: string;
  readonly name: string;
  /** Recommended checkpoints, any one of which will do. */
  readonly needs?: readonly string[] | undefined;
  /** Used together. */
  readonly pairWith?: readonly string[] | undefined;
}

/** A model as far as it matters what it goes with. */
export interface PairedModel {
  readonly path: string;
  readonly stem: string;
  readonly kind: KindId;
  readonly families: readonly { readonly id: string; readonly title: string }[];
  readonly notes: { readonly recommendedBase?: string | undefined };
  readonly facts: { readonly trainedOn?: string };
}

/** What a model goes with, or does not. */
export interface Pairing {
  readonly type:
    /** Made for another family than the checkpoint is of: it does nothing, or is refused. */
    | 'mismatch'
    /** Recommended with checkpoints of which this is none. */
    | 'other-base'
    /** Recommended with the checkpoint, or with one that is named. */
    | 'base'
    /** Used together. */
    | 'goes-with';
  /** Name of the other one. */
  readonly name: string;
  /** Its path where it is installed. */
  readonly path?: string;
  readonly says: Words;
}

export interface PairingQuestion<Model extends PairedModel> {
  readonly model: Model;
  /** The checkpoint that is in use. */
  readonly checkpoint?: Model | undefined;
  /** All models that are installed; only asked for where the catalogue knows the model. */
  installed(): readonly Model[];
  readonly catalogue: readonly PairedEntry[];
  /** The entry of the catalogue that a model is, if it is one. */
  entryOf(model: Model): PairedEntry | undefined;
}

/** Says what a model goes with: by the families of both, the catalogue, what is noted, and what it was trained on (LIB-22, LIB-23). */
export function findPairings<Model extends PairedModel>(question: PairingQuestion<Model>): Pairing[] {
  const { model, catalogue, entryOf } = question;
  const own = entryOf(model);
  const byId = new Map(catalogue.map((entry) => [entry.id, entry]));
  const installedBy = new Map<string, PairedModel>();
  for (const each of own === undefined ? [] : question.installed()) {
    const entry = entryOf(each);
    if (entry !== undefined && !installedBy.has(entry.id)) installedBy.set(entry.id, each);
  }
  const linked = (type: Pairing['type'], id: string, says: (name: string) => Words): Pairing => {
    const name = byId.get(id)?.name ?? id;
    const path = installedBy.get(id)?.path;
    const { en, zh } = says(name);
    const there = path === undefined ? { en: ' It is not installed.', zh: '尚未安装。' } : { en: '', zh: '' };
    return { type, name, ...(path !== undefined && { path }), says: { en: en + there.en, zh: zh + there.zh } };
  };
  const recommendedBy = catalogue.filter(({ needs = [] }) => own !== undefined && needs.includes(own.id));
  const together = new Set([...(own?.pairWith ?? []), ...recommendedBy.map(({ id }) => id)]);
  return [
    ...mismatches(question),
    ...otherBase(question, own, byId),
    ...notedBase(model),
    ...(own?.needs ?? []).map((id) => linked('base', id, bestWith)),
    ...[...together].map((id) => linked('goes-with', id, goesWith)),
  ];
}

/** Kinds that are used with a checkpoint and must be of its family. */
const ADD_ONS: ReadonlySet<KindId> = new Set<KindId>([
  'lora',
  'lycoris',
  'embedding',
  'hypernetwork',
  'aesthetic-gradient',
  'controlnet',
  't2i-adapter',
  'ip-adapter',
  'motion-module',
  'vae',
  'taesd',
]);

function mismatches<Model extends PairedModel>({ model, checkpoint }: PairingQuestion<Model>): Pairing[] {
  if (checkpoint === undefined || !ADD_ONS.has(model.kind)) return [];
  const [mine, theirs] = [model.families, checkpoint.families];
  if (mine.length === 0 || theirs.length === 0) return [];
  if (mine.some(({ id }) => theirs.some((family) => family.id === id))) return [];
  const [isFor, is] = [mine, theirs].map((families) => families.map(({ title }) => title));
  const says = {
    en: `${model.stem} is for ${isFor!.join(' or ')}, but ${checkpoint.stem} is ${is!.join(' or ')}: they do not fit together.`,
    zh: `${model.stem} 用于 ${isFor!.join(' 或 ')}，而 ${checkpoint.stem} 是 ${is!.join(' 或 ')}：两者不能一起使用。`,
  };
  return [{ type: 'mismatch', name: checkpoint.stem, path: checkpoint.path, says }];
}

function otherBase<Model extends PairedModel>(
  { model, checkpoint, entryOf }: PairingQuestion<Model>,
  own: PairedEntry | undefined,
  byId: ReadonlyMap<string, PairedEntry>,
): Pairing[] {
  if (checkpoint === undefined || own?.needs === undefined) return [];
  const used = entryOf(checkpoint);
  if (used !== undefined && own.needs.includes(used.id)) return [];
  const names = own.needs.map((id) => byId.get(id)?.name ?? id);
  const says = {
    en: `${model.stem} is recommended with ${names.join(' or ')}; with ${checkpoint.stem} it may look different.`,
    zh: `${model.stem} 推荐搭配主模型 ${names.join(' 或 ')}；用 ${checkpoint.stem} 效果可能不同。`,
  };
  return [{ type: 'other-base', name: checkpoint.stem, path: checkpoint.path, says }];
}

function notedBase({ notes: { recommendedBase }, facts: { trainedOn } }: PairedModel): Pairing[] {
  const base = (name: string | undefined, says: (name: string) => Words): Pairing[] =>
    name === undefined ? [] : [{ type: 'base', name, says: says(name) }];
  return [
    ...base(recommendedBase, (name) => ({ en: `You noted ${name} as its base.`, zh: `你记下的推荐主模型：${name}。` })),
    ...base(trainedOn, (name) => ({ en: `It was trained on ${name}.`, zh: `训练时的底模：${name}。` })),
  ];
}

const bestWith = (name: string): Words => ({ en: `Recommended with ${name}.`, zh: `推荐搭配主模型 ${name}。` });

const goesWith = (name: string): Words => ({ en: `Often used with ${name}.`, zh: `常与 ${name} 搭配使用。` });
