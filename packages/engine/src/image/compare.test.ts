import { describe, expect, it } from 'vitest';
import { comparePictures, describeVerdict, psnr } from './compare.ts';
import type { Rendering } from './compare.ts';
import { UNKNOWN_PARAMETERS } from './generation-parameters.ts';
import type { GenerationParameters } from './generation-parameters.ts';
import type { Pixels } from './pixels.ts';
import type { ReadReceipt } from './receipt.ts';

const pixels = (value: number, width = 4): Pixels => ({
  width,
  height: 2,
  channels: 3,
  data: new Uint8Array(width * 6).fill(value),
});
const parameters: GenerationParameters = {
  ...UNKNOWN_PARAMETERS,
  prompt: 'cat',
  samplerName: 'Euler',
  seed: 1n,
  rng: 'NV',
  version: 'danqing-0.1.0',
};
const receipt: ReadReceipt = {
  format: 1,
  engine: 'danqing-0.1.0',
  runtime: { name: 'onnxruntime-node 1.30.0', provider: 'cpu', mode: 'fast' },
  checkpoint: { name: 'a', sha256: 'a'.repeat(64), tensorSha256: 'b'.repeat(64) },
  vae: { name: 'built-in', why: '' },
  addOns: [],
  pixelSha256: 'c'.repeat(64),
};
const now: Rendering = { pixels: pixels(100), parameters, receipt: { ...receipt, pixelSha256: 'd'.repeat(64) } };
const reasons = (before: Rendering, rendered = now): string[] => {
  const verdict = comparePictures(before, rendered);
  return verdict.kind === 'same-bits' ? ['same'] : verdict.differences.map(({ what }) => what);
};

it('measures the peak signal-to-noise ratio over red, green and blue', () => {
  expect(psnr(pixels(100), pixels(100))).toBe(Infinity);
  // 10 log10(255²/1) and 10 log10(255²/100), computed by hand.
  expect(psnr(pixels(100), pixels(101))).toBeCloseTo(48.1308, 4);
  expect(psnr(pixels(100), pixels(110))).toBeCloseTo(28.1308, 4);
  const opaque: Pixels = { width: 1, height: 1, channels: 4, data: Uint8Array.of(1, 2, 3, 99) };
  expect(psnr({ width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) }, opaque)).toBe(Infinity);
  expect(() => psnr(pixels(1), pixels(1, 3))).toThrow('expected 4x2 pixels, found 3x2');
});

describe('GEN-02: the verdict of verify', () => {
  it('is same bits for equal pixels', () => {
    expect(comparePictures({ pixels: pixels(100) }, now)).toEqual({ kind: 'same-bits' });
    expect(describeVerdict({ kind: 'same-bits' })).toBe('Same bits.');
  });

  it('trusts the recorded hash only where the file keeps other pixels', () => {
    const same = { ...now, receipt };
    expect(comparePictures({ pixels: pixels(60), receipt }, same, true)).toEqual({ kind: 'same-bits' });
    const edited = comparePictures({ pixels: pixels(60), receipt }, same);
    expect(describeVerdict(edited)).toBe(
      'Differs (PSNR 16.1 dB), because of: file (changed since it was made, now as it was made).',
    );
    expect(comparePictures({ pixels: pixels(100), receipt }, now, true)).toMatchObject({
      kind: 'looks-the-same',
      psnrDb: Infinity,
    });
  });

  it('is looks the same from 45 dB on, with what differs', () => {
    const before: Rendering = { pixels: pixels(101), parameters, receipt: { ...receipt, engine: 'danqing-0.0.9' } };
    expect(describeVerdict(comparePictures(before, now))).toBe(
      'Looks the same (PSNR 48.1 dB), because of: engine (danqing-0.0.9, now danqing-0.1.0).',
    );
    expect(comparePictures({ ...before, pixels: pixels(102) }, now)).toMatchObject({ kind: 'differs' });
  });

  it('names the reason', () => {
    const before: Rendering = { pixels: pixels(0), parameters, receipt };
    const changed = (change: Partial<ReadReceipt>): Rendering => ({ ...before, receipt: { ...receipt, ...change } });
    expect(reasons(before)).toEqual([]);
    expect(describeVerdict(comparePictures(before, now))).toContain('nothing that is recorded explains it');
    expect(reasons(changed({ checkpoint: { name: 'x', sha256: 'f'.repeat(64) } }))).toEqual(['checkpoint']);
    // Another file, the same tensors.
    expect(
      reasons(changed({ checkpoint: { name: 'x', sha256: 'f'.repeat(64), tensorSha256: 'b'.repeat(64) } })),
    ).toEqual([]);
    expect(reasons(changed({ vae: { name: 'mse', sha256: 'f'.repeat(64), why: '' } }))).toEqual(['VAE']);
    expect(reasons(changed({ runtime: { ...receipt.runtime!, mode: 'small', provider: 'webgpu' } }))).toEqual([
      'provider',
      'mode',
    ]);
    expect(
      reasons(changed({ addOns: [{ kind: 'lora', name: 'l', weight: 1, matchedKeys: 1, totalKeys: 1 }] })),
    ).toEqual(['add-ons']);
    expect(reasons({ ...before, pixels: pixels(0, 5) })).toEqual(['size']);
    expect(reasons({ ...before, parameters: { ...parameters, rng: 'CPU', settings: { s_churn: 2 } } })).toEqual([
      'noise source',
      'settings',
    ]);
  });

  it('says of foreign pictures what can be known', () => {
    const foreign: GenerationParameters = {
      ...UNKNOWN_PARAMETERS,
      prompt: 'cat',
      samplerName: 'Euler',
      seed: 1n,
      model: { hash: 'ffffffffff' },
    };
    expect(reasons({ pixels: pixels(0), parameters: foreign })).toEqual(['checkpoint', 'VAE', 'noise source']);
    const matching = { ...foreign, model: { hash: 'aaaaaaaaaa' }, rng: 'NV' as const, version: 'v1.10.1' };
    expect(reasons({ pixels: pixels(0), parameters: matching })).toEqual(['engine']);
    expect(reasons({ pixels: pixels(0), parameters: { ...matching, vae: { name: 'mse', hash: '123' } } })).toEqual([
      'VAE',
      'engine',
    ]);
  });
});
