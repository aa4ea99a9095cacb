import { families as familyRegistry } from '../../families/index.ts';
import type { KnownFamily, TextEncoderPart } from '../../family.ts';
import type { Tensor } from '../../tensor/tensor.ts';

/** Which text encoder vectors are for: the only one, or one of SDXL's two. */
export type VectorsFor = 'only' | 'clip_l' | 'clip_g';

/** A word that stands for vectors of its own (textual inversion, arXiv:2208.01618). */
export interface Embedding {
  readonly name: string;
  /** Tells its vectors from all others: what was made of equal ones can be used again. */
  readonly identity: string;
  /** [count, width] each, as many for one text encoder as for the other. */
  readonly vectors: ReadonlyMap<VectorsFor, Tensor>;
}

/** A word that something was found for which cannot be used, and why not. */
export interface UnusableEmbedding {
  readonly name: string;
  readonly why: string;
}

/** What prompts may call by name. */
export interface Embeddings {
  readonly usable: readonly Embedding[];
  readonly unusable: readonly UnusableEmbedding[];
}

export const NO_EMBEDDINGS: Embeddings = { usable: [], unusable: [] };

/** An embedding as one text encoder takes it. */
export interface WordVectors extends Pick<Embedding, 'name' | 'identity'> {
  /** [count, width]. */
  readonly vectors: Tensor;
}

/** In the order of SDXL's text encoders. */
const OF_TWO = ['clip_l', 'clip_g'] as const;

/** The vectors of an embedding for each of some text encoders, in their order; a sentence where it was made for others. */
export function fitEmbedding(
  { name, identity, vectors }: Embedding,
  encoders: readonly Pick<TextEncoderPart, 'width'>[],
): readonly WordVectors[] | string {
  const roles: readonly VectorsFor[] = encoders.length === 1 ? ['only'] : OF_TWO;
  const fitting = encoders.flatMap(({ width }, i) => {
    const own = vectors.get(roles[i] ?? 'only');
    return own !== undefined && own.shape[1] === width ? [{ name, identity, vectors: own }] : [];
  });
  if (fitting.length === encoders.length && vectors.size === encoders.length) return fitting;
  const widths = (vectors.size === 1 ? (['only'] as const) : OF_TWO).map((role) => vectors.get(role)?.shape[1] ?? 0);
  const wanted = encoders.map(({ width }) => width).join(' and ');
  return `its vectors are ${widths.join(' and ')} wide${madeFor(widths)}; this checkpoint takes ${wanted}`;
}

/** The families whose text encoders are so wide, as the end of a sentence. */
function madeFor(widths: readonly number[]): string {
  const families: readonly KnownFamily[] = Object.values(familyRegistry);
  const titles = families
    .filter(({ addOns }) => addOns?.textWidths?.join() === widths.join())
    .map(({ title }) => title);
  return titles.length === 0 ? '' : `, for ${titles.join(' or ')}`;
}
