import { judge } from '../detect-family.ts';
import { families as familyRegistry } from '../families/index.ts';
import type { KeyLayout, KnownFamily } from '../family.ts';
import { holds } from '../weights/evidence.ts';
import type { TensorIndex } from '../weights/tensor-index.ts';
import type { Words } from '../words.ts';
import { describeAddOn } from './describe-add-on.ts';
import { describeCheckpoint } from './describe-checkpoint.ts';
import { describeSigned } from './describe-signed.ts';
import type { FileFacts, Identification } from './identification.ts';
import { readAddOn } from './read-add-on.ts';
import { readWhole, precisionOf } from './read-parts.ts';
import type { Signature } from './signature.ts';
import { signatures as signatureRegistry } from './signatures/index.ts';

const allFamilies: readonly KnownFamily[] = Object.values(familyRegistry);
const allSignatures: readonly Signature[] = Object.values(signatureRegistry);
const allLayouts: readonly { readonly family: KnownFamily; readonly layout: KeyLayout }[] = allFamilies.flatMap(
  (family) => family.layouts.map((layout) => ({ family, layout })),
);

/** Says what a file is by the names, shapes and notes in its header. Reads no weights and never throws. */
export function identify(index: TensorIndex, facts: FileFacts): Identification {
  const named: TensorIndex = { ...index, file: facts.fileName };
  const addOn = readAddOn(named);
  if (addOn !== undefined) return describeAddOn(named, facts, addOn, allFamilies);
  const signature = allSignatures.find(({ evidence }) => evidence.every((one) => holds(one, named)));
  if (signature !== undefined) return describeSigned(named, facts, signature, allFamilies);
  const found = allLayouts.find(({ layout }) => layout.evidence.every((one) => holds(one, named)));
  if (found !== undefined) return describeCheckpoint(named, facts, found, allFamilies);
  return describeUnknown(named, facts);
}

/** What most speaks for, and what is wanting for that. */
function describeUnknown(index: TensorIndex, facts: FileFacts): Identification {
  const judged = [
    ...allSignatures.map(({ title, evidence }) => ({ title, ...judge(evidence, index) })),
    ...allLayouts.map(({ family, layout }) => ({
      title: { en: family.title, zh: family.title },
      ...judge(layout.evidence, index),
    })),
  ];
  const best = judged.reduce((a, b) => (b.share > a.share ? b : a));
  const closest = best.share > 0 ? best.title : undefined;
  const parts = readWhole(index, { en: 'tensors', zh: '张量' });
  return {
    kind: 'unknown',
    title: unknownTitle(index, closest),
    verdict: 'unknown',
    recognisedBy: undefined,
    format: index.format,
    families: [],
    closest,
    variant: undefined,
    weightSet: undefined,
    prediction: undefined,
    parts,
    missing: [],
    bakedVae: undefined,
    precision: precisionOf(parts),
    size: { bytes: facts.sizeBytes, usual: undefined, verdict: undefined },
    folder: undefined,
    goodFor: [],
    addOn: undefined,
    reasons: closest === undefined ? [] : [...best.reasons, ...best.missing.map(notTrue)],
    conflicts: [],
    warnings: [],
    damage: [],
  };
}

function unknownTitle(index: TensorIndex, closest: Words | undefined): Words {
  if (index.tensors.size === 0) return { en: 'a file without tensors', zh: '没有张量的文件' };
  if (closest === undefined) return { en: 'unknown, like nothing that is known', zh: '未知，与已知的都不相似' };
  return { en: `unknown, closest to ${closest.en}`, zh: `未知，最接近 ${closest.zh}` };
}

const notTrue = ({ en, zh }: Words): Words => ({ en: `not found: ${en}`, zh: `未见：${zh}` });
