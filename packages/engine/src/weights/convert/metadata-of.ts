import type { Words } from '../../words.ts';
import type { Container } from '../file-plan.ts';
import type { PlainValue } from '../plain-value.ts';
import type { TensorIndex } from '../tensor-index.ts';

/** Longest text that is taken over from a torch file. */
const TEXT_LIMIT = 10_000;
/** How the reader of torch files shows a tensor among other data. */
const TENSOR_IN_WORDS = /^[A-Z0-9_]+ \[[\d, ]*\]$/;

/** The text metadata of a file in another container, and what of it finds no place there. */
export function metadataOf(
  index: TensorIndex,
  container: Container,
): { readonly metadata: ReadonlyMap<string, string>; readonly notes: readonly Words[] } {
  const metadata = new Map(index.metadata);
  const lost: string[] = [];
  for (const [name, value] of index.extras ?? []) {
    const text = textOf(value);
    if (text === undefined) lost.push(name);
    else if (!metadata.has(name)) metadata.set(name, text);
  }
  const notes: Words[] = [];
  if (lost.length > 0) {
    const [en, zh] = [listOf(lost, ', '), listOf(lost, '、')];
    notes.push({ en: `left out what is no tensor: ${en}`, zh: `去掉了不是张量的内容：${zh}` });
  }
  if (container === 'torch') {
    // What a torch file holds beside its tensors is none of the tensors' business for a program that loads it.
    if (metadata.size > 0) {
      const [en, zh] = [listOf([...metadata.keys()], ', '), listOf([...metadata.keys()], '、')];
      notes.push({
        en: `a torch file has no place for metadata: left out ${en}`,
        zh: `torch 文件不能存放元数据：去掉了 ${zh}`,
      });
    }
    return { metadata: new Map(), notes };
  }
  // Programs that load weights for torch ask for it.
  if (index.format !== 'safetensors' && !metadata.has('format')) metadata.set('format', 'pt');
  return { metadata, notes };
}

const SHOWN = 8;

const listOf = (names: readonly string[], comma: string): string =>
  names.slice(0, SHOWN).join(comma) + (names.length > SHOWN ? ` … (${names.length})` : '');

/** Plain data as metadata text: single values as they are, lists of them as JSON; undefined for anything larger. */
function textOf(value: PlainValue): string | undefined {
  if (typeof value === 'string') return TENSOR_IN_WORDS.test(value) || value.length > TEXT_LIMIT ? undefined : value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const items: readonly PlainValue[] = value;
  if (!items.every((item) => ['string', 'number', 'boolean'].includes(typeof item))) return undefined;
  const text = JSON.stringify(items);
  return text.length > TEXT_LIMIT ? undefined : text;
}
