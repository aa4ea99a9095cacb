import type { ClipSkipRule, TextEncoderPart } from '../../family.ts';
import type { WeightScope } from '../../weights/scope.ts';
import { clipNames } from './clip-names.ts';
import { type ClipTextConfig, clipTextGraph, pooledWidth, readClipTextConfig } from './clip.ts';

/** What cannot be seen of a CLIP text encoder in its file. */
export interface ClipTextTraits {
  /** Key paths at which it may stand; the first that holds one counts. */
  readonly places: readonly string[];
  readonly tokenizer: TextEncoderPart['tokenizer'];
  readonly activation: ClipTextConfig['activation'];
  readonly clipSkip: ClipSkipRule;
  /** Whether the encoding goes through the final layer norm. */
  readonly normed: boolean;
  /** Whether the family takes a pooled vector from it. */
  readonly pooled: boolean;
  /** Whether the diffusers library leaves the layers that are never read out of its files. */
  readonly shortened?: boolean;
}

/** The text encoder among the tensors of `root`; undefined when there is none. */
export function findTextEncoder(root: WeightScope, traits: ClipTextTraits): TextEncoderPart | undefined {
  const place = traits.places.find((path) => Object.values(clipNames).some((names) => root.at(path).has(names.tokens)));
  if (place === undefined) return undefined;
  const scope = root.at(place, 'text encoder');
  const config = readClipTextConfig(scope, traits.activation);
  const projection = traits.pooled ? projectionOf(root, place, config) : undefined;
  const isShortened = traits.shortened === true && config.naming === 'transformers';
  const { tokenizer, normed, clipSkip } = traits;
  return {
    tokenizer,
    vocabulary: config.vocabulary,
    tokens: config.tokens,
    width: config.width,
    layers: config.layers,
    clipSkip: isShortened ? { ...clipSkip, usual: 1 } : clipSkip,
    pooledWidth: projection && pooledWidth(projection),
    graph: (skip) => clipTextGraph(scope, config, { clipSkip: skip, normed, projection }),
  };
}

/** The place that holds the projection: beside the layers, or around them as the transformers library has it. */
export const projectionOf = (
  root: WeightScope,
  place: string,
  { naming }: Pick<ClipTextConfig, 'naming'>,
): WeightScope =>
  root.at(naming === 'openClip' ? place : place.slice(0, Math.max(0, place.lastIndexOf('.'))), 'text encoder');
