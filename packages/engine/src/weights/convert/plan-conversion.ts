import { DanqingError } from '../../errors.ts';
import { isSafetensorsDType } from '../../tensor/dtype.ts';
import { counted, type Words } from '../../words.ts';
import type { MadeTensor } from '../formula.ts';
import { changePartOf } from '../keys/change-parts.ts';
import { junkTest } from '../keys/junk.ts';
import { isPositionIds } from '../keys/position-ids.ts';
import type { TensorIndex } from '../tensor-index.ts';
import { hasStorageClass } from '../torch/torch-zip-plan.ts';
import { bakeVae } from './bake-vae.ts';
import type { ConvertChoices } from './convert-choices.ts';
import { metadataOf } from './metadata-of.ts';
import { positionIds } from './position-ids.ts';
import { pruneEma } from './prune-ema.ts';
import { storedAs } from './stored-as.ts';

/** A model file that is to be written, and what is to be said about it. */
export interface ChangePlan {
  readonly tensors: readonly MadeTensor[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly notes: readonly Words[];
}

/**
 * Says how each tensor of a changed model file comes about. Nothing is read: a plan.
 * @throws missing when averages are asked of a file that has none; bad-value when nothing is left; bad-shape for a VAE
 * that does not fit.
 */
export function planConversion(index: TensorIndex, choices: ConvertChoices): ChangePlan {
  const notes: Words[] = [];
  const isJunk = junkTest(index.tensors.keys());
  const junk = [...index.tensors.keys()].filter(isJunk);
  const pruned = pruneEma(index, choices.prune ?? 'no', notes);
  const kept = new Map<string, MadeTensor>();
  for (const [name, entry] of pruned) {
    if (choices.dropJunk === true && isJunk(name)) continue;
    const action = choices.parts?.[changePartOf(name)] ?? 'convert';
    if (action !== 'delete') kept.set(name, storedAs(name, entry, action === 'convert' ? choices.dtype : undefined));
  }
  if (choices.vae !== undefined) {
    const action = choices.parts?.vae ?? 'convert';
    for (const [name, entry] of bakeVae(pruned, choices.vae, notes)) {
      kept.set(name, storedAs(name, entry, action === 'convert' ? choices.dtype : undefined));
    }
  }
  const tensors = choices.fixPositionIds === true ? fixPositionIds([...kept.values()], notes) : [...kept.values()];
  if (tensors.length === 0) {
    throw new DanqingError('bad-value', { where: index.file, expected: 'something that is kept', found: 'nothing' });
  }
  if (junk.length > 0) noteJunk(notes, junk, choices.dropJunk === true);
  noteSharing(notes, index);
  if (choices.container === 'torch') noteOldPrograms(notes, tensors);
  const { metadata, notes: said } = metadataOf(index, choices.container);
  return { tensors, metadata, notes: [...notes, ...said] };
}

function fixPositionIds(tensors: readonly MadeTensor[], notes: Words[]): MadeTensor[] {
  const names = tensors.filter(({ name, dtype }) => isPositionIds(name) && dtype !== 'I64').map(({ name }) => name);
  if (names.length > 0) {
    notes.push({
      en: `${names.join(', ')}: made whole numbers again`,
      zh: `${names.join('、')}：已改回整数`,
    });
  }
  return tensors.map((tensor) => (isPositionIds(tensor.name) ? positionIds(tensor) : tensor));
}

function noteJunk(notes: Words[], junk: readonly string[], isDropped: boolean): void {
  const [first] = junk;
  notes.push(
    isDropped
      ? {
          en: `left out ${counted(junk.length, 'tensor')} that drawing does not need (${first} …)`,
          zh: `去掉了绘图用不到的 ${junk.length} 个张量（${first} 等）`,
        }
      : {
          en: `kept ${counted(junk.length, 'tensor')} of no use for drawing (${first} …)`,
          zh: `有 ${junk.length} 个张量绘图用不到（${first} 等），已保留`,
        },
  );
}

/** Tensors of a torch file may look at the same bytes; in the new file each has its own. */
function noteSharing(notes: Words[], { tensors }: TensorIndex): void {
  const seen = new Set<string>();
  let shared = 0;
  for (const { file, offset, length } of tensors.values()) {
    const place = `${file} ${offset}`;
    if (length > 0 && seen.has(place)) shared++;
    seen.add(place);
  }
  if (shared === 0) return;
  notes.push({
    en: `${counted(shared, 'tensor')} shared bytes with others; each has its own now`,
    zh: `有 ${shared} 个张量与其他张量共用数据，现已各存一份`,
  });
}

function noteOldPrograms(notes: Words[], tensors: readonly MadeTensor[]): void {
  const [first] = tensors.filter(({ dtype }) => !hasStorageClass(dtype) && isSafetensorsDType(dtype));
  if (first === undefined) return;
  notes.push({
    en: `holds ${first.dtype}, which torch reads since 2.1 and A1111 refuses in a torch file`,
    zh: `含有 ${first.dtype}：torch 2.1 起可读，A1111 拒绝读取含此类型的 torch 文件`,
  });
}
