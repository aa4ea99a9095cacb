import type { KnownFamily } from '../family.ts';
import { remember } from '../weights/remember.ts';
import type { TensorIndex } from '../weights/tensor-index.ts';
import type { Words } from '../words.ts';
import { baseOfAddOn } from './base-of-add-on.ts';
import { findConflicts } from './claims.ts';
import { familyFact } from './describe-signed.ts';
import type { AddOnFact, FileFacts, Identification, TargetId } from './identification.ts';
import { kindOf } from './kind-of.ts';
import type { AddOnModule, ReadAddOn } from './read-add-on.ts';
import { precisionOf, readWhole } from './read-parts.ts';
import { sizeFact } from './size-fact.ts';

const TARGETS: Readonly<Record<TargetId, Words>> = {
  denoiser: { en: 'denoiser', zh: '去噪网络' },
  'text-encoder-1': { en: 'text encoder', zh: '文本编码器' },
  'text-encoder-2': { en: 'second text encoder', zh: '第二文本编码器' },
  'text-encoder-3': { en: 'third text encoder', zh: '第三文本编码器' },
};

/** Describes a LoRA or one of its kin. */
export function describeAddOn(
  index: TensorIndex,
  facts: FileFacts,
  read: ReadAddOn,
  families: readonly KnownFamily[],
): Identification {
  const { kind, fitting, addOn, ...shown } = shownBy(families)(read);
  const parts = readWhole(index, kind.title);
  const noted = index.metadata.get('ss_network_alpha')?.slice(0, 50);
  return {
    kind: kind.id,
    ...shown,
    recognisedBy: read.layout.id,
    format: index.format,
    closest: undefined,
    variant: undefined,
    weightSet: undefined,
    prediction: undefined,
    parts,
    missing: [],
    bakedVae: undefined,
    precision: precisionOf(parts),
    size: sizeFact(kind, facts.sizeBytes),
    folder: kind.folder,
    goodFor: [kind.use],
    addOn: { ...addOn, alpha: { ...addOn.alpha, noted } },
    conflicts: findConflicts(index, fitting, families, addOn),
  };
}

/** What the modules of an add-on show, whatever its notes say. */
const shownBy = remember((families: readonly KnownFamily[]) =>
  remember((read: ReadAddOn) => {
    const addOn = factsOf(read);
    const isLycoris = addOn.convolutions > 0 || read.modules.some(({ algorithm }) => algorithm.isLycoris);
    const base = baseOfAddOn(read.modules, families);
    const damage = faultsOf(read);
    const fitting = base?.families ?? [];
    return {
      kind: kindOf(isLycoris ? 'lycoris' : 'lora'),
      title: titleOf(addOn, isLycoris, fitting),
      verdict: damage.length > 0 ? ('broken' as const) : ('known' as const),
      families: fitting.map(familyFact),
      fitting,
      addOn,
      reasons: [
        {
          en: `keys as of ${read.layout.title.en}, for ${read.modules.length} modules`,
          zh: `键名写法为 ${read.layout.title.zh}，共 ${read.modules.length} 个模块`,
        },
        ...(base === undefined ? [] : [base.why]),
      ],
      warnings: warningsOf(read, base === undefined),
      damage,
    };
  }),
);

function factsOf({ layout, modules, embeddings, strangers }: ReadAddOn): AddOnFact {
  const ranks = countBy(modules, ({ algorithm, shapes }) => algorithm.rank(shapes));
  const targets = countBy(modules, ({ target }) => target);
  const algorithms = new Map(modules.map(({ algorithm }) => [algorithm.id, algorithm]));
  const perAlgorithm = countBy(modules, ({ algorithm }) => algorithm.id);
  const convolutions = modules.filter(isConvolution).length;
  return {
    layout: { id: layout.id, title: layout.title },
    algorithms: perAlgorithm.map(([id, count]) => ({ id, title: algorithms.get(id)!.title, modules: count })),
    ranks: ranks.map(([rank, count]) => ({ rank, modules: count })),
    alpha: { modules: modules.filter(({ shapes }) => shapes.has('alpha')).length, noted: undefined },
    targets: targets.map(([id, count]) => ({ id, title: TARGETS[id], modules: count })),
    convolutions,
    dora: modules.filter(({ shapes }) => shapes.has('dora_scale')).length,
    embeddings,
    strangers,
  };
}

/** Values and how often each occurs, most frequent first; undefined is not counted. */
function countBy<T>(modules: readonly AddOnModule[], of: (module: AddOnModule) => T | undefined): [T, number][] {
  const counts = new Map<T, number>();
  for (const module of modules) {
    const value = of(module);
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a);
}

/** Whether a module changes a convolution of more than one cell: LoCon, which plain LoRA has not. */
function isConvolution({ algorithm, shapes }: AddOnModule): boolean {
  if (algorithm.id !== 'lora') return false;
  const core = shapes.get('lora_mid') ?? shapes.get('lora_down');
  return core?.length === 4 && (core[2] ?? 1) * (core[3] ?? 1) > 1;
}

function faultsOf({ modules }: ReadAddOn): Words[] {
  const faulty = modules.flatMap(({ name, algorithm, shapes }) =>
    algorithm.faults(shapes).map((fault) => `${name.slice(0, 120)}: ${fault}`),
  );
  if (faulty.length === 0) return [];
  const shown = faulty.slice(0, 3).join('; ');
  const more = faulty.length > 3 ? `; … (+${faulty.length - 3})` : '';
  return [
    {
      en: `${faulty.length} of ${modules.length} modules are not whole: ${shown}${more}.`,
      zh: `${modules.length} 个模块中有 ${faulty.length} 处不完整：${shown}${more}。`,
    },
  ];
}

function warningsOf({ unknown, strangers }: ReadAddOn, isBaseUnknown: boolean): Words[] {
  const loose = [...unknown, ...strangers];
  return [
    ...(isBaseUnknown
      ? [
          {
            en: 'Neither shapes nor names tell for which base model it was made.',
            zh: '形状与名称都看不出它是为哪种底模制作的。',
          },
        ]
      : []),
    ...(loose.length === 0
      ? []
      : [
          {
            en: `${loose.length} keys belong to no module: ${loose.slice(0, 3).join(', ').slice(0, 300)}${loose.length > 3 ? ', …' : ''}.`,
            zh: `${loose.length} 个键不属于任何模块：${loose.slice(0, 3).join('、').slice(0, 300)}${loose.length > 3 ? '……' : ''}。`,
          },
        ]),
  ];
}

function titleOf(addOn: AddOnFact, isLycoris: boolean, fitting: readonly KnownFamily[]): Words {
  const names = addOn.algorithms.map(({ id, title }) =>
    id === 'lora' && addOn.convolutions > 0 ? { en: 'LoCon', zh: 'LoCon' } : title,
  );
  const of = fitting.map(({ title }) => title);
  const kind = (language: 'en' | 'zh'): string => {
    const own = [...names.map((name) => name[language]), ...(addOn.dora > 0 ? ['DoRA'] : [])].join(' + ');
    return isLycoris ? `LyCORIS (${own})` : own;
  };
  return of.length === 0
    ? { en: `${kind('en')} for an unknown base`, zh: `${kind('zh')}，底模未知` }
    : { en: `${kind('en')} for ${of.join(' or ')}`, zh: `${kind('zh')}，用于 ${of.join(' 或 ')}` };
}
