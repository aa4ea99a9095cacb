import { describe, expect, it } from 'vitest';
import { processorFeatures } from './processor-features.ts';

describe('processorFeatures', () => {
  it('names what counts, on both kinds of processors', () => {
    const intel = 'processor\t: 0\nflags\t\t: fpu sse2 avx2 f16c fma avx512f avx512_vnni\n\nprocessor\t: 1\n';
    expect(processorFeatures(() => intel)).toEqual(['AVX-512', 'AVX-512 VNNI', 'AVX2', 'FMA', 'F16C']);
    expect(processorFeatures(() => 'Features\t: fp asimd sve\n')).toEqual(['NEON', 'SVE']);
    expect(processorFeatures(() => 'flags : fpu sse2\n')).toEqual([]);
  });

  it('does not guess where nothing is told', () => {
    expect(processorFeatures(() => undefined)).toBeUndefined();
  });
});
