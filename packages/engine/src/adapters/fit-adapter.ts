import { DanqingError } from '../errors.ts';
import type { KnownFamily } from '../family.ts';
import { baseOfAddOn } from '../identify/base-of-add-on.ts';
import { extractTags } from '../text/prompt/extra-networks.ts';
import { fileName } from '../weights/evidence.ts';
import type { Words } from '../words.ts';
import type { BasePart } from './base-modules.ts';
import type { LeftOut, MatchedAdapter } from './match-adapter.ts';
import type { RelativeSizes } from './measure-adapter.ts';
import { normAxisOf } from './module-delta.ts';
import type { AdapterAdvice, AdapterRequest } from './read-adapter-tag.ts';

/** How an adapter fits a checkpoint and what it does there; all that receipts and people are told. */
export interface AdapterFit {
  readonly file: string;
  readonly layout: Words;
  /** Algorithms of its modules. */
  readonly kinds: readonly string[];
  /** Ranks of its modules, each once, rising; empty for kinds that have none. */
  readonly ranks: readonly number[];
  readonly matchedKeys: number;
  readonly totalKeys: number;
  readonly leftOut: readonly LeftOut[];
  /** The families that it was made for; empty when nothing tells. */
  readonly madeFor: readonly string[];
  /** |strength| · ‖ΔW‖ / ‖W‖ by part. */
  readonly effect: Readonly<Partial<Record<BasePart, number>>>;
  readonly triggers: { readonly present: readonly string[]; readonly missing: readonly string[] };
  readonly advice: AdapterAdvice;
  /** Words that bring embeddings along. */
  readonly embeddings: readonly string[];
  /** What else there is to say. */
  readonly remarks: readonly Words[];
}

/** Larger effects than this are no style any more but noise, and numbers that overflow on the way. */
const ABSURD = 1000;

export interface FitContext {
  readonly family: KnownFamily;
  readonly families: readonly KnownFamily[];
  readonly prompt: string;
  readonly advice: AdapterAdvice;
  /** Applied even where it does not fit. */
  readonly force: boolean;
}

/**
 * Refuses an adapter that does not belong on this checkpoint, before anything is drawn.
 * @throws bad-shape naming the right base, unless `force`.
 */
export function checkBase({ adapter, modules, leftOut, matchedKeys }: MatchedAdapter, context: FitContext): string[] {
  const base = baseOfAddOn(adapter.modules, context.families);
  const isOther = base !== undefined && !base.families.some(({ id }) => id === context.family.id);
  const isWrong = matchedKeys === 0 || (isOther && leftOut.some(({ reason }) => reason !== 'unknown key'));
  if (!isWrong) return base?.families.map(({ title }) => title) ?? [];
  const right = base?.families.map(({ title }) => title).join(' or ');
  if (context.force && modules.length > 0) return base?.families.map(({ title }) => title) ?? [];
  throw new DanqingError('bad-shape', {
    where: fileName(adapter.file),
    expected: `an add-on for ${context.family.title}`,
    found: `${isOther ? `one for ${right}` : 'another one'}: ${matchedKeys} of ${adapter.keyCount} keys fit (${leftOut[0]?.says ?? 'none'})`,
    advice: isOther
      ? `Use it with a checkpoint of ${right}, or choose one that was made for ${context.family.title}.`
      : 'Choose one that was made for this checkpoint.',
  });
}

/**
 * The report on one adapter.
 * @throws not-a-number when its effect is beyond all measure, unless `force`.
 */
export function fitAdapter(
  matched: MatchedAdapter,
  request: AdapterRequest,
  sizes: RelativeSizes,
  context: FitContext,
): AdapterFit {
  const { adapter, modules } = matched;
  const madeFor = checkBase(matched, context);
  const strength = (part: BasePart): number => (part === 'denoiser' ? request.denoiser : request.textEncoder);
  const effect = Object.fromEntries([...sizes].map(([part, size]) => [part, Math.abs(strength(part)) * size]));
  const absurd = [...sizes].find(([, size]) => !(size < ABSURD));
  if (absurd !== undefined && !context.force) {
    throw new DanqingError('not-a-number', {
      where: fileName(adapter.file),
      expected: `a change that is at most ${ABSURD} times as large as the weights`,
      found: `${Number.isFinite(absurd[1]) ? absurd[1].toExponential(1) : 'more than a number can hold'} in the ${absurd[0]}`,
      advice: 'The file is damaged, or its training went wrong.',
    });
  }
  return {
    file: adapter.file,
    layout: adapter.layout.title,
    kinds: [...new Set(modules.map(({ kind }) => kind.id))],
    ranks: ranksOf(matched),
    matchedKeys: matched.matchedKeys,
    totalKeys: adapter.keyCount,
    leftOut: matched.leftOut,
    madeFor,
    effect,
    triggers: findTriggers(context),
    advice: context.advice,
    embeddings: adapter.embeddings,
    remarks: remarksOn(matched),
  };
}

function findTriggers({ prompt, advice }: FitContext): AdapterFit['triggers'] {
  const words = (advice.activationText ?? '').split(',').flatMap((word) => word.trim() || []);
  const text = extractTags(prompt).text;
  const isPresent = (word: string): boolean => {
    const exact = word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`(?<![\\p{L}\\p{N}_])${exact}(?![\\p{L}\\p{N}_])`, 'iu').test(text);
  };
  return { present: words.filter(isPresent), missing: words.filter((word) => !isPresent(word)) };
}

/** Choices that were made where programs differ. */
function remarksOn({ modules, adapter }: MatchedAdapter): Words[] {
  const remarks: Words[] = [];
  const asColumns = modules.some(
    ({ module }) => normAxisOf(module, {}) === 'columns' && module.tensors.get('dora_scale')?.shape[0] !== 1,
  );
  if (asColumns) {
    remarks.push({
      en: 'its magnitudes are one for each output; as in A1111 they are applied to norms of columns',
      zh: '其幅值每个输出一个；与 A1111 一样按列范数使用',
    });
  }
  if (adapter.embeddings.length > 0) {
    remarks.push({
      en: `it brings embeddings: ${adapter.embeddings.join(', ')}`,
      zh: `内含嵌入：${adapter.embeddings.join('、')}`,
    });
  }
  return remarks;
}

function ranksOf({ modules }: MatchedAdapter): number[] {
  const ranks = modules.flatMap(({ kind, module }) => kind.rank?.(module) ?? []);
  return [...new Set(ranks)].sort((a, b) => a - b);
}
