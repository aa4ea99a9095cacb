import { describe, expect, it } from 'vitest';
import { indexOfShapes } from '../../../../tests/examples/example.ts';
import { describeFewSteps, fewStepsOf } from './few-steps.ts';

const of = (file: string, metadata: Readonly<Record<string, string>> = {}, shapes = {}) =>
  fewStepsOf(indexOfShapes(file, shapes, { metadata }));

describe('models for few steps', () => {
  it.each([
    ['lcm-lora-sdv1-5.safetensors', 'LCM', 4],
    ['LCM_LoRA_Weights_SD15.safetensors', 'LCM', 4],
    ['sdxl_lightning_8step_lora.safetensors', 'Lightning', 8],
    ['juggernautXL_v9RdPhoto2Lightning.safetensors', 'Lightning', 4],
    ['Hyper-SD15-8steps-lora.safetensors', 'Hyper-SD', 8],
    ['Hyper-SDXL-1step-lora.safetensors', 'Hyper-SD', 1],
    ['sd_xl_turbo_1.0_fp16.safetensors', 'Turbo', 4],
    ['dreamshaperXL_sfwV2TurboDPMSDE.safetensors', undefined, undefined],
    ['calcmap.safetensors', undefined, undefined],
    ['v1-5-pruned-emaonly.safetensors', undefined, undefined],
  ])('%s', (file, title, steps) => {
    const found = of(file);
    expect([found?.title, found?.steps]).toEqual([title, steps]);
  });

  it('are told by notes and by a tensor', () => {
    expect(of('a.safetensors', { ss_output_name: 'lcm_anime' })?.sampler).toBe('LCM');
    expect(of('a.safetensors', {}, { 'model.diffusion_model.time_embed.cond_proj.weight': [320, 256] })?.title).toBe(
      'LCM',
    );
  });

  it('say what they want in both languages', () => {
    expect(describeFewSteps(of('lcm.safetensors')!)).toEqual({
      en: 'it is made for few steps (LCM): 4 steps, LCM SGM Uniform, CFG 1.5',
      zh: '它为少步数而作（LCM）：4 步，LCM SGM Uniform，CFG 1.5',
    });
  });
});
