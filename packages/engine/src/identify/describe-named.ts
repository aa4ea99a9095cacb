import type { FileFacts, Identification, KindId } from './identification.ts';
import { kindOf } from './kind-of.ts';
import { sizeFact } from './size-fact.ts';

/** Describes a file of which only the container is known, and what its name says. */
export function describeNamed(
  facts: FileFacts,
  format: string,
  id: Exclude<KindId, 'unknown'> | undefined,
  recognisedBy: string | undefined,
): Identification {
  const kind = id === undefined ? undefined : kindOf(id);
  return {
    kind: id ?? 'unknown',
    title:
      kind === undefined
        ? { en: `${format} model of unknown kind`, zh: `${format} 模型，类型未知` }
        : { en: `${kind.title.en} (${format}), by its name`, zh: `${kind.title.zh}（${format}），按名称判断` },
    verdict: kind === undefined ? 'unknown' : 'known',
    recognisedBy,
    format,
    families: [],
    closest: undefined,
    variant: undefined,
    weightSet: undefined,
    prediction: undefined,
    parts: [],
    missing: [],
    bakedVae: undefined,
    precision: undefined,
    size:
      kind === undefined
        ? { bytes: facts.sizeBytes, usual: undefined, verdict: undefined }
        : sizeFact(kind, facts.sizeBytes),
    folder: kind?.folder,
    goodFor: kind === undefined ? [] : [kind.use],
    addOn: undefined,
    reasons: [
      {
        en: `${format} models are programs of their own, known here by their names only`,
        zh: `${format} 模型自成程序，这里只按名称判断`,
      },
    ],
    conflicts: [],
    warnings: [],
    damage: [],
  };
}
