import { describe, expect, it } from 'vitest';
import { extractTags } from '../text/prompt/extra-networks.ts';
import { readAdapterTag, writeAdapterTag } from './read-adapter-tag.ts';

const read = (text: string) => readAdapterTag(extractTags(text).tags[0]!, 20);

describe('adapters in prompts', () => {
  it('PR-01: <lora:FILENAME:WEIGHT> with one weight for both, 1 when absent', () => {
    expect(read('<lora:style:0.7>')).toEqual({ name: 'style', textEncoder: 0.7, denoiser: 0.7 });
    expect(read('<lora:style>')).toEqual({ name: 'style', textEncoder: 1, denoiser: 1 });
    expect(read('<lora:style.safetensors:-0.5>')).toEqual({ name: 'style', textEncoder: -0.5, denoiser: -0.5 });
  });

  it('PR-02: <Lora: name:weight> is understood', () => {
    expect(read('a <Lora: my style :0.6> b')).toEqual({ name: 'my style', textEncoder: 0.6, denoiser: 0.6 });
  });

  it('PR-04: the second weight is the UNet’s, and follows the first when absent, by name too', () => {
    expect(read('<lora:style:0.7:0.2>')).toMatchObject({ textEncoder: 0.7, denoiser: 0.2 });
    expect(read('<lora:style:te=0.3>')).toMatchObject({ textEncoder: 0.3, denoiser: 0.3 });
    expect(read('<lora:style:0.7:unet=0.4>')).toMatchObject({ textEncoder: 0.7, denoiser: 0.4 });
    expect(read('<lora:style:0.7:0.7:4>')).toMatchObject({ ranks: 4 });
    expect(read('<lora:style:1:dyn=8>')).toMatchObject({ ranks: 8 });
  });

  it('takes step ranges, as numbers of steps and as shares of them', () => {
    expect(read('<lora:style:1:start=5>').steps).toEqual({ from: 5, to: Infinity });
    expect(read('<lora:style:1:stop=0.5>').steps).toEqual({ from: 1, to: 10 });
    expect(read('<lora:style:1:step=3-8>').steps).toEqual({ from: 3, to: 8 });
  });

  it('refuses a weight that is no number', () => {
    expect(() => read('<lora:style:much>')).toThrow(/<lora:style:much>: expected a number as te, found "much"/);
    expect(() => read('<lora:style:>')).toThrow(/expected a number/);
  });

  it('LO-05: a clicked card gives the author’s weight and trigger words', () => {
    expect(writeAdapterTag('style', { preferredWeight: 0.6, activationText: 'nvinkpunk' })).toBe(
      '<lora:style:0.6> nvinkpunk',
    );
    expect(writeAdapterTag('style', { preferredWeight: 0 })).toBe('<lora:style:1>');
  });
});
