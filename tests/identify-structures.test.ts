import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sd15Tensors } from '../benchmarks/sd15-tensors.ts';
import type { Shapes } from './examples/example.ts';
import { type FoldedRow, unfold } from './examples/folded-list.ts';
import {
  clipGShapes,
  clipHShapes,
  clipLShapes,
  diffusersKlShapes,
  diffusersUnetShapes,
  klShapes,
  klSizes,
  type UnetName,
  unetShapes,
  unetSizes,
} from './examples/networks.ts';
import fixture from './fixtures/key-lists.json' with { type: 'json' };

// The lists of tensors that damage is judged by, against those of diffusers and transformers (oracles/key_lists.py).

const digests = fixture.digests as unknown as Readonly<Record<string, readonly [number, string]>>;
const lists = fixture.lists as unknown as Readonly<Record<string, readonly FoldedRow[]>>;

function digestOf(shapes: Shapes): [number, string] {
  const lines = Object.entries(shapes)
    .map(([name, shape]) => `${name} ${shape.join('x')}`)
    .sort((a, b) => (a < b ? -1 : 1));
  return [lines.length, createHash('sha256').update(lines.join('\n')).digest('hex')];
}

describe('the list of tensors of', () => {
  it.each(Object.keys(unetSizes) as UnetName[])('the UNet %s is that of diffusers, under both names', (name) => {
    expect(digestOf(unetShapes(name))).toEqual(digests[`unet ${name}`]);
    expect(digestOf(diffusersUnetShapes(name))).toEqual(digests[`unet ${name}, diffusers`]);
  });

  it.each(['sd1 lcm', 'sdxl ssd-1b'] as const)('the UNet %s is that of diffusers', (name) => {
    expect(digestOf(diffusersUnetShapes(name))).toEqual(digests[`unet ${name}, diffusers`]);
  });

  it.each(Object.keys(klSizes) as (keyof typeof klSizes)[])('the VAE with %s is that of diffusers', (name) => {
    expect(digestOf(klShapes(name))).toEqual(digests[`vae ${name}`]);
    expect(digestOf(diffusersKlShapes(name))).toEqual(digests[`vae ${name}, diffusers`]);
  });

  it('a text encoder is that of transformers', () => {
    const own = (name: string): Shapes =>
      Object.fromEntries(
        Object.entries(unfold(lists[`transformers ${name}`]!))
          .filter(([key]) => key !== 'text_projection.weight')
          .map(([key, shape]) => [key.replace(/^text_model\./, ''), shape]),
      );
    expect(sorted(clipLShapes())).toEqual(sorted(own('clip-l')));
    expect(sorted(clipHShapes())).toEqual(sorted(own('clip-h')));
    expect(sorted(clipGShapes())).toEqual(sorted(own('clip-g')));
  });

  it('an SD 1.5 checkpoint is that of community files', () => {
    const community = Object.fromEntries(sd15Tensors().map(({ key, shape }) => [key, shape]));
    const own = (path: string): Shapes =>
      Object.fromEntries(
        Object.entries(community)
          .filter(([key]) => key.startsWith(path) && !key.endsWith('position_ids'))
          .map(([key, shape]) => [key.slice(path.length), shape]),
      );
    expect(sorted(unetShapes('sd1'))).toEqual(sorted(own('model.diffusion_model.')));
    expect(sorted(klShapes('4 channels'))).toEqual(sorted(own('first_stage_model.')));
    expect(sorted(clipLShapes())).toEqual(sorted(own('cond_stage_model.transformer.text_model.')));
  });
});

const sorted = (shapes: Shapes): [string, readonly number[]][] =>
  Object.entries(shapes).sort(([a], [b]) => (a < b ? -1 : 1));
