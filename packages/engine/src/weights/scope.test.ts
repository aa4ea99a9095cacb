import { describe, expect, it } from 'vitest';
import { DanqingError } from '../errors.ts';
import { WeightScope } from './scope.ts';
import type { TensorEntry } from './tensor-index.ts';

function tensors(shapes: Record<string, number[]>): Map<string, TensorEntry> {
  return new Map(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      { name, dtype: 'F32', shape, file: 'model.safetensors', offset: 0, length: 0 },
    ]),
  );
}

const unet = () =>
  WeightScope.over(
    tensors({
      'input_blocks.0.0.weight': [320, 4, 3, 3],
      'input_blocks.0.0.bias': [320],
      'input_blocks.1.0.in_layers.0.weight': [320],
      'input_blocks.10.0.in_layers.0.weight': [320],
      'time_embed.0.weight': [1280, 320],
    }),
    'SD 1.x › UNet',
  );

describe('WeightScope', () => {
  it('finds tensors below a path', () => {
    const conv = unet().at('input_blocks.0').at(0);
    expect(conv.path).toBe('input_blocks.0.0');
    expect(conv.get('weight').shape).toEqual([320, 4, 3, 3]);
    expect(conv.get('weight', [320, undefined, 3, 3]).name).toBe('input_blocks.0.0.weight');
    expect(conv.has('bias')).toBe(true);
    expect(conv.has('scale')).toBe(false);
    expect(conv.peek('scale')).toBeUndefined();
  });

  it('lists children in file order and counts layers', () => {
    const root = unet();
    expect(root.children()).toEqual(['input_blocks', 'time_embed']);
    expect(root.at('input_blocks').children()).toEqual(['0', '1', '10']);
    expect(root.at('input_blocks').count()).toBe(2);
    expect(root.at('middle_block').children()).toEqual([]);
  });

  it('remembers what was taken, whichever scope took it', () => {
    const root = unet();
    root.at('input_blocks.0.0').get('weight');
    root.at('time_embed').at(0).get('weight');
    root.peek('input_blocks.0.0.bias');
    expect(root.unused()).toEqual([
      'input_blocks.0.0.bias',
      'input_blocks.1.0.in_layers.0.weight',
      'input_blocks.10.0.in_layers.0.weight',
    ]);
    expect(root.at('input_blocks.1').unused()).toEqual(['input_blocks.1.0.in_layers.0.weight']);
  });

  it('names path, meaning and neighbours of a missing tensor', () => {
    const scope = unet().at('input_blocks.1', 'second level').at('0.out_layers');
    expect(() => scope.get('weight')).toThrow(
      new DanqingError('missing', {
        where: 'SD 1.x › UNet › second level › input_blocks.1.0.out_layers.weight',
        expected: 'a tensor of this name',
        found: 'only in_layers below input_blocks.1.0',
        advice: 'The file is incomplete or of another family than it seems.',
      }),
    );
    expect(() => unet().get('double_blocks.0')).toThrow('found only input_blocks, time_embed at the top');
    expect(() => WeightScope.over(new Map(), 'VAE').get('x')).toThrow('found no tensors at all');
  });

  it('names both shapes of a misfit', () => {
    expect(() => unet().at('time_embed.0').get('weight', [1280, undefined, 1])).toThrow(
      'SD 1.x › UNet › time_embed.0.weight: expected shape [1280, any, 1], found [1280, 320].',
    );
  });

  it('is not confused by names of object members', () => {
    const root = WeightScope.over(tensors({ __proto__x: [1], 'constructor.weight': [1] }), 'odd');
    expect(root.has('toString')).toBe(false);
    expect(root.at('constructor').get('weight').shape).toEqual([1]);
  });
});
