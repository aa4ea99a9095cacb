import type { KeyLayout, KnownFamily } from '../family.ts';
import { holds } from '../weights/evidence.ts';
import { folderSections, sections, type SectionId, sectionTitles, textSections } from '../weights/keys/sections.ts';
import { denoiserAt, structuresAlone, structuresInside } from '../weights/keys/structures.ts';
import type { TensorIndex } from '../weights/tensor-index.ts';
import type { Words } from '../words.ts';
import { findConflicts } from './claims.ts';
import { familyFact } from './describe-signed.ts';
import { findDamage, findHoles } from './find-damage.ts';
import type { FileFacts, Identification, PartFact } from './identification.ts';
import { kindOf } from './kind-of.ts';
import { predictionOf } from './known-prediction.ts';
import { precisionOf, readParts, readWhole } from './read-parts.ts';
import { sizeFact } from './size-fact.ts';
import { useOfWeights, weightSetOf } from './weight-set.ts';

/** Describes a file of a family: a checkpoint, a folder, or a denoiser alone. */
export function describeCheckpoint(
  index: TensorIndex,
  facts: FileFacts,
  { family, layout }: { readonly family: KnownFamily; readonly layout: KeyLayout },
  families: readonly KnownFamily[],
): Identification {
  const isWhole = layout.id === 'checkpoint' || layout.id === 'folder';
  const parts = isWhole
    ? readParts(index, layout.id === 'folder' ? folderSections : sections)
    : readWhole(index, sectionTitles.denoiser);
  const present = new Set<string>(isWhole ? parts.map(({ id }) => id) : ['denoiser']);
  const missing = missingParts(family, present, layout.id);
  const hasText = [...textSections].some((id) => present.has(id));
  const kind = kindOf(present.has('vae') || hasText ? 'checkpoint' : 'denoiser');
  const variant = family.variants?.find(({ when }) => holds(when, index));
  const weightSet = isWhole ? weightSetOf(parts, facts.fileName) : undefined;
  // The upscaler attends otherwise in some of its blocks.
  const isUnet = family.hasUnet === true && variant?.id !== 'upscaler';
  const damage = [
    ...findDamage(
      index,
      (isWhole ? structuresInside : structuresAlone).filter((one) => isUnet || !one.id.endsWith('unet')),
    ),
    ...findHoles(index, denoiserAt[layout.id], family.lists ?? []),
    ...emaDamage(parts),
  ];
  return {
    kind: kind.id,
    title: titleOf(kind.title, family, variant?.title),
    verdict: damage.length > 0 ? 'broken' : 'known',
    recognisedBy: family.id,
    format: index.format,
    families: [familyFact(family)],
    closest: undefined,
    variant: variant && { id: variant.id, title: variant.title },
    weightSet,
    prediction: predictionOf(index, family),
    ...notedSize(index),
    parts,
    missing: missing.map((id) => ({ id, title: sectionTitles[id] })),
    bakedVae: kind.id === 'checkpoint' ? present.has('vae') : undefined,
    precision: precisionOf(parts),
    size: sizeFact(kind, facts.sizeBytes),
    folder: kind.folder,
    goodFor: [
      ...(variant === undefined ? [] : [variant.use]),
      ...(weightSet === undefined || kind.id !== 'checkpoint' ? [kind.use] : [useOfWeights(weightSet)]),
    ],
    addOn: undefined,
    reasons: layout.evidence.map(({ says }) => says),
    conflicts: findConflicts(index, [family], families, undefined),
    warnings: [...missingWarnings(missing, kind.id), ...trainingWarnings(index)],
    damage,
  };
}

/** The size in the notes of a model card, as Stability AI specifies them. */
function notedSize({ metadata }: TensorIndex): Pick<Identification, 'notedSize'> {
  const parts = /^(\d{2,5})x(\d{2,5})$/.exec(metadata.get('modelspec.resolution') ?? '');
  return parts === null ? {} : { notedSize: { width: Number(parts[1]), height: Number(parts[2]) } };
}

/** What a family needs and a file lacks; in a folder text encoders are only counted. */
function missingParts(family: KnownFamily, present: ReadonlySet<string>, layout: KeyLayout['id']): SectionId[] {
  const texts = family.needs.filter((id) => textSections.has(id));
  const lacksText =
    layout === 'folder'
      ? texts.slice([...textSections].filter((id) => present.has(id)).length)
      : texts.filter((id) => !present.has(id) && !present.has('text-encoder'));
  return [...lacksText, ...family.needs.filter((id) => !textSections.has(id) && !present.has(id))];
}

function missingWarnings(missing: readonly SectionId[], kind: string): Words[] {
  // A missing VAE is a fact of its own (`bakedVae`).
  const names = missing.filter((id) => id !== 'vae').map((id) => sectionTitles[id]);
  if (names.length === 0 || kind !== 'checkpoint') return [];
  return [
    {
      en: `Not inside: ${names.map(({ en }) => en).join(', ')}. Choose a file for each.`,
      zh: `文件内没有：${names.map(({ zh }) => zh).join('、')}。需另选文件。`,
    },
  ];
}

/** Trainers of the first years saved their optimizers along. */
function trainingWarnings(index: TensorIndex): Words[] {
  if (index.extras?.has('optimizer_states') !== true) return [];
  return [
    {
      en: 'The state of an optimizer is inside as well; converting the file leaves it out.',
      zh: '文件内还存有优化器状态；转换时会去掉。',
    },
  ];
}

/** The running average has as many tensors as what it averages, and two numbers. */
function emaDamage(parts: readonly PartFact[]): Words[] {
  const count = (id: SectionId): number => parts.find((part) => part.id === id)?.tensors ?? 0;
  const [ema, denoiser] = [count('ema'), count('denoiser')];
  if (ema === 0 || ema >= denoiser) return [];
  return [
    {
      en: `The EMA weights are not whole: ${ema} tensors, where the denoiser has ${denoiser}.`,
      zh: `EMA 权重不完整：只有 ${ema} 个张量，而去噪网络有 ${denoiser} 个。`,
    },
  ];
}

function titleOf(kind: Words, family: KnownFamily, variant: Words | undefined): Words {
  return {
    en: `${family.title}${variant === undefined ? '' : ` (${variant.en})`}, ${kind.en}`,
    zh: `${family.title}${variant === undefined ? '' : `（${variant.zh}）`}，${kind.zh}`,
  };
}
