import type { KnownFamily } from '../family.ts';
import { firstLike, holds } from '../weights/evidence.ts';
import { structuresAlone } from '../weights/keys/structures.ts';
import type { TensorIndex } from '../weights/tensor-index.ts';
import type { Words } from '../words.ts';
import { findConflicts } from './claims.ts';
import { findDamage, findHoles } from './find-damage.ts';
import type { FamilyFact, FileFacts, Identification } from './identification.ts';
import { kindOf } from './kind-of.ts';
import { precisionOf, readWhole } from './read-parts.ts';
import type { FitRule, Signature } from './signature.ts';
import { sizeFact } from './size-fact.ts';

/** Describes a file that a signature recognised. */
export function describeSigned(
  index: TensorIndex,
  facts: FileFacts,
  signature: Signature,
  families: readonly KnownFamily[],
): Identification {
  const kind = kindOf(signature.kind);
  const parts = readWhole(index, signature.title);
  const variant = signature.variants?.find(({ when }) => holds(when, index));
  const fitting =
    signature.fits?.map((rule) => fittingFamilies(rule, index, families)).find(({ length }) => length > 0) ?? [];
  const damage = [
    ...(signature.structure === undefined ? [] : findDamage(index, structuresAlone.filter(isOf(signature.structure)))),
    ...findHoles(index, '', signature.lists ?? []),
  ];
  return {
    kind: kind.id,
    title: withVectors(titleOf(signature, variant?.title, fitting), signature, index),
    verdict: damage.length > 0 ? 'broken' : 'known',
    recognisedBy: signature.id,
    format: index.format,
    families: fitting.map(familyFact),
    closest: undefined,
    variant: variant && { id: variant.id, title: variant.title },
    weightSet: undefined,
    prediction: undefined,
    parts,
    missing: [],
    bakedVae: undefined,
    precision: precisionOf(parts),
    size: sizeFact(kind, facts.sizeBytes),
    folder: kind.folder,
    goodFor: [kind.use],
    addOn: undefined,
    reasons: signature.evidence.map(({ says }) => says),
    conflicts: findConflicts(index, fitting, families, undefined),
    warnings: [],
    damage,
  };
}

export const familyFact = ({ id, title, nativeSize }: KnownFamily): FamilyFact => ({ id, title, nativeSize });

const isOf =
  (wanted: NonNullable<Signature['structure']>) =>
  ({ id }: { readonly id: string }): boolean =>
    id === wanted || id === `diffusers-${wanted}`;

function fittingFamilies(rule: FitRule, index: TensorIndex, families: readonly KnownFamily[]): readonly KnownFamily[] {
  const byId = (ids: readonly string[]) => families.filter(({ id }) => ids.includes(id));
  if ('families' in rule) return byId(rule.families);
  if ('choose' in rule) return byId(rule.choose.find(({ when }) => holds(when, index))?.families ?? []);
  const entry = rule.at.map((pattern) => firstLike(index, pattern)).find((one) => one !== undefined);
  const size = entry?.shape.at(rule.axis);
  if (size === undefined) return [];
  return families.filter((family) => {
    if (rule.by === 'latentChannels') return family.latentChannels === size;
    if (rule.by === 'contextWidth') return family.addOns?.contextWidth === size;
    const widths = family.addOns?.textWidths ?? [];
    return widths.length === 1 && widths[0] === size;
  });
}

/** How many vectors an embedding stands for; where a file has several words it is another number for each. */
function withVectors(title: Words, { vectors = [] }: Signature, index: TensorIndex): Words {
  const entry = vectors.map((pattern) => firstLike(index, pattern)).find((one) => one !== undefined);
  if (entry === undefined || (vectors[0] === '*' && index.tensors.size > 1)) return title;
  const count = entry.shape.length === 1 ? 1 : entry.shape[0]!;
  return { en: `${title.en}, ${count} vector${count === 1 ? '' : 's'}`, zh: `${title.zh}，${count} 个向量` };
}

function titleOf(signature: Signature, variant: Words | undefined, fitting: readonly KnownFamily[]): Words {
  const { title } = signature;
  const of = fitting.map((family) => family.title);
  // Where most would do, naming them says nothing.
  const isTold = of.length > 0 && of.length <= 2;
  const says = (name: string, detail: string | undefined, open: string, close: string): string =>
    detail === undefined ? name : `${name}${open}${detail}${close}`;
  return {
    en: says(says(title.en, variant?.en, ', ', ''), isTold ? of.join(' and ') : undefined, ' for ', ''),
    zh: says(says(title.zh, variant?.zh, '（', '）'), isTold ? of.join('、') : undefined, '，用于 ', ''),
  };
}
