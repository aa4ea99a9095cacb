import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inflate } from './inflate.ts';

describe('inflate', () => {
  it('unpacks what was packed', async () => {
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 7);
    expect(Buffer.from(await inflate(deflateRawSync(bytes), 1000)).equals(bytes)).toBe(true);
    expect(await inflate(deflateRawSync(new Uint8Array()), 0)).toHaveLength(0);
  });

  it('makes no more than was said', async () => {
    const bomb = deflateRawSync(new Uint8Array(50_000_000));
    await expect(inflate(bomb, 1000)).rejects.toThrow('larger than 1000 bytes');
  });

  it('refuses damaged data', async () => {
    await expect(inflate(Uint8Array.of(255, 255, 255), 10)).rejects.toThrow('invalid');
  });
});
