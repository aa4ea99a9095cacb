import { posix, win32 } from 'node:path';
import { add } from '@danqing/engine/graph/ops/add';
import { type Graph, input, weight } from '@danqing/engine/graph/value';
import type { TensorEntry } from '@danqing/engine/weights/tensor-index';
import { describe, expect, it } from 'vitest';
import { weightPlaces } from './weight-place.ts';

const entry = (file: string): TensorEntry => ({ name: 'w', dtype: 'F32', shape: [1], file, offset: 8, length: 4 });

function graphOf(...files: string[]): Graph {
  const x = input('x', [1]);
  const y = files.reduce((sum, file) => add(sum, weight(entry(file))), add(x, x));
  return { name: 'g', inputs: [x], outputs: { y } };
}

describe('weightPlaces', () => {
  it.each([
    ['/models/a b.safetensors', posix, '/', 'models/a b.safetensors'],
    ['C:\\models\\a.safetensors', win32, 'C:\\', 'models/a.safetensors'],
    ['\\\\nas\\share\\models\\a.safetensors', win32, '\\\\nas\\share\\', 'models/a.safetensors'],
  ])('addresses %s from the root', (file, path, folder, location) => {
    const places = weightPlaces(graphOf(file), path);
    expect(places.folder).toBe(folder);
    expect(places.place(entry(file))).toEqual({ location, offset: 8, length: 4 });
  });

  it('takes several files of one drive and refuses several drives', () => {
    expect(weightPlaces(graphOf('D:\\a', 'D:\\b\\c'), win32).folder).toBe('D:\\');
    expect(() => weightPlaces(graphOf('C:\\a', 'D:\\b'), win32)).toThrow('on one drive');
  });
});
