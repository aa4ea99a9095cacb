import { describe, expect, it } from 'vitest';
import fixture from '../../../../tests/fixtures/safetensors-written.json' with { type: 'json' };
import { readSafetensors } from './formats/safetensors.ts';
import { memorySource } from './memory-source.ts';
import { planSafetensors } from './safetensors-plan.ts';

describe('planSafetensors', () => {
  it('writes what the reference implementation writes, byte for byte', () => {
    const plan = planSafetensors(
      [
        { name: 'b', dtype: 'F16', shape: [2, 3] },
        { name: 'z', dtype: 'U8', shape: [3] },
        { name: 'a', dtype: 'F16', shape: [] },
        { name: 'quote " \\ and \n 丹青', dtype: 'F32', shape: [1] },
        { name: 'f8', dtype: 'F8_E4M3', shape: [0] },
        { name: 'i', dtype: 'I64', shape: [1, 1] },
        { name: 'bf', dtype: 'BF16', shape: [1] },
      ],
      new Map([['format', 'pt "丹"']]),
    );
    const bytes = new Uint8Array(plan.size);
    bytes.set(plan.header);
    expect(Buffer.from(bytes).toString('base64')).toBe(fixture.base64);
  });

  it('places tensors where the reader finds them', async () => {
    const metadata = new Map([['format', 'pt']]);
    const plan = planSafetensors([{ name: 'latent', dtype: 'F32', shape: [1, 4, 2, 2] }], metadata);
    const bytes = new Uint8Array(plan.size);
    bytes.set(plan.header);
    const index = await readSafetensors(memorySource('latent.safetensors', bytes));
    expect(index.metadata).toEqual(metadata);
    expect([...index.tensors.values()]).toEqual(
      plan.tensors.map((tensor) => ({ ...tensor, file: 'latent.safetensors' })),
    );
    expect(plan.header.length % 8).toBe(0);
  });

  it('refuses names that are reserved or taken, and headers over the limit', () => {
    const one = { dtype: 'F32', shape: [1] } as const;
    expect(() => planSafetensors([{ name: '__metadata__', ...one }])).toThrow('found the name of the metadata');
    expect(() =>
      planSafetensors([
        { name: 'a', ...one },
        { name: 'a', ...one },
      ]),
    ).toThrow('found the name twice');
    expect(() => planSafetensors([], new Map([['a', 'x'.repeat(100_000_001)]]))).toThrow('at most 100000000 bytes');
  });
});
