import { basename, parse } from 'node:path';
import { adviseUse } from '@danqing/studio/library/advise-use';
import type { FileInspection } from '@danqing/studio/library/inspect-file';
import { showText } from '@danqing/studio/library/show-text';
import type { filesEn } from '../messages/files.ts';
import { printBytes } from '../terminal/print-bytes.ts';
import { printColumns } from '../terminal/print-table.ts';
import { withoutPath } from './without-path.ts';

type Say = typeof filesEn.inspect;
type Identified = NonNullable<FileInspection['identification']>;

/** A label and what stands behind it, on as many lines as there are. */
type Row = readonly [label: string, lines: readonly string[]];

const TAGS_SHOWN = 20;
const REASONS_SHOWN = 4;

/** All that is known of a file on a card: a title, and rows of facts; what comes from the file is made safe to print. */
export function printCard(inspection: FileInspection, say: Say): string {
  const { path, identification: found, title } = inspection;
  const what = found === undefined ? say.unreadable : say.inWords(found.title);
  const name = showText(basename(path));
  const called = title === undefined || title === '' ? '' : ` “${showText(title)}”`;
  const rows: Row[] = [
    ...(found === undefined ? [] : factRows(found, inspection, say)),
    ...useRows(inspection, say),
    [say.safety, [say.inWords(inspection.safety.says)]],
    ...hashRows(inspection, say),
    ...troubleRows(inspection, say),
  ];
  const cells = rows
    .filter(([, lines]) => lines.length > 0)
    .map(([label, lines]) => [`  ${label}`, lines.map((line) => showText(line)).join('\n')]);
  const heading = found?.verdict === 'broken' ? say.broken(what) : what;
  return `${name}${called}\n  ${heading}\n\n${printColumns(cells)}`;
}

function factRows(
  found: Identified,
  { path, sizeBytes, sameVae, vaeFile, vaeAdvice }: FileInspection,
  say: Say,
): Row[] {
  const { families, goodFor, folder, kind, size, precision, weightSet, prediction, bakedVae, parts, addOn } = found;
  const isModel = kind === 'checkpoint' || kind === 'denoiser';
  const { usual, verdict } = size;
  const bytes = printBytes(sizeBytes);
  return [
    [say.base, families.map((family) => (isModel ? sized(family, found.notedSize, say) : family.title))],
    [say.use, goodFor.map((use) => say.inWords(use).replace('NAME', parse(path).name))],
    [say.folder, kind === 'unknown' ? [] : [folder ?? say.noFolder]],
    [
      say.size,
      [
        usual === undefined || verdict === undefined
          ? bytes
          : say.usual(bytes, printBytes(usual[0]), printBytes(usual[1]), verdict),
      ],
    ],
    [say.precision, precision === undefined ? [] : [say.inWords(precision.title)]],
    [say.weights, weightSet === undefined ? [] : [say.inWords(weightSet.title)]],
    [
      say.predicts,
      prediction === undefined ? [] : [say.prediction(prediction.type, say.inWords(prediction.why), prediction.sure)],
    ],
    [
      say.vae,
      [
        ...(bakedVae === undefined ? [] : [say.hasVae(bakedVae, sameVae && basename(sameVae))]),
        ...(vaeFile === undefined ? [] : [say.drawsWith(basename(vaeFile))]),
        ...(vaeAdvice === undefined ? [] : [say.adviseVae(say.inWords(vaeAdvice.says), vaeAdvice.get)]),
      ],
    ],
    [say.parts, isModel ? parts.map((part) => partLine(part, say)) : []],
    ...(addOn === undefined ? [] : addOnRows(addOn, say)),
    [say.why, found.reasons.slice(0, REASONS_SHOWN).map(say.inWords)],
  ];
}

/** A family with the size its models draw at: what the file's notes say, else what is usual. */
function sized(
  { title, nativeSize }: Identified['families'][number],
  noted: Identified['notedSize'],
  say: Say,
): string {
  return say.native(title, noted?.width ?? nativeSize, noted?.height ?? nativeSize);
}

function partLine({ title, bytes, tensors, types }: Identified['parts'][number], say: Say): string {
  return say.part(say.inWords(title), printBytes(bytes), tensors, types.map(({ dtype }) => dtype).join(', '));
}

function addOnRows(addOn: NonNullable<Identified['addOn']>, say: Say): Row[] {
  const { layout, ranks, alpha, targets, dora, embeddings } = addOn;
  const shown = ranks.slice(0, 4).map(({ rank }) => String(rank));
  const rank = ranks.length > shown.length ? `${shown.join(', ')}, …` : shown.join(', ');
  return [
    [
      say.addOn,
      [
        ...targets.map(({ title, modules }) => say.modules(say.inWords(title), modules)),
        ...(dora === 0 ? [] : [say.dora(dora)]),
      ],
    ],
    [say.rank, rank === '' ? [] : [say.ranks(rank, alpha.noted)]],
    [say.layout, [say.inWords(layout.title)]],
    [say.embeddings, embeddings.length === 0 ? [] : [embeddings.join(', ')]],
  ];
}

function useRows({ triggerWords, tags, trainedOn, recommended, known }: FileInspection, say: Say): Row[] {
  const { weight, clipSkip, negativeText, vae } = recommended;
  const shown = typeof weight === 'object' ? weight.join(' – ') : weight?.toString();
  const entry = known?.entry;
  const advice =
    entry === undefined ? [] : [entry.purpose, entry.advice, adviseUse(entry)].filter((one) => one !== undefined);
  const one = (value: string | undefined): readonly string[] => (value === undefined ? [] : [value]);
  return [
    [say.trigger, triggerWords.length === 0 ? [] : [triggerWords.join(', ')]],
    [say.weight, one(shown)],
    [say.clipSkip, one(clipSkip?.toString())],
    [say.negative, one(negativeText)],
    [say.vae, one(vae)],
    [
      say.tags,
      tags.length === 0 ? [] : [`${tags.slice(0, TAGS_SHOWN).join(', ')}${tags.length > TAGS_SHOWN ? ', …' : ''}`],
    ],
    [say.trainedOn, one(trainedOn)],
    [say.known, known === undefined ? [] : [say.knownBy(known.entry.name, known.by), ...advice.map(say.inWords)]],
  ];
}

const HASH_NAMES = { autoV2: 'AutoV2', sha256: 'SHA-256', autoV3: 'AutoV3', old: 'old', tensors: 'tensors' } as const;

function hashRows({ hashes }: FileInspection, say: Say): Row[] {
  if (hashes === undefined) return [];
  const lines = Object.entries(HASH_NAMES).flatMap(([name, label]) => {
    const hash = hashes[name as keyof typeof HASH_NAMES];
    // Civitai prints its short hash in capitals.
    return hash === undefined ? [] : [`${label} ${name === 'autoV2' ? hash.toUpperCase() : hash}`];
  });
  return [[say.hashes, lines]];
}

function troubleRows({ path, identification: found, notices }: FileInspection, say: Say): Row[] {
  const damage = found?.damage ?? [];
  const told = new Set(damage.map(({ en }) => en).join(' '));
  return [
    [say.damage, damage.map(say.inWords)],
    [
      say.conflicts,
      (found?.conflicts ?? []).map(({ about, said, shown }) => say.conflict(say.inWords(about), said, shown)),
    ],
    [
      say.warning,
      [
        ...(found?.warnings ?? []),
        // What is broken stands above.
        ...notices
          .filter(({ type, says }) => !(type === 'bad-file' && told.size > 0 && says.en.startsWith(damage[0]!.en)))
          .map(({ says }) => says),
      ].map((words) => withoutPath(say.inWords(words), path)),
    ],
  ];
}
