import type { DType } from '../tensor/dtype.ts';
import { tensorsBelow } from '../weights/evidence.ts';
import type { Section, SectionId } from '../weights/keys/sections.ts';
import { remember } from '../weights/remember.ts';
import type { TensorEntry, TensorIndex } from '../weights/tensor-index.ts';
import type { Words } from '../words.ts';
import type { PartFact, Precision } from './identification.ts';

/** Tensors of a file by section, largest section first. */
export const readParts = ({ tensors }: TensorIndex, sections: readonly Section[]): readonly PartFact[] =>
  partsBy(sections)(tensors);

const partsBy = remember((sections: readonly Section[]) =>
  remember((tensors: TensorIndex['tensors']) => countParts(tensors, sections)),
);

function countParts(tensors: TensorIndex['tensors'], sections: readonly Section[]): readonly PartFact[] {
  const parts = new Map<Section, Counter>();
  let last: { readonly start: string; readonly counter: Counter } | undefined;
  for (const entry of tensorsBelow({ tensors }, '')) {
    if (last === undefined || !entry.name.startsWith(last.start)) last = undefined;
    let counter = last?.counter;
    if (counter === undefined) {
      const { section, start } = sectionOf(entry.name, sections);
      counter = parts.get(section) ?? new Counter();
      parts.set(section, counter);
      // By name the tensors of a section follow each other; what falls under a general beginning does not.
      if (GENERAL.has(section.id)) last = undefined;
      else last = { start, counter };
    }
    counter.add(entry);
  }
  return [...parts].map(([{ id, title }, counter]) => counter.fact(id, title)).sort((a, b) => b.bytes - a.bytes);
}

/** Sections for what no other section takes. */
const GENERAL: ReadonlySet<SectionId> = new Set<SectionId>(['text-encoder', 'other']);

/** The whole file as one part. */
export function readWhole({ tensors }: TensorIndex, title: Words): readonly PartFact[] {
  return tensors.size === 0 ? [] : [countWhole(tensors).fact('whole', title)];
}

const countWhole = remember((tensors: TensorIndex['tensors']) => {
  const counter = new Counter();
  for (const entry of tensors.values()) counter.add(entry);
  return counter;
});

/** The section of a key; the last section takes every key. */
function sectionOf(key: string, sections: readonly Section[]) {
  for (const section of sections) {
    for (const start of section.starts) if (key.startsWith(start)) return { section, start };
  }
  throw new Error(`there is no section for ${key}`);
}

class Counter {
  readonly #types = new Map<DType, { tensors: number; bytes: number }>();
  #tensors = 0;
  #bytes = 0;

  add({ dtype, length }: TensorEntry): void {
    const bytes = Number.isFinite(length) ? length : 0;
    this.#tensors++;
    this.#bytes += bytes;
    const type = this.#types.get(dtype);
    if (type === undefined) this.#types.set(dtype, { tensors: 1, bytes });
    else {
      type.tensors++;
      type.bytes += bytes;
    }
  }

  fact(id: PartFact['id'], title: Words): PartFact {
    const types = [...this.#types].map(([dtype, { tensors, bytes }]) => ({ dtype, tensors, bytes }));
    types.sort((a, b) => b.bytes - a.bytes);
    return { id, title, tensors: this.#tensors, bytes: this.#bytes, types };
  }
}

const PRECISIONS: Partial<Record<DType, Words>> = {
  F64: { en: 'double precision (64 bits)', zh: '双精度（64 位）' },
  F32: { en: 'full precision (32 bits)', zh: '全精度（32 位）' },
  F16: {
    en: 'half precision (16 bits): half the size of full, and all that drawing needs',
    zh: '半精度（16 位）：体积为全精度的一半，出图足够',
  },
  BF16: { en: 'half precision (bfloat16)', zh: '半精度（bfloat16）' },
  F8_E4M3: { en: 'quarter precision (8 bits)', zh: '四分之一精度（8 位）' },
  F8_E5M2: { en: 'quarter precision (8 bits)', zh: '四分之一精度（8 位）' },
};

/** The type that most bytes of a file are of, and what that means. */
export function precisionOf(parts: readonly PartFact[]): Precision | undefined {
  const bytes = new Map<DType, number>();
  for (const { types } of parts) {
    for (const type of types) bytes.set(type.dtype, (bytes.get(type.dtype) ?? 0) + type.bytes);
  }
  const [most] = [...bytes].sort(([, a], [, b]) => b - a);
  if (most === undefined) return undefined;
  const [dtype] = most;
  const title = PRECISIONS[dtype] ?? (/^(?:I?Q|TQ|MX|NV)/.test(dtype) ? quantised(dtype) : { en: dtype, zh: dtype });
  return { dtype, title };
}

const quantised = (dtype: DType): Words => ({ en: `quantised (${dtype})`, zh: `量化（${dtype}）` });
