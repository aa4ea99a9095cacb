import { DanqingError } from '../errors.ts';
import { isFloatDType } from '../tensor/encode.ts';
import { dtypeOf, type Expression } from '../tensor/expression.ts';
import { bakeVae } from '../weights/convert/bake-vae.ts';
import { storedAs } from '../weights/convert/stored-as.ts';
import type { MadeTensor, PartialRows } from '../weights/formula.ts';
import { isMerged } from '../weights/keys/merge-keys.ts';
import type { TensorEntry, TensorIndex } from '../weights/tensor-index.ts';
import { counted, type Words } from '../words.ts';
import { checkBlocks } from './block-weights.ts';
import { currentTensors, misfit, nothingShared, refuseAddOns } from './check-models.ts';
import { type Combination, combine } from './combine.ts';
import type { MergeChoices } from './merge-choices.ts';

/** A merged model that is to be written. */
export interface MergePlan {
  readonly tensors: readonly MadeTensor[];
  readonly notes: readonly Words[];
  /** A takes more channels than the others, and so does the result. */
  readonly special: SpecialModel | undefined;
}

export type SpecialModel = 'inpainting' | 'instruct-pix2pix';

/** Input channels of models whose first 4 are those of a plain one. */
const SPECIAL = new Map<number | undefined, SpecialModel>([
  [9, 'inpainting'],
  [8, 'instruct-pix2pix'],
]);
const PLAIN_CHANNELS = 4;

/**
 * Says how each tensor of a merged model comes about, by the rules of A1111's checkpoint merger: tensors are merged that
 * A and B have and whose names contain `model`; all others are A's, and those that A lacks are left out. Whole numbers
 * are never merged. Nothing is read: a plan.
 * @throws bad-value for add-ons, models that have nothing in common, or a special model in the wrong place; bad-shape when
 * shapes differ.
 */
export function planMerge({ interpolation, half = false, vae, discard }: MergeChoices): MergePlan {
  const { mode, models } = interpolation;
  refuseAddOns(models);
  const [a, ...others] = models.map(currentTensors);
  if ('blocks' in interpolation && interpolation.blocks !== undefined) checkBlocks(a!.keys(), interpolation.blocks);
  const made = new Map<string, MadeTensor>();
  const kept = { alone: 0, whole: 0 };
  let merged = 0;
  let special: SpecialModel | undefined;
  for (const [name, entry] of a!) {
    const entries = others.map((tensors) => tensors.get(name));
    const combination = isMerged(name) ? combine(interpolation, name, entry, entries) : undefined;
    if (combination === undefined || !combination.operands.every(({ dtype }) => isFloatDType(dtype))) {
      made.set(name, storedAs(name, entry, half && mode === 'none' && entry.dtype === 'F32' ? 'F16' : undefined));
      if (combination !== undefined) kept.whole++;
      else if (isMerged(name)) kept.alone++;
      continue;
    }
    const rows = rowsOf(name, entry, entries, models);
    special ??= rows && SPECIAL.get(entry.shape[1]);
    made.set(name, mergedTensor(name, entry, combination, rows, half));
    merged++;
  }
  if (mode !== 'none' && merged === 0) throw nothingShared(models);
  const notes = mode === 'none' ? [] : describe(merged, kept, countMissing(a!, others));
  if (vae !== undefined) {
    for (const [name, entry] of bakeVae(a!, vae, notes)) {
      made.set(name, storedAs(name, entry, half && entry.dtype === 'F32' ? 'F16' : undefined));
    }
  }
  return { tensors: discardSome([...made.values()], discard, notes), notes, special };
}

function mergedTensor(
  name: string,
  a: TensorEntry,
  { expression, operands }: Combination,
  rows: PartialRows | undefined,
  half: boolean,
): MadeTensor {
  // Part of a tensor is written into the whole, which keeps its type.
  const own = rows === undefined ? expression : stored(expression, a.dtype);
  const final = half && dtypeOf(own) === 'F32' ? stored(own, 'F16') : own;
  const formula = { from: 'expression', expression: final, operands, ...(rows && { rows }) } as const;
  return { name, dtype: dtypeOf(final), shape: a.shape, formula };
}

function stored(of: Expression, dtype: TensorEntry['dtype']): Expression {
  return isFloatDType(dtype) && dtype !== dtypeOf(of) ? { op: 'store', dtype, of } : of;
}

/** The part of A's tensor that is merged where it takes more channels than the others; undefined where shapes are equal. */
function rowsOf(
  name: string,
  a: TensorEntry,
  others: readonly (TensorEntry | undefined)[],
  models: readonly TensorIndex[],
): PartialRows | undefined {
  const [first, ...rest] = others.filter((entry) => entry !== undefined);
  const odd = rest.find(({ shape }) => shape.join() !== first!.shape.join());
  if (odd !== undefined) throw misfit(name, first!, odd, models);
  const b = first!;
  if (a.shape.join() === b.shape.join()) return undefined;
  const isWider =
    a.shape.length === b.shape.length && a.shape.every((size, axis) => axis === 1 || size === b.shape[axis]);
  const [own, other] = [a.shape[1], b.shape[1]];
  if (isWider && own === PLAIN_CHANNELS && SPECIAL.has(other)) throw wrongPlace(b, SPECIAL.get(other)!);
  if (!isWider || other !== PLAIN_CHANNELS || !SPECIAL.has(own)) throw misfit(name, a, b, models);
  const [count, ...row] = a.shape;
  const wide = row.reduce((x, y) => x * y, 1);
  return { count: count!, wide, narrow: (wide / own!) * PLAIN_CHANNELS };
}

function wrongPlace({ file }: TensorEntry, special: SpecialModel): DanqingError {
  return new DanqingError('bad-value', {
    where: file,
    expected: 'a plain model, as the first one is',
    found: `an ${special} model`,
    advice: 'Name it first: the result is of the kind of the first model.',
  });
}

/** Number of tensors that only other models have. */
function countMissing(a: ReadonlyMap<string, unknown>, others: readonly ReadonlyMap<string, unknown>[]): number {
  return new Set(others.flatMap((tensors) => [...tensors.keys()].filter((name) => !a.has(name)))).size;
}

function discardSome(tensors: readonly MadeTensor[], discard: RegExp | undefined, notes: Words[]): MadeTensor[] {
  const left = tensors.filter(({ name }) => discard === undefined || !discard.test(name));
  const gone = tensors.length - left.length;
  if (discard !== undefined) notes.push({ en: `discarded ${counted(gone, 'tensor')}`, zh: `已丢弃 ${gone} 个张量` });
  if (left.length > 0) return left;
  throw new DanqingError('bad-value', {
    where: 'discard',
    expected: 'a pattern that leaves something',
    found: `${discard}, which fits every tensor`,
  });
}

function describe(merged: number, kept: { alone: number; whole: number }, missing: number): Words[] {
  const notes: Words[] = [{ en: `merged ${counted(merged, 'tensor')}`, zh: `已合并 ${merged} 个张量` }];
  if (kept.alone > 0) {
    notes.push({
      en: `kept ${counted(kept.alone, 'tensor')} of the first model that not every other has`,
      zh: `${kept.alone} 个张量并非每个模型都有：保留第一个模型的值`,
    });
  }
  if (kept.whole > 0) {
    notes.push({
      en: `kept ${counted(kept.whole, 'tensor')} of whole numbers as in the first model`,
      zh: `${kept.whole} 个张量是整数：保留第一个模型的值`,
    });
  }
  if (missing > 0) {
    notes.push({
      en: `left out ${counted(missing, 'tensor')} that the first model has not`,
      zh: `第一个模型没有的 ${missing} 个张量已略去`,
    });
  }
  return notes;
}
