import { describe, expect, it } from 'vitest';
import { chooseWeights } from './choose-weights.ts';

describe('chooseWeights', () => {
  it.each([
    [['model.safetensors', 'pytorch_model.bin'], 'model.safetensors'],
    [['model.fp16.safetensors', 'pytorch_model.bin'], 'model.fp16.safetensors'],
    [
      ['diffusion_pytorch_model.fp16.safetensors', 'diffusion_pytorch_model.safetensors'],
      'diffusion_pytorch_model.safetensors',
    ],
    [['diffusion_pytorch_model.non_ema.bin', 'diffusion_pytorch_model.bin'], 'diffusion_pytorch_model.bin'],
    [['model.safetensors.index.json', 'model-00001-of-00002.safetensors'], 'model.safetensors.index.json'],
    [['model.safetensors.index.fp16.json', 'pytorch_model.bin'], 'model.safetensors.index.fp16.json'],
    [['pytorch_lora_weights.safetensors', 'README.md'], 'pytorch_lora_weights.safetensors'],
  ])('FMT-03: of %j takes %s', (names, wanted) => {
    expect(chooseWeights(names)!.name).toBe(wanted);
    expect(chooseWeights(names.toReversed())!.name).toBe(wanted);
  });

  it('says what it passed over', () => {
    expect(chooseWeights(['pytorch_model.bin', 'model.safetensors', 'model.onnx', 'config.json'])).toEqual({
      name: 'model.safetensors',
      sharded: false,
      passedOver: ['pytorch_model.bin'],
    });
    expect(chooseWeights(['model.onnx', 'flax_model.msgpack'])).toBeUndefined();
  });
});
