import { DanqingError } from '../../errors.ts';
import type { LatentSpace, VaePart } from '../../family.ts';
import type { Graph } from '../../graph/value.ts';
import { places, taesdPlaces } from '../../weights/keys/places.ts';
import type { WeightScope } from '../../weights/scope.ts';
import { klDecoderGraph, klEncoderGraph, readKlConfig } from './kl.ts';
import { taesdDecoderGraph, taesdDecoderLatents, taesdEncoderGraph, taesdEncoderLatents } from './taesd.ts';

/**
 * The autoencoder among the tensors of `root`: a KL VAE, in a checkpoint or alone, or a tiny one (TAESD).
 * @returns undefined when there is none.
 */
export function findVae(root: WeightScope, { scale }: LatentSpace): VaePart | undefined {
  return findKl(root, scale) ?? findTaesd(root);
}

/** @throws bad-shape when the latents of `vae` are of another space. */
export function checkLatents({ latentChannels }: VaePart, { channels }: LatentSpace, file: string): void {
  if (latentChannels === channels) return;
  throw new DanqingError('bad-shape', {
    where: `VAE of ${file}`,
    expected: `latents of ${channels} channels`,
    found: `latents of ${latentChannels}`,
    advice: 'It belongs to another family of models; choose one that was made for this one.',
  });
}

function findKl(root: WeightScope, scale: number): VaePart | undefined {
  const scope = places.kl
    .map((place) => root.at(place, 'VAE'))
    .find(
      (place) => place.has('decoder.up.0.block.0.conv1.weight') || place.has('encoder.down.0.block.0.conv1.weight'),
    );
  if (scope === undefined) return undefined;
  const config = readKlConfig(scope);
  return {
    kind: 'kl',
    latentChannels: config.latentChannels,
    decoder: half('decoder', config.decoderBlocks && (() => klDecoderGraph(scope, config, scale))),
    encoder: half('encoder', config.encoderBlocks && (() => klEncoderGraph(scope, config, scale))),
  };
}

function findTaesd(root: WeightScope): VaePart | undefined {
  const decoder = taesdPlaces.decoder
    .map(({ path, first }) => ({ scope: root.at(path, 'TAESD'), first }))
    .find(({ scope, first }) => scope.has(`${first}.weight`) && scope.has(`${first + 2}.conv.0.weight`));
  const encoder = taesdPlaces.encoder
    .map(({ path }) => root.at(path, 'TAESD'))
    .find((scope) => scope.has('0.weight') && scope.has('1.conv.0.weight'));
  if (decoder === undefined && encoder === undefined) return undefined;
  return {
    kind: 'taesd',
    latentChannels:
      decoder === undefined ? taesdEncoderLatents(encoder!) : taesdDecoderLatents(decoder.scope, decoder.first),
    decoder: half('decoder', decoder && (() => taesdDecoderGraph(decoder.scope, decoder.first))),
    encoder: half('encoder', encoder && (() => taesdEncoderGraph(encoder))),
  };
}

/** One direction of an autoencoder, or the error that the file has only the other. */
function half(name: 'encoder' | 'decoder', graph: (() => Graph) | 0 | undefined): () => Graph {
  if (graph) return graph;
  return () => {
    throw new DanqingError('missing', {
      where: 'VAE',
      expected: `an ${name}`.replace('an d', 'a d'),
      found: `only ${name === 'encoder' ? 'a decoder' : 'an encoder'} in the file`,
      advice: 'Choose a complete VAE.',
    });
  };
}
