import { DanqingError } from '../errors.ts';
import type { ExtraNetworkTag } from '../text/prompt/extra-networks.ts';

/** The type of tags that ask for a hypernetwork. */
export const hypernetworkTagType = 'hypernet';

/** What is asked of a hypernetwork. */
export interface HypernetworkRequest {
  /** Name of a file without its ending. */
  readonly name: string;
  readonly strength: number;
}

/** Reads `<hypernet:NAME:STRENGTH>`; a strength that is absent is 1, as in A1111. @throws bad-value for what is no number. */
export function readHypernetworkTag({ positional, canonical }: ExtraNetworkTag): HypernetworkRequest {
  const [name = '', text = '1'] = positional;
  const strength = text === '' ? NaN : Number(text);
  if (Number.isFinite(strength)) return { name, strength };
  throw new DanqingError('bad-value', { where: canonical, expected: 'a number as strength', found: `"${text}"` });
}
