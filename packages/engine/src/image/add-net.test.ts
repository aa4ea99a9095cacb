import { describe, expect, it } from 'vitest';
import { readAddNet, writeAddNet } from './add-net.ts';
import { parseInfotext, writeInfotext } from './infotext.ts';

describe('PR-12: LoRAs chosen beside the prompt', () => {
  const infotext = `a cat
Steps: 20, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 512x512, AddNet Enabled: True, AddNet Module 1: LoRA, AddNet Model 1: style(0123456789ab), AddNet Weight A 1: 0.8, AddNet Weight B 1: 0.3, AddNet Module 2: LoRA, AddNet Model 2: None, AddNet Module 3: LoRA, AddNet Model 3: thing, AddNet Weight A 3: -0.5`;

  it('are read from the parameters of Additional Networks: A is the UNet, B the text encoder', () => {
    expect(readAddNet(parseInfotext(infotext).extra)).toEqual([
      { name: 'style', hash: '0123456789ab', denoiser: 0.8, textEncoder: 0.3 },
      { name: 'thing', hash: undefined, denoiser: -0.5, textEncoder: -0.5 },
    ]);
  });

  it('are not read where the panel was off', () => {
    expect(readAddNet(parseInfotext(infotext.replace('True', 'False')).extra)).toEqual([]);
  });

  it('are written so that they are read back, and the prompt stays clean', () => {
    const parameters = parseInfotext(infotext);
    const loras = readAddNet(parameters.extra);
    const again = parseInfotext(writeInfotext({ ...parameters, extra: writeAddNet(loras) }));
    expect(readAddNet(again.extra)).toEqual(loras);
    expect(again.prompt).toBe('a cat');
  });
});
